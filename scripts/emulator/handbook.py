"""Keep the list of mends in `docs/emulator.md` as the code has it: `python -m scripts.emulator.handbook`."""

from __future__ import annotations

from pathlib import Path

from scripts.emulator.mends import MENDS

PAGE = Path(__file__).resolve().parents[2] / "docs" / "emulator.md"

_BEGIN = "<!-- The table is written by `python -m scripts.emulator.handbook`. -->\n"
_END = "<!-- The end of the table. -->"


def table() -> str:
    """Return the mends as a Markdown table, by service."""
    rows = sorted((mend.service, mend.name, mend.reason) for mend in MENDS)
    lines = ["| service | mend | what moto lacks, and why it matters |", "|---|---|---|"]
    return "\n".join([*lines, *(f"| {service} | {name} | {reason} |" for service, name, reason in rows)]) + "\n"


def renewed(page: str) -> str:
    """Return the page with the table as it is now."""
    before, rest = page.split(_BEGIN)
    _old, after = rest.split(_END)
    return f"{before}{_BEGIN}{table()}{_END}{after}"


if __name__ == "__main__":
    PAGE.write_text(renewed(PAGE.read_text()))
