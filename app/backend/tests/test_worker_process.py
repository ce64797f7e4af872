"""A real worker on a real queue: the whole story, and everything that goes wrong on the way."""

from __future__ import annotations

import io
import json
import os
import random
import signal
import time
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from PIL import Image

from config.celery import app
from tests import conftest, machine

pytestmark = pytest.mark.slow

Worker: TypeAlias = Callable[..., machine.Process]


class Queue:
    """One test's own queue, with short times, and its dead-letter queue."""

    def __init__(self, aws: machine.Aws, *, visibility_seconds: int, receives: int) -> None:
        self.aws = aws
        name = f"test-{uuid.uuid4().hex[:8]}-tasks"
        self.url, self.dead = aws.make_queue(name, visibility_seconds=visibility_seconds, receives=receives)
        self.environment = {"CELERY_QUEUE_URL": self.url}

    def publish(self, task: str, *args: Any, **headers: Any) -> str:
        """Send a job as the app would; give its id."""
        job = str(uuid.uuid4())
        body = [list(args), {}, {"callbacks": None, "errbacks": None, "chain": None, "chord": None}]
        with app.connection() as connection:
            message = {
                "body": json.dumps(body),
                "content-encoding": "utf-8",
                "content-type": "application/json",
                "headers": {
                    "lang": "py",
                    "task": task,
                    "id": job,
                    "root_id": job,
                    "argsrepr": repr(args),
                    **headers,
                },
                "properties": {
                    "correlation_id": job,
                    "delivery_mode": 2,
                    "delivery_info": {"exchange": "", "routing_key": self.url.rsplit("/", 1)[-1]},
                    "body_encoding": "utf-8",
                    "delivery_tag": job,
                },
            }
            assert connection is not None
        self.aws.client("sqs").send_message(QueueUrl=self.url, MessageBody=json.dumps(message))
        return job

    def empty(self) -> bool:
        return self.aws.messages(self.url) == (0, 0)

    def dead_letters(self) -> int:
        return self.aws.messages(self.dead)[0]


@pytest.fixture
def queue(aws: machine.Aws) -> Callable[..., Queue]:
    def make(*, visibility_seconds: int = 4, receives: int = 3) -> Queue:
        return Queue(aws, visibility_seconds=visibility_seconds, receives=receives)

    return make


@pytest.fixture
def database(released: str, postgres: machine.Postgres) -> Iterator[Any]:
    """Look into the database of the app's processes, and leave it empty."""
    with postgres.connect("gallery") as connection:
        yield connection
    # Another one: a test may have restarted the server.
    with postgres.connect("gallery") as connection:
        connection.execute("TRUNCATE gallery_picture, accounts_user CASCADE")


def uploaded(aws: machine.Aws, database: Any, content: bytes | None = None) -> str:
    """Put a picture where a confirmed upload would be; give its id."""
    owner = database.execute(
        "INSERT INTO accounts_user (password, is_superuser, username, first_name, last_name, email, is_staff,"
        " is_active, date_joined) VALUES ('', false, %s, '', '', '', false, true, now()) RETURNING id",
        [uuid.uuid4().hex],
    ).fetchone()[0]
    picture_id = str(uuid.uuid4())
    database.execute(
        "INSERT INTO gallery_picture (id, owner_id, title, filename, content_type, size, status, exif,"
        " created_at, confirmed_at)"
        " VALUES (%s, %s, 'A lake', 'lake.jpg', 'image/jpeg', 1, 'processing', '{}', now(), now())",
        [picture_id, owner],
    )
    aws.client("s3").put_object(Bucket=machine.BUCKET, Key=f"uploads/{picture_id}", Body=content or jpeg())
    return picture_id


def status(database: Any, picture_id: str) -> str:
    found: str = database.execute(
        "SELECT status FROM gallery_picture WHERE id = %s", [picture_id]
    ).fetchone()[0]
    return found


def jpeg() -> bytes:
    buffer = io.BytesIO()
    exif = Image.Exif()
    exif[271] = "Lakeside"
    Image.new("RGB", (1200, 800), "teal").save(buffer, "JPEG", exif=exif)
    return buffer.getvalue()


