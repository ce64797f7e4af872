"""Links into the private media bucket: what lets a browser read one file, or upload one.

Signature version 4 of S3, done here because a page of pictures needs dozens of links: botocore takes about
half a millisecond for each, this a few microseconds. The tests compare both. The algorithm:
https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html and …/sigv4-UsingHTTPPOST.html.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import quote, urlsplit

import boto3
import botocore.session
from botocore.config import Config
from django.conf import settings

_WINDOW_SECONDS: Final = 30 * 60
_VALID_SECONDS: Final = 4 * _WINDOW_SECONDS
_UPLOAD_MINUTES: Final = 15


@dataclass(frozen=True, kw_only=True)
class Keys:
    """What signs: an access key, and the session token that temporary ones come with."""

    access_key: str
    secret_key: str
    token: str | None


@dataclass(frozen=True, kw_only=True)
class Bucket:
    """Where a bucket answers: the origin and the path that its keys follow."""

    scheme: str
    host: str
    path: str
    region: str
    name: str


@dataclass(frozen=True, kw_only=True)
class UploadForm:
    """A form that uploads one file: where it goes, and the fields that come before the file."""

    url: str
    fields: Mapping[str, str]


class Signer:
    """Sign links for one bucket at one moment."""

    def __init__(self, bucket: Bucket, keys: Keys, moment: datetime) -> None:
        self._bucket = bucket
        self._keys = keys
        self._moment = f"{moment:%Y%m%dT%H%M%SZ}"
        self._scope = f"{moment:%Y%m%d}/{bucket.region}/s3/aws4_request"
        self._signing_key = _signing_key(keys.secret_key, f"{moment:%Y%m%d}", bucket.region)
        self._queries: dict[int, str] = {}

    def read(self, key: str, *, valid_seconds: int) -> str:
        """Give a link that reads one object."""
        bucket = self._bucket
        path = f"{bucket.path}{quote(key, safe='/-_.~')}"
        query = self._query(valid_seconds)
        request = f"GET\n{path}\n{query}\nhost:{bucket.host}\n\nhost\nUNSIGNED-PAYLOAD"
        digest = hashlib.sha256(request.encode()).hexdigest()
        signature = self._sign(f"AWS4-HMAC-SHA256\n{self._moment}\n{self._scope}\n{digest}")
        return f"{bucket.scheme}://{bucket.host}{path}?{query}&X-Amz-Signature={signature}"

    def upload(self, key: str, *, content_type: str, size: int, expires: datetime) -> UploadForm:
        """Give a form that uploads exactly one file of this type and size under this key."""
        bucket = self._bucket
        fields = {
            "key": key,
            "Content-Type": content_type,
            "x-amz-algorithm": "AWS4-HMAC-SHA256",
            "x-amz-credential": f"{self._keys.access_key}/{self._scope}",
            "x-amz-date": self._moment,
        }
        if self._keys.token:
            fields["x-amz-security-token"] = self._keys.token
        conditions: list[Any] = [{"bucket": bucket.name}, ["content-length-range", size, size]]
        conditions += [{name: value} for name, value in fields.items()]
        policy = {"expiration": f"{expires:%Y-%m-%dT%H:%M:%SZ}", "conditions": conditions}
        fields["policy"] = base64.b64encode(json.dumps(policy).encode()).decode()
        fields["x-amz-signature"] = self._sign(fields["policy"])
        return UploadForm(url=f"{bucket.scheme}://{bucket.host}{bucket.path}", fields=fields)

    def _query(self, valid_seconds: int) -> str:
        # All links of a page have it in common.
        if valid_seconds not in self._queries:
            query = {
                "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
                "X-Amz-Credential": f"{self._keys.access_key}/{self._scope}",
                "X-Amz-Date": self._moment,
                "X-Amz-Expires": str(valid_seconds),
                "X-Amz-SignedHeaders": "host",
            }
            if self._keys.token:
                query["X-Amz-Security-Token"] = self._keys.token
            pairs = (f"{name}={quote(value, safe='-_.~')}" for name, value in sorted(query.items()))
            self._queries[valid_seconds] = "&".join(pairs)
        return self._queries[valid_seconds]

    def _sign(self, text: str) -> str:
        return hmac.new(self._signing_key, text.encode(), hashlib.sha256).hexdigest()


def read_links() -> Signer:
    """Give a signer whose links stay the same for half an hour, so that browsers keep what they loaded."""
    now = datetime.now(UTC).timestamp()
    return Signer(media_bucket(), _keys(), datetime.fromtimestamp(now - now % _WINDOW_SECONDS, UTC))


def read_link(signer: Signer, key: str) -> str:
    """Give a link that reads one object for one and a half hours at least."""
    return signer.read(key, valid_seconds=_VALID_SECONDS)


def upload_form(key: str, *, content_type: str, size: int) -> UploadForm:
    """Give a form that uploads one file within a quarter of an hour."""
    now = datetime.now(UTC)
    expires = now + timedelta(minutes=_UPLOAD_MINUTES)
    return Signer(media_bucket(), _keys(), now).upload(
        key, content_type=content_type, size=size, expires=expires
    )


@functools.cache
def media_bucket() -> Bucket:
    """Find where the media bucket answers: botocore, asked once, knows endpoints and path styles."""
    client = boto3.client(
        "s3",
        region_name=settings.AWS_REGION,
        # It signs nothing that is used, and asking must work before there are credentials.
        aws_access_key_id="unused",
        aws_secret_access_key="unused",  # noqa: S106
        config=Config(signature_version="s3v4", s3={"use_accelerate_endpoint": False}),
    )
    link = urlsplit(
        client.generate_presigned_url("get_object", Params={"Bucket": settings.MEDIA_BUCKET, "Key": "k"})
    )
    return Bucket(
        scheme=link.scheme,
        host=link.netloc,
        path=link.path.removesuffix("k"),
        region=settings.AWS_REGION,
        name=settings.MEDIA_BUCKET,
    )


@functools.lru_cache(maxsize=4)
def _signing_key(secret_key: str, day: str, region: str) -> bytes:
    key = f"AWS4{secret_key}".encode()
    for part in (day, region, "s3", "aws4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return key


@functools.cache
def _credentials() -> Any:
    return botocore.session.get_session().get_credentials()


def _keys() -> Keys:
    credentials = _credentials()
    if credentials is None:
        raise RuntimeError("There are no AWS credentials to sign links with; a task gets them from its role.")
    # Those of a role are renewed here before they run out.
    frozen = credentials.get_frozen_credentials()
    return Keys(access_key=frozen.access_key, secret_key=frozen.secret_key, token=frozen.token)
