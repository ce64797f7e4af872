"""Pictures in the admin."""

from __future__ import annotations

from django.contrib import admin

from gallery.models import Picture


@admin.register(Picture)
class PictureAdmin(admin.ModelAdmin):  # type: ignore[type-arg] # not subscriptable in Django 5.2
    """Look at pictures; their files follow their status, so neither is changed here."""

    list_display = ("title", "owner", "status", "created_at", "developed_at")
    list_filter = ("status",)
    search_fields = ("title", "owner__username")
    raw_id_fields = ("owner",)
    readonly_fields = (
        "id",
        "status",
        "failure",
        "width",
        "height",
        "exif",
        "size",
        "content_type",
        "created_at",
        "confirmed_at",
        "developed_at",
    )
