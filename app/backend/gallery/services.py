"""What happens to pictures. Views and jobs call these; each can be repeated without harm."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING, BinaryIO, Final, cast
from uuid import UUID

from django.contrib.sessions.models import Session
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone

from gallery import links
from gallery.developing import THUMBNAIL_TYPE, THUMBNAILS, Developed, UnreadablePictureError, develop
from gallery.models import Picture

if TYPE_CHECKING:
    from accounts.models import User

_log = logging.getLogger(__name__)

UPLOAD_BYTES_MAX: Final = 25 * 1024 * 1024

# The permission to upload lasts a quarter of an hour, so after a day nobody is still at it.
_FORGOTTEN_AFTER: Final = timedelta(days=1)
# Longer than any job may wait and be tried; a job published twice is done once.
_OVERDUE_AFTER: Final = timedelta(hours=2)
_SWEPT_AT_ONCE: Final = 1000


def thumbnail_key(picture_id: UUID, name: str) -> str:
    """Name a thumbnail in the media bucket."""
    return f"thumbnails/{picture_id}/{name}.webp"


def announce(
    *, owner: User, title: str, filename: str, content_type: str, size: int
) -> tuple[Picture, links.UploadForm]:
    """Take down a picture that is about to be uploaded, and give the form that uploads it."""
    picture = Picture.objects.create(
        owner=owner, title=title, filename=filename, content_type=content_type, size=size
    )
    return picture, links.upload_form(picture.upload_key, content_type=content_type, size=size)


def confirm(picture: Picture) -> Picture:
    """Have an uploaded picture developed; saying it again asks for the job again."""
    from gallery import tasks

    with transaction.atomic():
        announced = Picture.objects.filter(pk=picture.pk, status=Picture.Status.ANNOUNCED)
        if announced.update(status=Picture.Status.PROCESSING, confirmed_at=timezone.now()):
            picture.status = Picture.Status.PROCESSING
        if picture.status == Picture.Status.PROCESSING:
            transaction.on_commit(lambda: tasks.develop.delay(str(picture.pk)))
    return picture


def finish(picture_id: UUID) -> None:
    """Develop a picture: its thumbnails go to the bucket, what is known of it to the database.

    A second run, even beside the first, writes the same files, and only one of them changes the database.
    """
    picture = Picture.objects.filter(pk=picture_id, status=Picture.Status.PROCESSING).first()
    if picture is None:
        _log.info("Picture %s has nothing to be done: it is finished or gone.", picture_id)
        return
    try:
        with default_storage.open(picture.upload_key) as file:
            developed = develop(cast("BinaryIO", file.file))
    except FileNotFoundError:
        _fail(picture, "The file never arrived in the gallery.")
    except UnreadablePictureError as error:
        _fail(picture, str(error))
    else:
        _keep(picture, developed)


def discard(picture: Picture) -> None:
    """Remove a picture, and its files once that is certain."""
    from gallery import tasks

    with transaction.atomic():
        picture_id = str(picture.pk)
        picture.delete()
        transaction.on_commit(lambda: tasks.remove_files.delay(picture_id))


def remove_files(picture_id: UUID) -> None:
    """Remove whatever files a picture has."""
    default_storage.delete(f"uploads/{picture_id}")
    for name in THUMBNAILS:
        default_storage.delete(thumbnail_key(picture_id, name))


def sweep() -> dict[str, int]:
    """Clean up after what was begun and not finished; say how many of each."""
    from gallery import tasks

    now = timezone.now()
    forgotten = Picture.objects.filter(status=Picture.Status.ANNOUNCED, created_at__lt=now - _FORGOTTEN_AFTER)
    for picture in forgotten[:_SWEPT_AT_ONCE]:
        remove_files(picture.pk)
    removed, _ = Picture.objects.filter(
        pk__in=list(forgotten.values_list("pk", flat=True)[:_SWEPT_AT_ONCE])
    ).delete()
    overdue = Picture.objects.filter(status=Picture.Status.PROCESSING, confirmed_at__lt=now - _OVERDUE_AFTER)
    again = [str(picture_id) for picture_id in overdue.values_list("pk", flat=True)[:_SWEPT_AT_ONCE]]
    for picture_id in again:
        tasks.develop.delay(picture_id)
    expired, _ = Session.objects.filter(expire_date__lt=now).delete()
    return {"forgotten": removed, "overdue": len(again), "sessions": expired}


def _keep(picture: Picture, developed: Developed) -> None:
    for name, content in developed.thumbnails.items():
        file = ContentFile(content)
        # django-storages would guess it from the name, and Python 3.11 does not know WebP.
        file.content_type = THUMBNAIL_TYPE  # type: ignore[attr-defined]
        default_storage.save(thumbnail_key(picture.pk, name), file)
    Picture.objects.filter(pk=picture.pk, status=Picture.Status.PROCESSING).update(
        status=Picture.Status.READY,
        width=developed.width,
        height=developed.height,
        exif=developed.exif,
        developed_at=timezone.now(),
    )


def _fail(picture: Picture, sentence: str) -> None:
    _log.warning("Picture %s can't be developed: %s", picture.pk, sentence)
    Picture.objects.filter(pk=picture.pk, status=Picture.Status.PROCESSING).update(
        status=Picture.Status.FAILED, failure=sentence, developed_at=timezone.now()
    )