class Person:
    """Somebody at a browser, as the site behaves."""

    def __init__(self, address: str) -> None:
        import http.cookiejar

        self._address = address
        self._browser = urllib.request.build_opener(
            urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        )
        self._token = ""
        self._token = self.ask("GET", "/api/session")["csrfToken"]

    def ask(self, method: str, path: str, data: object = None) -> Any:
        request = urllib.request.Request(
            self._address + path,
            method=method,
            data=None if data is None else json.dumps(data).encode(),
            headers={
                "Content-Type": "application/json",
                "X-CSRFToken": self._token,
                "X-Request-ID": "the-whole-story",
            },
        )
        with self._browser.open(request, timeout=20) as response:
            body = response.read()
        document = json.loads(body) if body else None
        if isinstance(document, dict) and "csrfToken" in document:
            self._token = document["csrfToken"]
        return document

    def upload(self, form: dict[str, Any], content: bytes) -> int:
        """Send a form with a file, field by field."""
        boundary = uuid.uuid4().hex
        parts = [
            f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
            for name, value in form["fields"].items()
        ]
        parts.append(
            f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="lake.jpg"\r\n'
            f"Content-Type: image/jpeg\r\n\r\n".encode()
        )
        body = b"".join([*parts, content, f"\r\n--{boundary}--\r\n".encode()])
        headers = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
        with urllib.request.urlopen(
            urllib.request.Request(form["url"], data=body, headers=headers)
        ) as response:
            answered: int = response.status
            return answered


def test_the_whole_story(web: Any, worker: Worker, database: Any, aws: machine.Aws) -> None:
    """Sign up, announce, upload to the bucket, confirm; a worker develops; look; remove."""
    address, web_process = web()
    process = worker()
    ann = Person(address)
    assert ann.ask("POST", "/api/users", {"username": "ann", "password": "a-password-of-anns"})["user"] == {
        "username": "ann"
    }
    content = jpeg()
    announced = ann.ask(
        "POST", "/api/pictures",
        {"title": "A lake", "filename": "lake.jpg", "content_type": "image/jpeg", "size": len(content)},
    )  # fmt: skip
    assert ann.upload(announced["upload"], content) in {200, 201, 204}
    path = f"/api/pictures/{announced['picture']['id']}"
    assert ann.ask("POST", f"{path}/confirm")["status"] == "processing"
    picture = machine.eventually(
        lambda: (found := ann.ask("GET", path))["status"] != "processing" and found,
        seconds=15, what=f"a developed picture\n{process.said()}",
    )  # fmt: skip
    assert (picture["status"], picture["width"], picture["exif"]) == ("ready", 1200, {"Make": "Lakeside"})
    for name, pixels in (("small", 480), ("large", 1200)):
        answered, body, headers = machine.get(picture["thumbnails"][name])
        assert (answered, headers["Content-Type"]) == (200, "image/webp")
        assert Image.open(io.BytesIO(body)).size[0] == pixels
    # The request's id is in the lines of the job that it asked for.
    lines = [json.loads(line) for line in process.said().splitlines() if line.startswith("{")]
    job_lines = [line for line in lines if line.get("job_id")]
    assert job_lines
    assert {line["request_id"] for line in job_lines} == {"the-whole-story"}
    ann.ask("DELETE", path)
    s3, prefix = aws.client("s3"), f"thumbnails/{announced['picture']['id']}"
    machine.eventually(
        lambda: "Contents" not in s3.list_objects_v2(Bucket=machine.BUCKET, Prefix=prefix),
        seconds=10, what="no thumbnails",
    )  # fmt: skip
    assert process.end() == 0
    assert web_process.end() == 0


def test_a_job_whose_worker_is_killed_is_done_by_the_next(
    worker: Worker, queue: Any, database: Any, aws: machine.Aws
) -> None:
    jobs = queue(visibility_seconds=4)
    picture_id = uploaded(aws, database)
    held: list[str] = []

    def hold(action: str) -> None:
        if not held and picture_id in action:
            held.append(action)
            time.sleep(3)

    with aws.fault(hold):
        first = worker(**jobs.environment)
        jobs.publish("gallery.tasks.develop", picture_id)
        machine.eventually(lambda: held, seconds=10, what="a job under way")
        os.killpg(first.pid, signal.SIGKILL)
    worker(**jobs.environment)
    machine.eventually(
        lambda: status(database, picture_id) == "ready", seconds=20, what="the picture, by another worker"
    )
    machine.eventually(jobs.empty, seconds=5, what="an empty queue")
    assert jobs.dead_letters() == 0


