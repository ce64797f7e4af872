"""Our signatures are botocore's."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from unittest import mock
from urllib.parse import quote

import pytest
from botocore.auth import S3SigV4PostAuth, S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from django.conf import settings

from gallery import links

MOMENT = datetime(2026, 11, 23, 10, 30, tzinfo=UTC)
BUCKET = links.Bucket(
    scheme="https", host="b.s3.eu-west-1.amazonaws.com", path="/", region="eu-west-1", name="b"
)


@pytest.fixture(autouse=True)
def _at_the_moment() -> object:
    """Let botocore sign at the same moment."""
    clock = mock.Mock(wraps=datetime)
    clock.utcnow.return_value = MOMENT.replace(tzinfo=None)
    clock.now.return_value = MOMENT
    with (
        mock.patch("botocore.auth.get_current_datetime", return_value=MOMENT, create=True),
        mock.patch("botocore.auth.datetime", clock, create=True),
    ):
        yield


@pytest.mark.parametrize("token", [None, "a/token+with=signs"])
@pytest.mark.parametrize("key", ["thumbnails/1/small.webp", "with blank/and ü~.webp"])
def test_a_link_is_what_botocore_signs(token: str | None, key: str) -> None:
    ours = links.Signer(BUCKET, links.Keys(access_key="AK", secret_key="SK", token=token), MOMENT).read(
        key, valid_seconds=7200
    )
    request = AWSRequest("GET", f"https://{BUCKET.host}/{quote(key, safe='/-_.~')}")
    S3SigV4QueryAuth(Credentials("AK", "SK", token), "s3", "eu-west-1", expires=7200).add_auth(request)
    theirs = request.url
    assert sorted(ours.split("?")[1].split("&")) == sorted(theirs.split("?")[1].split("&"))
    assert ours.split("?")[0] == theirs.split("?")[0]


@pytest.mark.parametrize("token", [None, "token"])
def test_a_form_is_what_botocore_signs(token: str | None) -> None:
    signer = links.Signer(BUCKET, links.Keys(access_key="AK", secret_key="SK", token=token), MOMENT)
    form = signer.upload(
        "uploads/1", content_type="image/png", size=9, expires=MOMENT + timedelta(minutes=15)
    )
    policy = json.loads(base64.b64decode(form.fields["policy"]))
    assert policy["expiration"] == "2026-11-23T10:45:00Z"
    assert ["content-length-range", 9, 9] in policy["conditions"]
    assert {"key": "uploads/1"} in policy["conditions"]
    assert {"Content-Type": "image/png"} in policy["conditions"]
    # botocore appends its own conditions and signs what comes out.
    request = AWSRequest("POST", form.url)
    own = [
        c for c in policy["conditions"] if not (isinstance(c, dict) and next(iter(c)).startswith("x-amz-"))
    ]
    request.context["s3-presign-post-fields"] = {"key": "uploads/1", "Content-Type": "image/png"}
    request.context["s3-presign-post-policy"] = {"expiration": policy["expiration"], "conditions": own}
    S3SigV4PostAuth(Credentials("AK", "SK", token), "s3", "eu-west-1").add_auth(request)
    assert request.context["s3-presign-post-fields"] == form.fields


def test_links_of_the_same_half_hour_are_the_same() -> None:
    with mock.patch("gallery.links.datetime", wraps=datetime) as clock:
        seen = set()
        for minute in (0, 15, 29, 30):
            clock.now.return_value = MOMENT + timedelta(minutes=minute)
            seen.add(links.read_link(links.read_links(), "k"))
    assert len(seen) == 2


def test_the_bucket_is_found_where_the_endpoint_is() -> None:
    bucket = links.media_bucket()
    assert bucket.path == f"/{settings.MEDIA_BUCKET}/", "an IP address has no bucket in its host"
