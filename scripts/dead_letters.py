"""Jobs that failed too often: look at them, give them back to the workers, or drop them.

SQS moves a message that was received too many times to the dead-letter queue, where it stays until its retention ends.
Nothing here takes a message away before a copy of it is safe elsewhere: a run that is stopped half-way may leave a job in
both queues, never in none, and jobs that run twice do no harm (docs/lessons.md).
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING, Any, Self

from botocore.exceptions import BotoCoreError, ClientError

from scripts import operations
from scripts.environments import Environment
from scripts.errors import OperatorError, UsageError

if TYPE_CHECKING:
    from types_boto3_sqs import SQSClient
    from types_boto3_sqs.type_defs import MessageTypeDef

_HIDDEN_SECONDS = 300
"""How long a letter stays hidden from others if this process dies while it looks at it."""
_AT_ONCE = 10
"""The most messages that SQS gives or takes in one call."""


class DeadLetterError(OperatorError):
    """Report that the queues can't be asked, or did not do what was asked."""


@dataclass(frozen=True, kw_only=True)
class Job:
    """What Celery wrote about a job: the task's name, its id, arguments, and when it loses its meaning."""

    task: str
    id: str
    arguments: tuple[Any, ...] | None
    """None where they are written in a format that can run code when it is read (pickle), or in none that is known."""
    keywords: dict[str, Any] | None
    described: str
    """The arguments as Celery itself abbreviates them."""
    expires: str | None
    retries: int

    @property
    def has_expired(self) -> bool:
        """Say whether a worker would discard it unread."""
        try:
            moment = datetime.fromisoformat(self.expires or "")
        except ValueError:
            return False
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) < datetime.now(UTC)


@dataclass(frozen=True, kw_only=True)
class Letter:
    """One message of the dead-letter queue; `job` is None where Celery did not write it."""

    id: str
    sent_at: datetime
    body: str
    job: Job | None
    message: MessageTypeDef = field(repr=False)

    @property
    def task(self) -> str:
        """Name what it asked for."""
        return self.job.task if self.job else "(not written by Celery)"

    def document(self) -> dict[str, Any]:
        """Describe it as data."""
        job = self.job
        return {
            "id": self.id,
            "sent_at": self.sent_at.isoformat(),
            "task": job.task if job else None,
            "job": job.id if job else None,
            "args": list(job.arguments) if job and job.arguments is not None else None,
            "kwargs": job.keywords if job else None,
            "described": job.described if job else None,
            "expires": job.expires if job else None,
            "expired": job.has_expired if job else False,
            "body": self.body,
        }


@dataclass(frozen=True, kw_only=True)
class Queues:
    """The queue of jobs and its dead-letter queue, with the client that reaches them."""

    client: SQSClient = field(repr=False)
    tasks_name: str
    tasks_url: str
    dead_name: str
    dead_url: str


@dataclass(frozen=True, kw_only=True)
class Depth:
    """How many messages a queue holds, about: ready, hidden while somebody has them, and not due yet."""

    ready: int
    hidden: int
    delayed: int

    @property
    def total(self) -> int:
        """Return all of them."""
        return self.ready + self.hidden + self.delayed


def open_queues(environment: Environment) -> Queues:
    """Find the queues of an applied environment; raise OperatorError where it has none or can't be reached."""
    operations.refuse_unless_running(environment, "dlq")
    workplace = operations.open_workplace(environment)
    outputs = workplace.terraform.output()
    if "queues" not in outputs:
        raise DeadLetterError(
            f"{environment.name} has no queues to look at: apply it first (invoke apply --env={environment.name})."
        )
    if outputs["queues"] is None:
        raise DeadLetterError(
            f"{environment.name} runs no workers, so it has no queue and no dead letters: `worker` in its root is null."
        )
    session = workplace.access.session(environment.region)
    client = session.client("sqs", endpoint_url=workplace.access.endpoint)
    names = {purpose: queue["name"] for purpose, queue in outputs["queues"].items()}
    return find_queues(client, tasks=names["tasks"], dead=names["dead"])


