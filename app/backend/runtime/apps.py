"""What the project needs of AWS, as a Django app for its commands and checks."""

from __future__ import annotations

import logging

from django.apps import AppConfig


class RuntimeConfig(AppConfig):
    """Release, health, the queue."""

    name = "runtime"

    def ready(self) -> None:
        """Log Python's warnings like everything else."""
        logging.captureWarnings(capture=True)
