"""Whole environments, by their own roots, live and die on an embedded AWS: applied, nothing to do, destroyed, nothing left."""

from __future__ import annotations

import pytest

from scripts import environments
from scripts.errors import UsageError
from scripts.rehearsal import rehearse

pytestmark = pytest.mark.e2e


@pytest.mark.parametrize("name", ["prod", "local"])
def test_an_environment_lives_and_dies(name: str) -> None:
    result = rehearse(environments.find(name), on_step=lambda _: None)
    assert result.good, [(step.name, step.detail) for step in result.steps if not step.good]
    names = [step.name for step in result.steps]
    assert names[-3:] == ["plan again: no changes", "destroy", "nothing is left"] or "lift the protection" in names
    assert not result.home.exists(), "a good rehearsal leaves nothing behind"


def test_a_change_is_rehearsed_on_top_of_a_git_ref() -> None:
    """What the present tree changes on top of HEAD is planned, shown and applied; here it is what is not committed."""
    result = rehearse(environments.find("shared"), base="HEAD", on_step=lambda _: None)
    assert result.good, [(step.name, step.detail) for step in result.steps if not step.good]
    assert result.change is not None
    assert [step.name for step in result.steps][:2] == ["apply HEAD", "plan this tree on top"]


def test_a_base_that_git_does_not_know_is_refused() -> None:
    with pytest.raises(UsageError, match="git knows no commit"):
        rehearse(environments.find("staging"), base="no-such-ref; rm -rf /", on_step=lambda _: None)