def find_queues(client: SQSClient, *, tasks: str, dead: str) -> Queues:
    """Find two queues by name."""
    with _explained(f"find {tasks} and {dead}"):
        return Queues(
            client=client,
            tasks_name=tasks,
            tasks_url=client.get_queue_url(QueueName=tasks)["QueueUrl"],
            dead_name=dead,
            dead_url=client.get_queue_url(QueueName=dead)["QueueUrl"],
        )


def depth(client: SQSClient, url: str) -> Depth:
    """Ask how many messages a queue holds."""
    with _explained(f"count the messages of {url.rsplit('/', 1)[-1]}"):
        found = client.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    return Depth(
        ready=int(found["ApproximateNumberOfMessages"]),
        hidden=int(found["ApproximateNumberOfMessagesNotVisible"]),
        delayed=int(found["ApproximateNumberOfMessagesDelayed"]),
    )


def look(queues: Queues, *, limit: int | None = None, task: str | None = None) -> list[Letter]:
    """Return letters, and put them back at once; meanwhile nobody else sees them."""
    with _explained(f"look into {queues.dead_name}"), _Hand(queues) as hand:
        return list(_chosen(hand, limit=limit, task=task))


def redrive(
    queues: Queues,
    *,
    limit: int | None = None,
    task: str | None = None,
    on_letter: Callable[[Letter], None] | None = None,
) -> list[Letter]:
    """Give letters back to the workers, one after the other; return those that were.

    Each is sent before it is deleted. A job that fails again meanwhile and comes back is left where it is.
    """
    moved: list[Letter] = []
    with _explained(f"give the jobs of {queues.dead_name} back to {queues.tasks_name}"), _Hand(queues) as hand:
        for letter in _chosen(hand, limit=limit, task=task):
            sent = queues.client.send_message(QueueUrl=queues.tasks_url, **_copy(letter.message))
            hand.seen.add(sent["MessageId"])
            hand.delete(letter)
            moved.append(letter)
            if on_letter is not None:
                on_letter(letter)
    return moved


def purge(
    queues: Queues,
    *,
    limit: int | None = None,
    task: str | None = None,
    on_letter: Callable[[Letter], None] | None = None,
) -> list[Letter]:
    """Delete letters for good; return what they were. What arrives meanwhile may be deleted too, and is returned too."""
    gone: list[Letter] = []
    with _explained(f"delete the letters of {queues.dead_name}"), _Hand(queues) as hand:
        for letter in _chosen(hand, limit=limit, task=task):
            hand.delete(letter)
            gone.append(letter)
            if on_letter is not None:
                on_letter(letter)
    return gone


def _chosen(hand: _Hand, *, limit: int | None, task: str | None) -> Iterator[Letter]:
    if limit is not None and limit < 0:
        raise UsageError(f"--limit={limit} is no number of messages: give 1 or more, or 0 for all.")
    found = (letter for letter in hand.take() if task is None or letter.task == task)
    return islice(found, limit or None)


class _Hand:
    """Letters that are hidden from others while they are looked at, and shown again afterwards, however it ends."""

    def __init__(self, queues: Queues) -> None:
        self._client, self._url = queues.client, queues.dead_url
        self._receipts: dict[str, str] = {}
        self.seen: set[str] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        receipts = list(self._receipts.values())
        for start in range(0, len(receipts), _AT_ONCE):
            some = enumerate(receipts[start : start + _AT_ONCE])
            # What fails here shows again by itself.
            with contextlib.suppress(ClientError, BotoCoreError):
                self._client.change_message_visibility_batch(
                    QueueUrl=self._url,
                    Entries=[{"Id": str(n), "ReceiptHandle": receipt, "VisibilityTimeout": 0} for n, receipt in some],
                )

    def take(self) -> Iterator[Letter]:
        """Yield every letter once, until the queue gives none that is new."""
        while True:
            messages = self._client.receive_message(
                QueueUrl=self._url,
                MaxNumberOfMessages=_AT_ONCE,
                VisibilityTimeout=_HIDDEN_SECONDS,
                WaitTimeSeconds=1,  # without waiting SQS asks some of its servers only
                MessageSystemAttributeNames=["All"],
                MessageAttributeNames=["All"],
            ).get("Messages", [])
            for message in messages:
                self._receipts[message["MessageId"]] = message["ReceiptHandle"]
            fresh = [message for message in messages if message["MessageId"] not in self.seen]
            self.seen |= {message["MessageId"] for message in fresh}
            yield from (_letter(message) for message in fresh)
            if not fresh:
                return

    def delete(self, letter: Letter) -> None:
        self._client.delete_message(QueueUrl=self._url, ReceiptHandle=self._receipts[letter.id])
        del self._receipts[letter.id]


