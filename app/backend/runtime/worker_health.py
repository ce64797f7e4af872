"""The worker's health check: `python -m runtime.worker_health` exits 0 while the polling loop goes round."""

from __future__ import annotations

import sys
from typing import Final

from runtime.jobs import heartbeat

# A poll lasts 10 s, and after failures the pause is up to 30 s.
_OLD_SECONDS: Final = 90


def complaint() -> str | None:
    """Say what is wrong with the worker, or None."""
    age = heartbeat.age_seconds()
    if age is None:
        return "The worker has not polled its queue yet."
    if age > _OLD_SECONDS:
        return f"The worker last polled its queue {age:.0f} s ago, and {_OLD_SECONDS} s is too long."
    return None


if __name__ == "__main__":
    sentence = complaint()
    if sentence:
        sys.exit(sentence)
