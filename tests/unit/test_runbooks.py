"""An operator at night follows the alarm to its page: the page is there, and no page is for an alarm that is gone."""

from __future__ import annotations

import re
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
PAGES = REPOSITORY / "docs" / "runbooks"
_NAMED = re.compile(r"docs/runbooks/([a-z-]+)(\$\{each\.key\})?")
_KEYS = re.compile(r"^ +([a-z-]+) += \{(?=[^}]*\bmeaning\b)", re.MULTILINE)


def named() -> set[str]:
    """Return the pages that the modules' alarms name; `${each.key}` stands for the keys of the file's table."""
    found: set[str] = set()
    for file in (REPOSITORY / "terraform" / "modules").glob("*/*.tf"):
        text = file.read_text()
        for stem, each in _NAMED.findall(text):
            found |= {f"{stem}{key}" for key in _KEYS.findall(text)} if each else {stem}
    return found


def test_alarms_and_pages_belong_together() -> None:
    pages = {page.stem for page in PAGES.glob("*.md")} - {"README"}
    assert len(named()) >= 9
    assert pages == named()


def test_pages_name_only_pages_that_exist() -> None:
    for page in PAGES.glob("*.md"):
        for link in re.findall(r"\]\(([a-z-]+\.md)\)", page.read_text()):
            assert (PAGES / link).exists(), f"{page.name} → {link}"
