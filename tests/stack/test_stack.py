"""What the stack refuses beside the values that `rejections.yaml` lists."""

from __future__ import annotations

from tests.rejections import Refused


def test_more_connections_than_the_database_takes_are_refused_with_the_figures(overcommitted: Refused) -> None:
    said = [sentence for sentences in overcommitted.sentences.values() for sentence in sentences]

    assert len(said) == 1
    assert "raise database.max_acu, or lower web.max" in said[0]
    assert "but the database accepts 400" in said[0]
