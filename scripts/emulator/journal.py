"""The bounded log of what was asked of the embedded AWS: never a body, a query string or a secret."""

from __future__ import annotations

import json
import threading
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

LARGEST_BYTES = 8_000_000
"""About 40,000 requests; one older file of the same size is kept."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One request, as it is logged."""

    at: float
    service: str
    region: str
    operation: str
    method: str
    attempt: int
    status: int
    ms: int
    waited_ms: int


class Journal:
    """Append requests to a file, which is replaced when it has grown."""

    def __init__(self, path: Path, largest_bytes: int = LARGEST_BYTES) -> None:
        self._path = path
        self._largest_bytes = largest_bytes
        self._lock = threading.Lock()
        self._file = path.open("a", buffering=1)

    def write(self, asked: Asked) -> None:
        """Append one request."""
        line = json.dumps(asdict(asked), separators=(",", ":"))
        with self._lock:
            if self._file.tell() > self._largest_bytes:
                self._file.close()
                self._path.replace(older(self._path))
                self._file = self._path.open("a", buffering=1)
            self._file.write(line + "\n")


def older(path: Path) -> Path:
    """Name the file that the previous part of the log was moved to."""
    return path.with_suffix(".older.jsonl")


def read(path: Path) -> list[dict[str, Any]]:
    """Return the logged requests, oldest first; a line that is being written is left out."""
    asked: list[dict[str, Any]] = []
    for file in (older(path), path):
        if file.is_file():
            lines = file.read_text().split("\n")[:-1]
            asked.extend(json.loads(line) for line in lines)
    return asked
