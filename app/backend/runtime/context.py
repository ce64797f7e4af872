"""Which request, and which job, the current thread works for; logs and the queue carry it on."""

from __future__ import annotations

import re
import uuid
from contextvars import ContextVar
from typing import Final

request_id: ContextVar[str | None] = ContextVar("request_id", default=None)
job_id: ContextVar[str | None] = ContextVar("job_id", default=None)

_ACCEPTABLE: Final = re.compile(r"[A-Za-z0-9._=:;-]{8,128}")


def accept_or_make(claimed: str | None) -> str:
    """Give an id that the caller chose if it is harmless in a log, else a new one."""
    if claimed and _ACCEPTABLE.fullmatch(claimed):
        return claimed
    return uuid.uuid4().hex
