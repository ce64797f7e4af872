"""The gallery."""

from __future__ import annotations

from django.apps import AppConfig


class GalleryConfig(AppConfig):
    """Pictures and their thumbnails."""

    name = "gallery"
    default_auto_field = "django.db.models.BigAutoField"
