"""Make thumbnails and an EXIF report of a picture. No database, no bucket: bytes in, bytes out."""

from __future__ import annotations

import io
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, BinaryIO, Final

from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

FORMATS: Final = {"image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP", "image/gif": "GIF"}
"""What may be uploaded, and how Pillow calls it."""

THUMBNAILS: Final = {"small": 480, "large": 1600}
"""Thumbnails by name: pixels of the longer side at most."""

THUMBNAIL_TYPE: Final = "image/webp"

_PIXELS_MAX: Final = 80_000_000
# Where somebody was is nobody's business, and the others are blobs that only the camera's maker can read.
_UNREPORTED: Final = {
    "GPSInfo",
    "ExifOffset",
    "InteropOffset",
    "MakerNote",
    "UserComment",
    "PrintImageMatching",
    "XPKeywords",
}
_VALUE_LENGTH_MAX: Final = 200


class UnreadablePictureError(Exception):
    """The file is no picture that can be shown; the text is a sentence for its owner."""


@dataclass(frozen=True, kw_only=True)
class Developed:
    """What became of a picture: thumbnails (WebP) by name, size in pixels, EXIF values by tag."""

    thumbnails: Mapping[str, bytes]
    width: int
    height: int
    exif: Mapping[str, str]


def develop(file: BinaryIO) -> Developed:
    """Develop a picture; raise UnreadablePictureError for a file that never will be one."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(file, formats=tuple(FORMATS.values())) as image:
                return _develop(image)
    except UnidentifiedImageError:
        raise UnreadablePictureError("This file is not a JPEG, PNG, WebP or GIF picture.") from None
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise UnreadablePictureError("This picture has too many pixels.") from None
    except (OSError, SyntaxError, ValueError, EOFError) as error:
        # Pillow's decoders raise these for files that are cut off or broken.
        raise UnreadablePictureError("This picture is damaged.") from error


def _develop(image: Image.Image) -> Developed:
    width, height = image.size
    if width * height > _PIXELS_MAX:
        raise UnreadablePictureError("This picture has too many pixels.")
    exif = report(image.getexif())
    # A JPEG can be decoded at half or a quarter of its size, which is much faster.
    image.draft("RGB", (THUMBNAILS["large"], THUMBNAILS["large"]))
    upright = ImageOps.exif_transpose(image)
    has_alpha = "A" in upright.getbands() or "transparency" in upright.info
    picture = upright.convert("RGBA" if has_alpha else "RGB")
    thumbnails = {}
    for name, pixels in sorted(THUMBNAILS.items(), key=lambda item: -item[1]):
        # Each is made from the one before, the next larger.
        picture.thumbnail((pixels, pixels), Image.Resampling.LANCZOS, reducing_gap=2.0)
        buffer = io.BytesIO()
        picture.save(buffer, "WEBP", quality=80, method=4, exif=b"")
        thumbnails[name] = buffer.getvalue()
    # A draft is smaller than the original, so its size says only which way round the picture is.
    if (upright.width < upright.height) != (width < height):
        width, height = height, width
    return Developed(thumbnails=thumbnails, width=width, height=height, exif=exif)


def report(exif: Image.Exif) -> dict[str, str]:
    """Give EXIF values by the name of their tag, as text that any database and any page can hold."""
    values: dict[int, Any] = {**exif, **exif.get_ifd(ExifTags.IFD.Exif)}
    named = ((ExifTags.TAGS.get(tag), value) for tag, value in values.items())
    texts = {name: _text(value) for name, value in named if name and name not in _UNREPORTED}
    return {name: text for name, text in sorted(texts.items()) if text}


def _text(value: Any) -> str:
    if isinstance(value, bytes):
        return ""
    if isinstance(value, tuple):
        return ", ".join(filter(None, map(_text, value)))[:_VALUE_LENGTH_MAX]
    if isinstance(value, str):
        # PostgreSQL's JSON can't hold NUL, and cameras pad with it.
        return "".join(character for character in value if character.isprintable()).strip()[
            :_VALUE_LENGTH_MAX
        ]
    if hasattr(value, "numerator") and not isinstance(value, int):
        if not value.denominator:
            return ""
        fraction = Fraction(int(value.numerator), int(value.denominator))
        # Cameras mean 1/250 and f/2.8.
        return str(fraction) if fraction.numerator == 1 else f"{float(fraction):g}"
    return str(value)[:_VALUE_LENGTH_MAX]
