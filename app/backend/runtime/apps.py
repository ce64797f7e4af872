"""What the project needs of AWS, as a Django app for its commands and checks."""

from __future__ import annotations

from django.apps import AppConfig


class RuntimeConfig(AppConfig):
    """Release, health, the queue."""

    name = "runtime"
