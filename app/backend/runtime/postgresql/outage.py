"""Tell "the database is away" from "the database refused this statement"."""

from __future__ import annotations

from django.db import InterfaceError, OperationalError

# https://www.postgresql.org/docs/16/errcodes-appendix.html
_CLASSES = (
    "08",  # connection exceptions
    "57P",  # shut down, crashed, or not yet accepting connections
    "53300",  # too many connections
)


def is_outage(error: BaseException) -> bool:
    """Say whether a database error means that no work could be done at all, so that trying again makes sense.

    An error of the client library, such as the pool's timeout or a lost connection, has no SQLSTATE.
    """
    if not isinstance(error, OperationalError | InterfaceError):
        return False
    state = getattr(error.__cause__, "sqlstate", None)
    return state is None or state.startswith(_CLASSES)
