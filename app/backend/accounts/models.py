"""The project's own user model, so that it can grow fields without moving a table."""

from __future__ import annotations

from django.contrib.auth.models import AbstractUser


class User(AbstractUser):
    """Somebody who can log in."""
