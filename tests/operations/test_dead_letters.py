"""Dead letters on a real queue of the embedded AWS, with messages as Celery writes them."""

from __future__ import annotations

import base64
import io
import json
import os
import pickle
import subprocess
import uuid
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError
from invoke.program import Program

import tasks
from scripts import dead_letters
from scripts.dead_letters import DeadLetterError, Queues
from scripts.emulator import control
from scripts.errors import UsageError
from scripts.laptop import builds

if TYPE_CHECKING:
    from types_boto3_sqs import SQSClient

SWEEP = "gallery.tasks.sweep"


def written(task: str = SWEEP, *args: object, expires: str | None = None) -> str:
    """Return a message as Celery 5.6 with kombu 5.7 was seen to write it."""
    job = str(uuid.uuid4())
    callbacks = {"callbacks": None, "errbacks": None, "chain": None, "chord": None}
    body = json.dumps([list(args), {"size": 2}, callbacks]).encode()
    headers = {
        "lang": "py",
        "task": task,
        "id": job,
        "expires": expires,
        "retries": 0,
        "root_id": job,
        "argsrepr": repr(list(args)),
        "kwargsrepr": "{'size': 2}",
    }
    properties = {"correlation_id": job, "delivery_mode": 2, "body_encoding": "base64", "delivery_tag": job}
    return json.dumps(
        {
            "body": base64.b64encode(body).decode(),
            "content-encoding": "utf-8",
            "content-type": "application/json",
            "headers": headers,
            "properties": properties,
        }
    )


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[control.Emulator]:
    home = tmp_path_factory.mktemp("emulator")
    yield control.start(home, account_id="123456789012")
    control.stop(home)


@pytest.fixture
def queues(emulator: control.Emulator) -> Queues:
    """A queue of jobs whose messages are dead after one receive, and its dead-letter queue."""
    client: SQSClient = boto3.client(
        "sqs",
        endpoint_url=emulator.endpoint,
        region_name="eu-west-1",
        aws_access_key_id="emulator",
        aws_secret_access_key="emulator",
    )
    name = f"test-{uuid.uuid4().hex[:8]}-tasks"
    dead = client.create_queue(QueueName=f"{name}-dead")["QueueUrl"]
    arn = client.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    redrive = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 1})
    client.create_queue(QueueName=name, Attributes={"RedrivePolicy": redrive, "VisibilityTimeout": "1"})
    return dead_letters.find_queues(client, tasks=name, dead=f"{name}-dead")


def bury(queues: Queues, *bodies: str, **more: Any) -> None:
    for body in bodies:
        queues.client.send_message(QueueUrl=queues.dead_url, MessageBody=body, **more)


def ready(queues: Queues) -> tuple[int, int]:
    """Count what is ready in the queue of jobs and in the other one."""
    client = queues.client
    return dead_letters.depth(client, queues.tasks_url).ready, dead_letters.depth(client, queues.dead_url).ready


class Faulty:
    """A client of which one operation fails, now and then."""

    def __init__(self, client: Any, operation: str, fault: BaseException, *, after: int = 0) -> None:
        self._client, self._operation, self._fault, self._left = client, operation, fault, after

    def __getattr__(self, name: str) -> Any:  # noqa: D105 - the class says it
        if name == self._operation:
            self._left -= 1
            if self._left < 0:
                raise self._fault
        return getattr(self._client, name)


def faulty(queues: Queues, operation: str, fault: BaseException, *, after: int = 0) -> Queues:
    client: Any = Faulty(queues.client, operation, fault, after=after)
    return Queues(**{**vars(queues), "client": client})


UNAVAILABLE = ClientError({"Error": {"Code": "ServiceUnavailable", "Message": "try later"}}, "SendMessage")


def test_what_celery_itself_publishes_is_readable(queues: Queues, emulator: control.Emulator) -> None:
    python = builds.programs() / "python"
    if not python.exists():
        pytest.skip(
            "the application's packages are not installed yet: the tests of the contract do it, and so does `invoke up`"
        )
    publish = (
        "import django; django.setup(); from config.celery import app;"
        "app.send_task('gallery.tasks.develop', args=['é', 1], kwargs={'size': [2]}, expires=3600)"
    )
    queue = {
        "ALLOWED_HOSTS": "a",
        "API_ORIGIN": "https://a",
        "AWS_REGION": "eu-west-1",
        "CELERY_QUEUE_URL": queues.dead_url,
        "CELERY_TASK_TIME_LIMIT_SECONDS": "10",
        "DJANGO_SECRET_KEY": "x" * 50,
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "MEDIA_BUCKET": "b",
        "SITE_ORIGIN": "https://a",
        "TASK_ROLE": "beat",
    }
    environment = {"PATH": os.defpath, **emulator.environment(), **queue}
    subprocess.run([python, "-c", publish], cwd=builds.BACKEND, env=environment, check=True, capture_output=True)

    (letter,) = dead_letters.look(queues)

    assert letter.job is not None
    assert (letter.task, letter.job.arguments, letter.job.keywords) == (
        "gallery.tasks.develop",
        ("é", 1),
        {"size": [2]},
    )
    assert letter.job.described == "['é', 1] {'size': [2]}"
    assert letter.job.expires is not None
    assert not letter.job.has_expired


