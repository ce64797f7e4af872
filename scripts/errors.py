"""The one family of errors that the library raises on purpose."""

from __future__ import annotations


class OperatorError(Exception):
    """Tell the operator, in one sentence, what was asked, what is known and what to do.

    `tasks.py` turns it into a message and `exit_code`; every other exception is a defect and keeps its traceback.
    """

    exit_code = 1


class RefusedError(OperatorError):
    """Report that a gate refused the operation: nothing was changed."""

    exit_code = 3


class UsageError(OperatorError):
    """Report arguments that no environment or verb can satisfy."""

    exit_code = 2
