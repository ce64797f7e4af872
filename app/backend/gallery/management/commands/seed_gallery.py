"""`manage.py seed_gallery`: some pictures to look at, for a laptop or a fresh staging."""

from __future__ import annotations

import colorsys
import io
import math
from typing import Any, Final

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management.base import BaseCommand, CommandParser
from PIL import ExifTags, Image, ImageDraw

from accounts.models import User
from gallery import services
from gallery.models import Picture

_TITLES: Final = ("Harbour", "First snow", "Night train", "Dunes", "Low tide", "Market day", "Fog", "Lantern")
_SIZE: Final = (1600, 1066)


class Command(BaseCommand):
    """Make an account and some pictures, developed as a worker would."""

    help = "Make an account without a password (`demo`) and some pictures of its own, once."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare how many."""
        parser.add_argument(
            "--count", type=int, default=len(_TITLES), help="Pictures to have in the end (8)."
        )

    def handle(self, *args: Any, count: int, **options: Any) -> None:
        """Make what is missing."""
        owner, is_new = User.objects.get_or_create(username="demo")
        if is_new:
            owner.set_unusable_password()
            owner.save()
        there = owner.pictures.exclude(status=Picture.Status.ANNOUNCED).count()
        for number in range(there, count):
            content = _paint(number)
            picture = Picture.objects.create(
                owner=owner,
                title=_TITLES[number % len(_TITLES)],
                filename=f"{number}.jpg",
                content_type="image/jpeg",
                size=len(content),
                status=Picture.Status.PROCESSING,
            )
            default_storage.save(picture.upload_key, ContentFile(content))
            services.finish(picture.pk)
        self.stdout.write(
            f"The account demo has {max(there, count)} pictures, {max(0, count - there)} of them new."
        )


def _paint(number: int) -> bytes:
    """Paint hills under a sky; each number has its own colours and its own shapes."""
    width, height = _SIZE
    hue = (number * 0.381966) % 1
    image = Image.new("RGB", _SIZE)
    draw = ImageDraw.Draw(image)
    for y in range(height):
        draw.line(((0, y), (width, y)), fill=_colour(hue, 0.25 + 0.3 * y / height, 0.95 - 0.3 * y / height))
    for hill in range(5):
        base = height * (0.45 + 0.12 * hill)
        points = [
            (x, base + height * 0.07 * math.sin(x / width * (3 + hill) + number * 1.7 + hill * 2.1))
            for x in range(0, width + 40, 40)
        ]
        draw.polygon(
            [(0, height), *points, (width, height)],
            fill=_colour(hue + 0.08 * hill, 0.45, 0.75 - 0.13 * hill),
        )
    exif = Image.Exif()
    exif[ExifTags.Base.Make] = "Gallery"
    exif[ExifTags.Base.Model] = "Painted by seed_gallery"
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=88, exif=exif)
    return buffer.getvalue()


def _colour(hue: float, saturation: float, value: float) -> tuple[int, int, int]:
    red, green, blue = colorsys.hsv_to_rgb(hue % 1, saturation, value)
    return round(red * 255), round(green * 255), round(blue * 255)
