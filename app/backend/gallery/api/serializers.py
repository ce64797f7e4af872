"""The JSON of pictures."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from gallery import links, services
from gallery.developing import FORMATS, THUMBNAILS
from gallery.models import Picture


class AnnouncementSerializer(serializers.Serializer[Any]):
    """A picture that is about to be uploaded."""

    title = serializers.CharField(max_length=120)
    filename = serializers.CharField(max_length=255)
    content_type = serializers.ChoiceField(choices=sorted(FORMATS))
    size = serializers.IntegerField(min_value=1, max_value=services.UPLOAD_BYTES_MAX, help_text="Bytes.")


class ThumbnailsSerializer(serializers.Serializer[Any]):
    """Links that work for an hour and a half at least."""

    small = serializers.URLField()
    large = serializers.URLField()


class PictureSerializer(serializers.Serializer[Picture]):
    """A picture in a list."""

    id = serializers.UUIDField()
    title = serializers.CharField()
    owner = serializers.CharField(source="owner.username")
    status = serializers.SerializerMethodField()
    failure = serializers.CharField(help_text="Why it failed, in a sentence.")
    thumbnails = serializers.SerializerMethodField()
    created_at = serializers.DateTimeField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._links: links.Signer | None = None

    @extend_schema_field(serializers.ChoiceField(choices=["processing", "ready", "failed"]))
    def get_status(self, picture: Picture) -> str:
        """Give the status; that its file is still on its way is only its owner's browser's business."""
        return Picture.Status.PROCESSING if picture.status == Picture.Status.ANNOUNCED else picture.status

    @extend_schema_field(ThumbnailsSerializer(allow_null=True))
    def get_thumbnails(self, picture: Picture) -> dict[str, str] | None:
        """Give links to the thumbnails of a picture that has them."""
        if picture.status != Picture.Status.READY:
            return None
        # One serializer serves one page, so all its links are signed at one moment.
        self._links = self._links or links.read_links()
        return {
            name: links.read_link(self._links, services.thumbnail_key(picture.pk, name))
            for name in THUMBNAILS
        }


class PictureDetailSerializer(PictureSerializer):
    """A picture by itself."""

    width = serializers.IntegerField(allow_null=True)
    height = serializers.IntegerField(allow_null=True)
    exif = serializers.DictField(child=serializers.CharField())


class UploadSerializer(serializers.Serializer[Any]):
    """A form to send, with the file as its last field."""

    url = serializers.URLField()
    fields = serializers.DictField(child=serializers.CharField())  # type: ignore[assignment]


class AnnouncedSerializer(serializers.Serializer[Any]):
    """A picture that was taken down, and how to upload it."""

    picture = PictureSerializer()
    upload = UploadSerializer()