def test_a_job_is_readable_with_kombus_base64_around_it_too() -> None:
    plain = written(SWEEP, "a", 1)
    around = dead_letters.read_job(base64.b64encode(plain.encode()).decode())

    assert around is not None
    assert around == dead_letters.read_job(plain)
    assert (around.task, around.arguments, around.keywords) == (SWEEP, ("a", 1), {"size": 2})


def test_a_job_past_its_time_is_told() -> None:
    past, future = (dead_letters.read_job(written(expires=f"{year}-01-01T00:00:00+00:00")) for year in (2020, 2999))

    assert past is not None
    assert future is not None
    assert (past.has_expired, future.has_expired) == (True, False)


class Explosive:
    def __reduce__(self) -> tuple[Callable[..., Any], tuple[str]]:  # noqa: D105 - pickle's own hook
        return (exec, ("raise SystemExit('a pickle was read')",))


def test_a_pickle_is_not_read() -> None:
    message = json.loads(written())
    message["body"] = base64.b64encode(pickle.dumps(Explosive())).decode()
    message["content-type"] = "application/x-python-serialize"

    job = dead_letters.read_job(json.dumps(message))

    assert job is not None
    assert (job.task, job.arguments) == (SWEEP, None)


@pytest.mark.parametrize(
    "body",
    [
        "",
        "hello",
        "[1]",
        "null",
        '{"headers": 1}',
        '{"headers": {}}',
        "[" * 100_000,
        "AAAA",
        "ÿ",
        '{"headers": {"task": 1}}',
        '{"headers": {"task": "t"}, "properties": [1]}',
    ],
)
def test_what_celery_did_not_write_is_no_job(body: str) -> None:
    assert dead_letters.read_job(body) is None


@pytest.mark.parametrize("body", [None, 7, "no base64", base64.b64encode(b"[1, 2]").decode()])
def test_a_job_with_unreadable_arguments_still_has_a_name(body: object) -> None:
    job = dead_letters.read_job(json.dumps({**json.loads(written()), "body": body}))

    assert job is not None
    assert (job.task, job.arguments) == (SWEEP, None)


def test_looking_leaves_everything_in_place(queues: Queues) -> None:
    bury(queues, *(written(SWEEP, number) for number in range(23)))

    first, second = dead_letters.look(queues), dead_letters.look(queues)

    assert len(first) == 23
    assert {letter.id for letter in first} == {letter.id for letter in second}
    assert ready(queues) == (0, 23)


def test_looking_takes_as_many_as_asked_of_the_task_that_is_asked_for(queues: Queues) -> None:
    bury(queues, *(written("other") for _ in range(12)), *(written(SWEEP, number) for number in range(5)))

    found = dead_letters.look(queues, task=SWEEP, limit=3)

    assert [letter.task for letter in found] == [SWEEP] * 3
    assert ready(queues) == (0, 17)
    with pytest.raises(UsageError, match="--limit=-1"):
        dead_letters.look(queues, limit=-1)


def test_a_redriven_message_is_the_same_message(queues: Queues) -> None:
    body = written(SWEEP, "ü\u2028\N{SNOWMAN}")
    attributes = {
        "text": {"DataType": "String", "StringValue": "a"},
        "number": {"DataType": "Number.int", "StringValue": "7"},
        "bytes": {"DataType": "Binary", "BinaryValue": b"\x00\xff"},
    }
    trace = {"AWSTraceHeader": {"DataType": "String", "StringValue": "Root=1-5759e988-bd862e3fe1be46a994272793"}}
    bury(queues, body, MessageAttributes=attributes, MessageSystemAttributes=trace)

    assert len(dead_letters.redrive(queues)) == 1

    (message,) = queues.client.receive_message(
        QueueUrl=queues.tasks_url, MessageAttributeNames=["All"], MessageSystemAttributeNames=["All"]
    )["Messages"]
    assert message["Body"] == body
    assert message["MessageAttributes"] == attributes
    assert message["Attributes"]["AWSTraceHeader"] == trace["AWSTraceHeader"]["StringValue"]


def test_all_are_redriven_and_a_second_time_there_is_nothing_to_do(queues: Queues) -> None:
    bury(queues, *(written(SWEEP, number) for number in range(12)))
    seen: list[str] = []

    moved = dead_letters.redrive(queues, on_letter=lambda letter: seen.append(letter.id))

    assert len(moved) == 12
    assert seen == [letter.id for letter in moved]
    assert ready(queues) == (12, 0)
    assert dead_letters.redrive(queues) == []
    assert ready(queues) == (12, 0)


