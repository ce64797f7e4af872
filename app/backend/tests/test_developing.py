"""Thumbnails and EXIF reports: bytes in, bytes out."""

from __future__ import annotations

import io
from typing import Any

import pytest
from PIL import ExifTags, Image
from PIL.TiffImagePlugin import IFDRational

from gallery.developing import UnreadablePictureError, develop


def file(image: Image.Image, format_: str = "JPEG", **options: Any) -> io.BytesIO:
    buffer = io.BytesIO()
    image.save(buffer, format_, **options)
    buffer.seek(0)
    return buffer


def opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content))


def test_thumbnails_keep_the_shape_and_are_webp() -> None:
    developed = develop(file(Image.new("RGB", (4000, 3000), "navy")))
    small, large = opened(developed.thumbnails["small"]), opened(developed.thumbnails["large"])
    assert (small.format, small.size) == ("WEBP", (480, 360))
    assert (large.format, large.size) == ("WEBP", (1600, 1200))
    assert (developed.width, developed.height) == (4000, 3000)


def test_a_small_picture_is_not_blown_up() -> None:
    assert opened(develop(file(Image.new("RGB", (20, 10)))).thumbnails["large"]).size == (20, 10)


@pytest.mark.parametrize(
    ("mode", "format_"),
    [
        ("P", "GIF"),
        ("L", "PNG"),
        ("RGBA", "PNG"),
        ("CMYK", "JPEG"),
        ("RGBA", "WEBP"),
        ("1", "PNG"),
        ("I;16", "PNG"),
    ],
)
def test_every_kind_of_picture_is_developed(mode: str, format_: str) -> None:
    assert set(develop(file(Image.new(mode, (60, 40)), format_)).thumbnails) == {"small", "large"}


def test_a_turned_picture_is_set_upright_and_loses_its_exif() -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    developed = develop(file(Image.new("RGB", (80, 40)), exif=exif))
    small = opened(developed.thumbnails["small"])
    assert small.size == (40, 80)
    assert (developed.width, developed.height) == (40, 80)
    assert not small.getexif()


def test_the_report_has_names_and_text_and_not_the_place() -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Make] = "Ca\x00mera  \x00"
    exif[ExifTags.Base.Model] = "M" * 500
    exif[ExifTags.Base.GPSInfo] = {1: "N", 2: (52.0, 1.0, 2.0)}
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.ExposureTime] = IFDRational(1, 250)
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.FNumber] = IFDRational(28, 10)
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.MakerNote] = b"\x00\x01"
    report = develop(file(Image.new("RGB", (10, 10)), exif=exif)).exif
    assert report["Make"] == "Camera"
    assert report["Model"] == "M" * 200
    assert report["ExposureTime"] == "1/250"
    assert report["FNumber"] == "2.8"
    assert not {"GPSInfo", "MakerNote", "ExifOffset"} & set(report)


@pytest.mark.parametrize("content", [b"", b"GIF89a", b"<svg/>", b"\xff\xd8\xff\xe0 no more"])
def test_what_is_no_picture_is_refused_with_a_sentence(content: bytes) -> None:
    with pytest.raises(UnreadablePictureError, match=r"^This (file|picture) .*\.$"):
        develop(io.BytesIO(content))


def test_a_picture_that_is_cut_off_is_refused() -> None:
    whole = file(Image.effect_noise((400, 400), 50)).getvalue()
    with pytest.raises(UnreadablePictureError, match="damaged"):
        develop(io.BytesIO(whole[: len(whole) // 2]))


def test_a_bomb_is_refused_before_it_is_decoded() -> None:
    bomb = file(Image.new("1", (20_000, 10_000)), "PNG")
    with pytest.raises(UnreadablePictureError, match="too many pixels"):
        develop(bomb)