def test_a_process_that_dies_under_a_job_is_replaced_and_the_job_done(
    worker: Worker, queue: Any, database: Any, aws: machine.Aws
) -> None:
    """As when the kernel kills it for memory."""
    jobs = queue(visibility_seconds=30)
    picture_id = uploaded(aws, database)
    held: list[str] = []

    def hold(action: str) -> None:
        if not held and picture_id in action:
            held.append(action)
            time.sleep(2)

    with aws.fault(hold):
        process = worker(**jobs.environment)
        jobs.publish("gallery.tasks.develop", picture_id)
        machine.eventually(lambda: held, seconds=10, what="a job under way")
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        for child in children:
            os.kill(int(child), signal.SIGKILL)
    machine.eventually(
        lambda: status(database, picture_id) == "ready", seconds=25, what=f"the picture\n{process.said()}"
    )


@pytest.mark.parametrize("poison", ["raises", "unknown", "no job at all"])
def test_poison_ends_in_the_dead_letter_queue_and_nothing_else_waits(
    worker: Worker, queue: Any, database: Any, aws: machine.Aws, poison: str
) -> None:
    # Tried once: the pauses between several tries add up to minutes.
    jobs = queue(visibility_seconds=2, receives=1)
    process = worker(**jobs.environment)
    match poison:
        case "raises":
            jobs.publish("gallery.tasks.develop", "not-an-id")
        case "unknown":
            jobs.publish("gallery.tasks.of_tomorrow")
        case _:
            aws.client("sqs").send_message(QueueUrl=jobs.url, MessageBody="{not json")
    picture_id = uploaded(aws, database)
    jobs.publish("gallery.tasks.develop", picture_id)
    machine.eventually(lambda: status(database, picture_id) == "ready", seconds=10, what="the other job")
    machine.eventually(lambda: jobs.dead_letters() == 1, seconds=20, what=f"a dead letter\n{process.said()}")
    assert jobs.empty()


@pytest.mark.parametrize("fault", [503, 500, 400])
def test_polls_that_fail_do_not_end_the_polling(
    worker: Worker, queue: Any, database: Any, aws: machine.Aws, fault: int
) -> None:
    jobs = queue()
    process = worker(**jobs.environment)
    failed = []

    def refuse(action: str) -> tuple[int, bytes] | None:
        if not action.endswith("ReceiveMessage"):
            return None
        failed.append(action)
        return fault, b'{"__type": "com.amazonaws.sqs#Fault", "message": "not now"}'

    # The poll under way is answered by a message; the polls after it fail.
    with aws.fault(refuse):
        jobs.publish("gallery.tasks.remove_files", str(uuid.uuid4()))
        machine.eventually(lambda: len(failed) >= 3, seconds=20, what=f"three failed polls\n{process.said()}")
    picture_id = uploaded(aws, database)
    jobs.publish("gallery.tasks.develop", picture_id)
    machine.eventually(
        lambda: status(database, picture_id) == "ready",
        seconds=15,
        what=f"a job after that\n{process.said()}",
    )
    assert "failed polls in a row" in process.said()