def test_only_so_many_of_one_task_are_redriven(queues: Queues) -> None:
    bury(queues, *(written("other") for _ in range(11)), *(written(SWEEP) for _ in range(3)))

    assert len(dead_letters.redrive(queues, task=SWEEP, limit=2)) == 2

    assert ready(queues) == (2, 12)


def test_a_letter_that_cannot_be_sent_stays(queues: Queues) -> None:
    bury(queues, *(written(SWEEP, number) for number in range(4)))

    with pytest.raises(DeadLetterError, match="ServiceUnavailable"):
        dead_letters.redrive(faulty(queues, "send_message", UNAVAILABLE, after=2))

    assert ready(queues) == (2, 2)
    assert len(dead_letters.redrive(queues)) == 2
    assert ready(queues) == (4, 0)


@pytest.mark.parametrize(("operation", "both"), [("send_message", (1, 3)), ("delete_message", (2, 3))])
def test_stopping_loses_nothing(operation: str, both: tuple[int, int], queues: Queues) -> None:
    """Between sending and deleting a job is in both queues; the other order would lose it."""
    bury(queues, *(written(SWEEP, number) for number in range(4)))

    with pytest.raises(KeyboardInterrupt):
        dead_letters.redrive(faulty(queues, operation, KeyboardInterrupt(), after=1))

    assert ready(queues) == both


def test_a_job_that_fails_again_at_once_is_not_redriven_for_ever(queues: Queues) -> None:
    bury(queues, written(SWEEP, 1), written(SWEEP, 2))

    def fail(_letter: object) -> None:
        for _ in range(2):  # the second receive is one too many
            queues.client.receive_message(QueueUrl=queues.tasks_url, VisibilityTimeout=0, MaxNumberOfMessages=10)

    assert len(dead_letters.redrive(queues, on_letter=fail)) == 2

    assert sum(ready(queues)) == 2
    assert ready(queues)[1] >= 1


def test_purging_deletes_what_it_returns(queues: Queues) -> None:
    bury(queues, *(written("other", number) for number in range(11)), written(SWEEP), "hello")

    gone = dead_letters.purge(queues, task="other")

    assert len(gone) == 11
    assert ready(queues) == (0, 2)
    assert len(dead_letters.purge(queues)) == 2
    assert ready(queues) == (0, 0)


def test_a_queue_that_is_not_there_is_named(queues: Queues) -> None:
    with pytest.raises(DeadLetterError, match="find a and b"):
        dead_letters.find_queues(queues.client, tasks="a", dead="b")


Verb = Callable[..., tuple[int, str, str]]


@pytest.fixture
def verb(queues: Queues, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Verb:
    monkeypatch.setattr(dead_letters, "open_queues", lambda _environment: queues)
    monkeypatch.setattr("sys.stdin", io.StringIO())

    def run(*words: str) -> tuple[int, str, str]:
        code: int | str | None = 0
        try:
            Program(namespace=tasks.namespace).run(["invoke", *words])
        except SystemExit as end:
            code = end.code
        return int(code or 0), *capsys.readouterr()

    return run


def test_the_verbs_tell_in_text(queues: Queues, verb: Verb) -> None:
    bury(queues, written(SWEEP, "\x1b[2J"), "\x1b[31mhello", written("other", expires="2020-01-01T00:00:00+00:00"))

    code, told, _ = verb("dlq.list", "--env=local")
    assert code == 0
    assert f"     1  {SWEEP}" in told
    assert "expired: a worker would discard it" in told
    assert f"{queues.dead_name} holds 3 of them." in told
    assert "\x1b" not in told

    code, told, _ = verb("dlq.peek", "--env=local", "--limit=5")
    assert code == 0
    assert "args:    []" in told
    assert "\\x1b[31mhello" in told
    assert "\x1b" not in told


def test_the_verbs_tell_a_machine(queues: Queues, verb: Verb) -> None:
    bury(queues, written(SWEEP, 7))

    listed, peeked = (json.loads(verb(name, "--env=local", "--json")[1]) for name in ("dlq.list", "dlq.peek"))

    assert listed["ready"] == 1
    assert listed["letters"] == peeked
    assert peeked[0]["task"] == SWEEP
    assert peeked[0]["args"] == [7]


@pytest.mark.parametrize("name", ["dlq.redrive", "dlq.purge"])
def test_what_changes_something_asks_first(name: str, queues: Queues, verb: Verb) -> None:
    bury(queues, written(), written())

    code, _, said = verb(name, "--env=local")
    assert code == 3
    assert "say --yes" in said
    assert ready(queues) == (0, 2)

    code, told, _ = verb(name, "--env=local", "--yes", "--json")
    assert code == 0
    assert json.loads(told)["left"] == 0
    assert len(json.loads(told)["letters"]) == 2
    assert ready(queues) == (2 if name == "dlq.redrive" else 0, 0)

    code, _, said = verb(name, "--env=local")
    assert code == 0
    assert "is empty" in said
