"""A picture and where it stands."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models


class Picture(models.Model):
    """A picture, from its announcement on; its files are in the media bucket, under names made of its id."""

    class Status(models.TextChoices):
        """Where a picture stands."""

        ANNOUNCED = "announced", "announced, its file not uploaded"
        PROCESSING = "processing", "uploaded, waiting for a worker"
        READY = "ready", "developed"
        FAILED = "failed", "not a picture"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="pictures")
    title = models.CharField(max_length=120)
    filename = models.CharField(max_length=255)
    content_type = models.CharField(max_length=50)
    size = models.PositiveIntegerField(help_text="Bytes, as announced and enforced by the bucket.")
    status = models.CharField(
        max_length=10, choices=Status.choices, default=Status.ANNOUNCED, db_default=Status.ANNOUNCED
    )
    failure = models.CharField(max_length=200, blank=True, default="", db_default="")
    width = models.PositiveIntegerField(null=True, blank=True)
    height = models.PositiveIntegerField(null=True, blank=True)
    exif = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    confirmed_at = models.DateTimeField(null=True, blank=True)
    developed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        """Order and indexes."""

        ordering = ("-created_at",)
        indexes = (
            models.Index(
                fields=["-created_at"], name="picture_shown", condition=~models.Q(status="announced")
            ),
            models.Index(
                fields=["created_at"],
                name="picture_unfinished",
                condition=models.Q(status__in=["announced", "processing"]),
            ),
        )

    def __str__(self) -> str:
        """Give the title."""
        return self.title

    @property
    def upload_key(self) -> str:
        """Name of the uploaded file in the media bucket."""
        return f"uploads/{self.id}"
