"""The page about the emulator lists the mends as they are."""

from __future__ import annotations

from scripts.emulator.handbook import PAGE, renewed


def test_the_page_lists_the_mends_as_they_are() -> None:
    page = PAGE.read_text()
    assert page == renewed(page), "run `python -m scripts.emulator.handbook`"
