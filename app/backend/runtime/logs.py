"""Logs: one JSON object a line on standard error, each with the request and the job it belongs to."""

from __future__ import annotations

import logging
from typing import Any

from runtime import context


class ContextFilter(logging.Filter):
    """Put the ids of the current request and job on each record."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Keep every record."""
        for name, variable in (("request_id", context.request_id), ("job_id", context.job_id)):
            value = variable.get()
            if value is not None and not hasattr(record, name):
                setattr(record, name, value)
        return True


class OutageFilter(logging.Filter):
    """Drop Django's complaint about an answer of 503: whoever gave it has said why."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Keep everything else."""
        return getattr(record, "status_code", None) != 503


def configuration(level: str) -> dict[str, Any]:
    """Give the configuration for logging.config.dictConfig, which Django, gunicorn and Celery share."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {
            "context": {"()": "runtime.logs.ContextFilter"},
            "outage": {"()": "runtime.logs.OutageFilter"},
        },
        "formatters": {
            "json": {
                "()": "pythonjsonlogger.json.JsonFormatter",
                "fmt": "{levelname}{name}{message}",
                "style": "{",
                "timestamp": "time",
                "rename_fields": {"levelname": "level", "name": "logger"},
            },
        },
        "handlers": {
            "stderr": {"class": "logging.StreamHandler", "formatter": "json", "filters": ["context"]},
        },
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            # Django's own handlers would print a second, unstructured line.
            "django": {"handlers": [], "level": level, "propagate": True},
            "django.server": {"handlers": [], "level": level, "propagate": True},
            # So would gunicorn's.
            "gunicorn.error": {"handlers": [], "level": level, "propagate": True},
            # Refusals are in the request's own line, with their status.
            "django.request": {"level": "ERROR", "filters": ["outage"]},
            # They tell every request and every connection at INFO.
            "botocore": {"level": "WARNING"},
            "boto3": {"level": "WARNING"},
            "s3transfer": {"level": "WARNING"},
            "urllib3": {"level": "WARNING"},
            "psycopg.pool": {"level": "WARNING"},
            "PIL": {"level": "WARNING"},
            "celery.utils.functional": {"level": "WARNING"},
        },
    }
