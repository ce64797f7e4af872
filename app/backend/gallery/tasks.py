"""Jobs: the queue's way into the services. One that raises comes back later by itself (runtime.jobs)."""

from __future__ import annotations

import logging
from uuid import UUID

from config.celery import app
from gallery import services

_log = logging.getLogger(__name__)


@app.task
def develop(picture_id: str) -> None:
    """Make a picture's thumbnails and its EXIF report."""
    services.finish(UUID(picture_id))


@app.task
def remove_files(picture_id: str) -> None:
    """Remove the files of a picture that is gone."""
    services.remove_files(UUID(picture_id))


@app.task
def sweep() -> None:
    """Clean up after what was begun and not finished; beat asks for it every night."""
    _log.info("Swept", extra=services.sweep())
