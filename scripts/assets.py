"""What a release puts into the buckets of static files and of the site, and for how long browsers keep it."""

from __future__ import annotations

import json
import mimetypes
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

FOR_EVER = "public, max-age=31536000, immutable"
"""For a name that changes with its content."""

AN_HOUR = "public, max-age=3600"
"""For a name that stays: nothing refers to it but old pages and people."""

ASK_FIRST = "no-cache"
"""For what tells which of the others are in use."""

_HASHED = re.compile(r"\.[0-9a-f]{12}(\.[^.]+)?$")
_MANIFEST = "staticfiles.json"
_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".mjs": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".webp": "image/webp",
    ".woff": "font/woff",
    ".woff2": "font/woff2",
}


@dataclass(frozen=True, kw_only=True)
class Asset:
    """An object to put: where, what, and its headers."""

    key: str
    file: Path | None
    content_type: str
    cache_control: str
    content: bytes = b""

    def read(self) -> bytes:
        """Return what it holds."""
        return self.content if self.file is None else self.file.read_bytes()


def static(folder: Path) -> list[Asset]:
    """List what Django's collectstatic left; its manifest is in the image, and of use to nobody else."""
    return [
        _asset(folder, file, FOR_EVER if _HASHED.search(file.name) else AN_HOUR)
        for file in _files(folder)
        if file.relative_to(folder).as_posix() != _MANIFEST
    ]


def site(folder: Path, *, api_origin: str) -> list[Asset]:
    """List the front end's build and its configuration, in the order in which they must arrive: index.html last.

    Only what Vite names after its content may be kept; an open page may still ask for the assets of the release before.
    """
    found = [
        _asset(folder, file, FOR_EVER if file.relative_to(folder).parts[0] == "assets" else ASK_FIRST)
        for file in _files(folder)
    ]
    configuration = Asset(
        key="config.json",
        file=None,
        content_type=_TYPES[".json"],
        cache_control=ASK_FIRST,
        content=json.dumps({"apiOrigin": api_origin}).encode(),
    )
    return sorted(
        [*found, configuration], key=lambda asset: (asset.cache_control == ASK_FIRST, asset.key == "index.html")
    )


def upload(client: S3Client, bucket: str, assets: list[Asset]) -> int:
    """Put objects in their order, those that are there already left out; return how many were put.

    Nothing is removed: tasks and pages of the release before may still refer to it.
    """
    there = {
        item["Key"]: item["ETag"].strip('"')
        for page in client.get_paginator("list_objects_v2").paginate(Bucket=bucket)
        for item in page.get("Contents", ())
    }
    put = 0
    for asset in assets:
        content = asset.read()
        if there.get(asset.key) == _etag(content):
            continue
        client.put_object(
            Bucket=bucket,
            Key=asset.key,
            Body=content,
            ContentType=asset.content_type,
            CacheControl=asset.cache_control,
        )
        put += 1
    return put


def _etag(content: bytes) -> str:
    """Return what S3 calls an object that was put at once under S3's own encryption: its MD5."""
    import hashlib

    return hashlib.md5(content, usedforsecurity=False).hexdigest()


def _files(folder: Path) -> Iterator[Path]:
    return (file for file in sorted(folder.rglob("*")) if file.is_file())


def _asset(folder: Path, file: Path, cache_control: str) -> Asset:
    guessed = _TYPES.get(file.suffix) or mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    return Asset(key=file.relative_to(folder).as_posix(), file=file, content_type=guessed, cache_control=cache_control)
