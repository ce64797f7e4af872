"""When the worker's polling loop last went round, in the time stamp of a file.

A worker whose ReceiveMessage hangs is a process like any other and answers every signal; only this tells.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

FILE = Path(tempfile.gettempdir()) / "worker-last-poll"
"""One worker a container; tests and laptops give each its own TMPDIR."""


def beat() -> None:
    """Say that the loop went round."""
    try:
        FILE.touch()
    except OSError:
        # A full disk must not end the worker; the health check will.
        return


def age_seconds() -> float | None:
    """Give the seconds since the loop went round, or None if it never did."""
    try:
        return time.time() - FILE.stat().st_mtime
    except FileNotFoundError:
        return None