def _letter(message: MessageTypeDef) -> Letter:
    sent = int(message.get("Attributes", {}).get("SentTimestamp", "0")) / 1000
    return Letter(
        id=message["MessageId"],
        sent_at=datetime.fromtimestamp(sent, UTC),
        body=message["Body"],
        job=read_job(message["Body"]),
        message=message,
    )


def read_job(body: str) -> Job | None:
    """Read what Celery wrote (message protocol 2, with or without kombu's base64 around it), or return None.

    Nothing but JSON is decoded: a pickle runs code when it is read.
    """
    envelope = _json(body)
    if envelope is None:
        envelope = _json(_unbase64(body))
    if not isinstance(envelope, dict) or not isinstance(envelope.get("headers"), dict):
        return None
    headers, properties = envelope["headers"], envelope.get("properties") or {}
    if not isinstance(headers.get("task"), str) or not isinstance(properties, dict):
        return None
    content = envelope.get("body")
    if properties.get("body_encoding") == "base64":
        content = _unbase64(content)
    written = _json(content) if envelope.get("content-type") == "application/json" else None
    arguments: tuple[Any, ...] | None = None
    keywords: dict[str, Any] | None = None
    if (
        isinstance(written, list)
        and len(written) >= 2
        and isinstance(written[0], list)
        and isinstance(written[1], dict)
    ):
        arguments, keywords = tuple(written[0]), written[1]
    retries = headers.get("retries")
    return Job(
        task=headers["task"],
        id=str(headers.get("id", "")),
        arguments=arguments,
        keywords=keywords,
        described=f"{headers.get('argsrepr') or '()'} {headers.get('kwargsrepr') or '{}'}",
        expires=headers["expires"] if isinstance(headers.get("expires"), str) else None,
        retries=retries if isinstance(retries, int) else 0,
    )


def _json(text: object) -> Any:
    try:
        return json.loads(text) if isinstance(text, str) else None
    except (ValueError, RecursionError):
        return None


def _unbase64(text: object) -> str | None:
    try:
        return base64.b64decode(text, validate=True).decode() if isinstance(text, str) else None
    except (binascii.Error, ValueError):
        return None


def _copy(message: MessageTypeDef) -> dict[str, Any]:
    """Return what to send so that the copy is the same: body, attributes, and the trace it belongs to."""
    copy: dict[str, Any] = {"MessageBody": message["Body"]}
    if attributes := message.get("MessageAttributes"):
        kept = ("DataType", "StringValue", "BinaryValue")
        copy["MessageAttributes"] = {
            name: {key: value[key] for key in kept if key in value}  # type: ignore[literal-required]
            for name, value in attributes.items()
        }
    if trace := message.get("Attributes", {}).get("AWSTraceHeader"):
        copy["MessageSystemAttributes"] = {"AWSTraceHeader": {"DataType": "String", "StringValue": trace}}
    return copy


@contextlib.contextmanager
def _explained(what: str) -> Iterator[None]:
    try:
        yield
    except (ClientError, BotoCoreError) as error:
        raise DeadLetterError(
            f"It was not possible to {what}, and the command can be repeated once AWS agrees: {error}"
        ) from error
