"""Let a job's log lines carry the id of the request that asked for it."""

from __future__ import annotations

import logging.config
from typing import Any

from celery import signals
from django.conf import settings

from runtime import context

_HEADER = "request_id"


def connect() -> None:
    """Listen to Celery's signals; listening twice is the same as once."""
    signals.before_task_publish.connect(_publish, dispatch_uid=f"{__name__}.publish")
    signals.task_prerun.connect(_begin, dispatch_uid=f"{__name__}.begin")
    signals.task_postrun.connect(_end, dispatch_uid=f"{__name__}.end")
    signals.setup_logging.connect(_log_as_django_does, dispatch_uid=f"{__name__}.log")


def _publish(headers: dict[str, Any] | None = None, **_: Any) -> None:
    request_id = context.request_id.get()
    if headers is not None and request_id:
        headers.setdefault(_HEADER, request_id)


def _begin(task_id: str | None = None, task: Any = None, **_: Any) -> None:
    if task.request.is_eager:
        return
    context.job_id.set(task_id)
    context.request_id.set(getattr(task.request, _HEADER, None))


def _end(task: Any = None, **_: Any) -> None:
    if task.request.is_eager:
        return
    context.job_id.set(None)
    context.request_id.set(None)


def _log_as_django_does(**_: Any) -> None:
    # That somebody listens is what stops Celery from setting up handlers of its own.
    logging.config.dictConfig(settings.LOGGING)
