"""Follow the logs of a run: whatever its processes write, a line at a time and in the order in which it arrives."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

_PAUSE_SECONDS = 0.2


@dataclass(frozen=True, kw_only=True)
class Line:
    """What a process said; `level` is empty where it did not say how grave that is."""

    name: str
    level: str
    text: str


def follow(folder: Path, *, until: Callable[[], bool], skip: Collection[str] = ()) -> Iterator[Line]:
    """Yield the lines of the logs in a folder from their beginning, until `until` says so and there are no more."""
    read: dict[Path, int] = {}
    while True:
        ending, found = until(), False
        for log in sorted(folder.glob("*.log")):
            if log.stem in skip:
                continue
            with log.open("rb") as file:
                file.seek(read.get(log, 0))
                # What has no end of line yet is read again.
                whole = file.read().rpartition(b"\n")[0]
            if whole:
                found = True
                read[log] = read.get(log, 0) + len(whole) + 1
                yield from (parse(log.stem, line) for line in whole.decode(errors="replace").splitlines())
        if ending and not found:
            return
        time.sleep(_PAUSE_SECONDS)


def parse(name: str, text: str) -> Line:
    """Read a line: the application's are JSON objects, of which people want the message and what is special about it."""
    try:
        document = json.loads(text)
        message = str(document["message"])
    except (ValueError, TypeError, KeyError):
        return Line(name=name, level="", text=text)
    trace = document.get("exc_info")
    return Line(name=name, level=str(document.get("level", "")), text=message if not trace else f"{message}\n{trace}")
