"""What is read from the gallery."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.db.models import Q, QuerySet

from gallery.models import Picture

if TYPE_CHECKING:
    from accounts.models import User


def visible(viewer: User | AnonymousUser) -> QuerySet[Picture]:
    """Select what somebody may see: developed pictures, and of their own also the others."""
    shown = Q(status=Picture.Status.READY)
    if viewer.is_authenticated:
        shown |= Q(owner_id=viewer.pk) & ~Q(status=Picture.Status.ANNOUNCED)
    # The first condition is implied by the second, and lets PostgreSQL use the partial index.
    return Picture.objects.exclude(status=Picture.Status.ANNOUNCED).filter(shown).select_related("owner")


def listed(viewer: User | AnonymousUser) -> QuerySet[Picture]:
    """Select what a list shows of each picture."""
    return visible(viewer).only("id", "title", "status", "failure", "created_at", "owner__username")


def owned(owner: User, picture_id: UUID) -> QuerySet[Picture]:
    """Select one picture of somebody's own, wherever it stands."""
    return Picture.objects.filter(pk=picture_id, owner=owner)
