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


def configuration(level: str) -> dict[str, Any]:
    """Give the configuration for logging.config.dictConfig, which Django, gunicorn and Celery share."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"context": {"()": "runtime.logs.ContextFilter"}},
        "formatters": {
            "json": {
                "()": "pythonjsonlogger.json.JsonFormatter",
                "fmt": "{asctime}{levelname}{name}{message}",
                "style": "{",
                "rename_fields": {"asctime": "time", "levelname": "level", "name": "logger"},
                "defaults": {},
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
