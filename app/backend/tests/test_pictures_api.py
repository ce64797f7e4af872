"""The API of pictures, against a real database."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any
from unittest import mock

import pytest
from django.test import Client
from kombu.exceptions import OperationalError

from accounts.models import User
from gallery import services
from gallery.models import Picture

pytestmark = pytest.mark.django_db


@pytest.fixture
def ann() -> User:
    return User.objects.create_user("ann", password="a-password-of-anns")


@pytest.fixture
def as_ann(ann: User) -> Client:
    client = Client()
    client.force_login(ann)
    return client


@pytest.fixture
def published() -> Iterator[mock.Mock]:
    """Watch what is published, without a queue."""
    with mock.patch("gallery.tasks.develop.delay") as delay:
        yield delay


ANNOUNCEMENT = {"title": "A lake", "filename": "lake.jpg", "content_type": "image/jpeg", "size": 1234}


def announce(client: Client, **changes: Any) -> Any:
    return client.post("/api/pictures", {**ANNOUNCEMENT, **changes}, content_type="application/json")


def picture(owner: User, **fields: Any) -> Picture:
    return Picture.objects.create(
        **{
            "owner": owner,
            "title": "A lake",
            "filename": "lake.jpg",
            "content_type": "image/jpeg",
            "size": 1,
            **fields,
        }
    )


def test_announcing_gives_a_form_for_exactly_this_file(as_ann: Client) -> None:
    answer = announce(as_ann)
    assert answer.status_code == 201
    document = answer.json()
    assert document["picture"]["status"] == "processing"
    assert document["picture"]["owner"] == "ann"
    assert document["upload"]["fields"]["key"] == f"uploads/{document['picture']['id']}"
    assert document["upload"]["fields"]["Content-Type"] == "image/jpeg"


@pytest.mark.parametrize(
    ("field", "value"),
    [("size", 0), ("size", services.UPLOAD_BYTES_MAX + 1), ("content_type", "text/html"), ("title", "")],
)
def test_what_cannot_be_a_picture_is_refused_by_field(as_ann: Client, field: str, value: object) -> None:
    answer = announce(as_ann, **{field: value})
    assert answer.status_code == 400
    assert list(answer.json()) == [field]


def test_strangers_may_look_and_not_touch(ann: User) -> None:
    shown = picture(ann, status=Picture.Status.READY)
    stranger = Client()
    assert stranger.get("/api/pictures").status_code == 200
    assert stranger.get(f"/api/pictures/{shown.pk}").status_code == 200
    assert announce(stranger).status_code == 401
    assert stranger.post(f"/api/pictures/{shown.pk}/confirm").status_code == 401
    assert stranger.delete(f"/api/pictures/{shown.pk}").status_code == 401


def test_pictures_of_others_are_neither_confirmed_nor_removed(as_ann: Client) -> None:
    bob = User.objects.create_user("bob")
    theirs = picture(bob, status=Picture.Status.READY)
    assert as_ann.post(f"/api/pictures/{theirs.pk}/confirm").status_code == 404
    assert as_ann.delete(f"/api/pictures/{theirs.pk}").status_code == 404


def test_a_list_shows_what_is_ready_and_ones_own_work(ann: User, as_ann: Client) -> None:
    bob = User.objects.create_user("bob")
    for owner in (ann, bob):
        for status in Picture.Status:
            picture(owner, status=status, title=f"{owner.username} {status.value}")
    seen = {entry["title"] for entry in as_ann.get("/api/pictures").json()["results"]}
    assert seen == {"ann processing", "ann ready", "ann failed", "bob ready"}
    seen = {entry["title"] for entry in Client().get("/api/pictures").json()["results"]}
    assert seen == {"ann ready", "bob ready"}


def test_pages_follow_each_other_without_gaps(ann: User) -> None:
    for number in range(30):
        picture(ann, status=Picture.Status.READY, title=str(number))
    first = Client().get("/api/pictures").json()
    second = Client().get(first["next"]).json()
    assert [entry["title"] for entry in first["results"] + second["results"]] == [
        str(n) for n in reversed(range(30))
    ]
    assert second["next"] is None


def test_a_list_takes_one_query(ann: User, django_assert_num_queries: Any) -> None:
    for _ in range(3):
        picture(ann, status=Picture.Status.READY)
    with django_assert_num_queries(1):
        Client().get("/api/pictures")


def test_a_developed_picture_has_links_that_stay_the_same(ann: User) -> None:
    shown = picture(ann, status=Picture.Status.READY)
    first = Client().get(f"/api/pictures/{shown.pk}").json()["thumbnails"]
    assert set(first) == {"small", "large"}
    assert f"/thumbnails/{shown.pk}/small.webp?" in first["small"]
    assert Client().get(f"/api/pictures/{shown.pk}").json()["thumbnails"] == first


def test_confirming_publishes_after_the_commit_and_may_be_repeated(
    ann: User, as_ann: Client, published: mock.Mock, django_capture_on_commit_callbacks: Any
) -> None:
    waiting = picture(ann)
    with django_capture_on_commit_callbacks(execute=True):
        assert as_ann.post(f"/api/pictures/{waiting.pk}/confirm").status_code == 202
        published.assert_not_called()
    published.assert_called_once_with(str(waiting.pk))
    with django_capture_on_commit_callbacks(execute=True):
        assert as_ann.post(f"/api/pictures/{waiting.pk}/confirm").json()["status"] == "processing"
    assert published.call_count == 2
    Picture.objects.update(status=Picture.Status.READY)
    with django_capture_on_commit_callbacks(execute=True):
        assert as_ann.post(f"/api/pictures/{waiting.pk}/confirm").json()["status"] == "ready"
    assert published.call_count == 2


@pytest.mark.django_db(transaction=True)
def test_a_queue_that_is_away_is_503_and_the_picture_can_be_confirmed_later(
    ann: User, as_ann: Client, published: mock.Mock
) -> None:
    waiting = picture(ann)
    published.side_effect = OperationalError("away")
    answer = as_ann.post(f"/api/pictures/{waiting.pk}/confirm")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    published.side_effect = None
    assert as_ann.post(f"/api/pictures/{waiting.pk}/confirm").status_code == 202


def test_removing_takes_the_files_too(
    ann: User, as_ann: Client, aws: Any, django_capture_on_commit_callbacks: Any
) -> None:
    mine = picture(ann, status=Picture.Status.READY)
    s3 = aws.client("s3")
    for key in (
        mine.upload_key,
        services.thumbnail_key(mine.pk, "small"),
        services.thumbnail_key(mine.pk, "large"),
    ):
        s3.put_object(Bucket="gallery-test-media", Key=key, Body=b"x")
    with mock.patch("gallery.tasks.remove_files.delay", side_effect=services.remove_files):
        with django_capture_on_commit_callbacks(execute=True):
            assert as_ann.delete(f"/api/pictures/{mine.pk}").status_code == 204
    assert "Contents" not in s3.list_objects_v2(Bucket="gallery-test-media")


def test_developing_is_done_once_however_often_it_runs(ann: User, aws: Any) -> None:
    from PIL import Image

    buffer = io.BytesIO()
    Image.new("RGB", (800, 600), "teal").save(buffer, "JPEG")
    work = picture(ann, status=Picture.Status.PROCESSING)
    aws.client("s3").put_object(Bucket="gallery-test-media", Key=work.upload_key, Body=buffer.getvalue())
    services.finish(work.pk)
    work.refresh_from_db()
    assert (work.status, work.width, work.height) == ("ready", 800, 600)
    developed_at = work.developed_at
    services.finish(work.pk)
    work.refresh_from_db()
    assert work.developed_at == developed_at


def test_a_file_that_never_came_and_one_that_is_no_picture_fail_with_a_sentence(ann: User, aws: Any) -> None:
    missing = picture(ann, status=Picture.Status.PROCESSING)
    services.finish(missing.pk)
    missing.refresh_from_db()
    assert (missing.status, missing.failure) == ("failed", "The file never arrived in the gallery.")
    text = picture(ann, status=Picture.Status.PROCESSING)
    aws.client("s3").put_object(Bucket="gallery-test-media", Key=text.upload_key, Body=b"not a picture")
    services.finish(text.pk)
    text.refresh_from_db()
    assert (text.status, text.failure) == ("failed", "This file is not a JPEG, PNG, WebP or GIF picture.")


def test_the_sweep_removes_what_was_forgotten_and_asks_again_for_what_is_overdue(
    ann: User, aws: Any, published: mock.Mock
) -> None:
    from datetime import timedelta

    from django.utils import timezone

    now = timezone.now()
    forgotten, fresh = picture(ann), picture(ann)
    overdue = picture(ann, status=Picture.Status.PROCESSING, confirmed_at=now - timedelta(hours=3))
    picture(ann, status=Picture.Status.PROCESSING, confirmed_at=now)
    Picture.objects.filter(pk=forgotten.pk).update(created_at=now - timedelta(days=2))
    aws.client("s3").put_object(Bucket="gallery-test-media", Key=forgotten.upload_key, Body=b"x")
    assert services.sweep() == {"forgotten": 1, "overdue": 1, "sessions": 0}
    published.assert_called_once_with(str(overdue.pk))
    assert not Picture.objects.filter(pk=forgotten.pk).exists()
    assert Picture.objects.filter(pk=fresh.pk).exists()
    with pytest.raises(Exception, match="404"):
        aws.client("s3").head_object(Bucket="gallery-test-media", Key=forgotten.upload_key)


def test_a_seeded_gallery_is_seeded_once(aws: Any) -> None:
    from django.core.management import call_command

    for said in (
        "The account demo has 2 pictures, 2 of them new.",
        "The account demo has 2 pictures, 0 of them new.",
    ):
        output = io.StringIO()
        call_command("seed_gallery", count=2, stdout=output)
        assert output.getvalue().strip() == said
    assert Picture.objects.filter(status=Picture.Status.READY, exif__Make="Gallery").count() == 2