def test_a_bucket_that_is_away_for_a_moment_delays_a_job_and_no_more(
    worker: Worker, queue: Any, database: Any, aws: machine.Aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs = queue(visibility_seconds=30, receives=5)
    process = worker(**jobs.environment)
    picture_id = uploaded(aws, database)

    def refuse(action: str) -> tuple[int, bytes] | None:
        return (500, b"") if machine.BUCKET in action else None

    with aws.fault(refuse):
        jobs.publish("gallery.tasks.develop", picture_id)
        process.wait_for("raised unexpected", seconds=30)
    assert status(database, picture_id) == "processing"
    # 5 to 10 s after the first failure, and not the 30 s of the queue.
    machine.eventually(lambda: status(database, picture_id) == "ready", seconds=15, what="the second try")


def test_the_database_may_be_away_for_a_while(
    worker: Worker, queue: Any, database: Any, aws: machine.Aws, postgres: machine.Postgres
) -> None:
    jobs = queue(visibility_seconds=30, receives=5)
    process = worker(**jobs.environment)
    picture_id = uploaded(aws, database)
    postgres.stop()
    try:
        jobs.publish("gallery.tasks.develop", picture_id)
        process.wait_for("raised unexpected")
    finally:
        postgres.start()
    with postgres.connect("gallery") as again:
        machine.eventually(
            lambda: status(again, picture_id) == "ready", seconds=20, what=f"the picture\n{process.said()}"
        )


def test_no_job_is_lost_while_workers_are_killed_and_calls_fail(
    worker: Worker, queue: Any, database: Any, aws: machine.Aws
) -> None:
    """One call in twenty answers 503, and every two seconds a worker dies."""
    jobs = queue(visibility_seconds=5, receives=20)
    chance = random.Random(20261123)
    pictures = [uploaded(aws, database) for _ in range(60)]
    for picture_id in pictures:
        jobs.publish("gallery.tasks.develop", picture_id)

    def developed() -> int:
        counted: int = database.execute(
            "SELECT count(*) FROM gallery_picture WHERE status = 'ready'"
        ).fetchone()[0]
        return counted

    with aws.fault(lambda _: (503, b"{}") if chance.random() < 0.05 else None):
        workers = [worker(**jobs.environment) for _ in range(2)]
        for _ in range(3):
            time.sleep(2)
            os.killpg(workers.pop(0).pid, signal.SIGKILL)
            workers.append(worker(**jobs.environment))
        machine.eventually(
            lambda: developed() == len(pictures), seconds=120, what=f"all of them, {developed()} are"
        )
    machine.eventually(jobs.empty, seconds=30, what="an empty queue")
    assert jobs.dead_letters() == 0
    files = aws.client("s3").list_objects_v2(Bucket=machine.BUCKET, Prefix="thumbnails/")["Contents"]
    assert len([file for file in files if file["Key"].split("/")[1] in pictures]) == 2 * len(pictures)


def test_sigterm_lets_a_job_finish(worker: Worker, queue: Any, database: Any, aws: machine.Aws) -> None:
    jobs = queue(visibility_seconds=30)
    picture_id = uploaded(aws, database)
    held: list[str] = []

    def hold(action: str) -> None:
        if not held and picture_id in action:
            held.append(action)
            time.sleep(2)

    with aws.fault(hold):
        process = worker(**jobs.environment)
        jobs.publish("gallery.tasks.develop", picture_id)
        machine.eventually(lambda: held, seconds=10, what="a job under way")
        assert process.end() == 0
    assert status(database, picture_id) == "ready"
    assert jobs.empty()


def test_an_idle_worker_leaves_at_once_and_is_healthy_until_then(
    worker: Worker, queue: Any, run: Any
) -> None:
    process = worker(**queue().environment)
    machine.eventually((process.folder / "worker-last-poll").exists, seconds=15, what="a completed poll")
    assert process.end() == 0


def test_a_worker_makes_no_queue_and_lists_none(
    worker: Worker, queue: Any, database: Any, aws: machine.Aws
) -> None:
    """The worker's role has neither right."""
    jobs = queue()
    aws.calls.clear()
    picture_id = uploaded(aws, database)
    worker(**jobs.environment)
    jobs.publish("gallery.tasks.develop", picture_id)
    machine.eventually(lambda: status(database, picture_id) == "ready", seconds=15, what="the picture")
    used = {call.removeprefix("AmazonSQS.") for call in aws.calls if call.startswith("AmazonSQS.")}
    assert used <= {
        "ReceiveMessage",
        "DeleteMessage",
        "ChangeMessageVisibility",
        "GetQueueAttributes",
        "SendMessage",
    }


def test_beat_starts_without_a_database_and_sends_to_the_queue(
    run: Any, aws: machine.Aws, tmp_path: Any
) -> None:
    beat = run("beat", "celery", "--app=config", "beat", f"--schedule={tmp_path}/schedule", "--pidfile=")
    beat.wait_for("beat: Starting...")
    assert beat.end() == 0
    assert "DATABASE_HOST" not in conftest.environment("beat")
