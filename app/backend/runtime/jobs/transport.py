"""kombu's SQS transport, made to survive a failed poll, and to let a failed job come back later and later.

kombu 5.7.0 stops polling for good after one failed ReceiveMessage: for a 5xx it hands an empty *list* to code
that expects a mapping, and for a 4xx the exception escapes, either ending the worker or (when a timer started
the poll) vanishing with the loop. Here a failed poll is an empty poll, followed by a pause that grows.

A job that raises is not published again: its message stays where it is and becomes visible after a pause, so
that SQS counts its receives and moves it to the dead-letter queue when there were too many.
"""

from __future__ import annotations

import random
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError
from kombu.asynchronous.aws.sqs.connection import AsyncSQSConnection
from kombu.log import get_logger
from kombu.transport import SQS, TRANSPORT_ALIASES
from kombu.transport.SQS.exceptions import UndefinedQueueException

from runtime.jobs import heartbeat

_log = get_logger(__name__)

_POLL_PAUSE_SECONDS_MAX: Final = 30
_RETRY_SECONDS: Final = 10
_RETRY_SECONDS_MAX: Final = 15 * 60


class FailedPoll(dict[str, Any]):
    """What a poll brought that brought nothing but an error; an empty mapping to kombu."""


def poll_pause_seconds(failures: int) -> float:
    """Give the pause after failed polls in a row: 1 s, doubled each time up to 30 s, up to half of it off."""
    return random.uniform(0.5, 1) * min(2 ** min(failures - 1, 8), _POLL_PAUSE_SECONDS_MAX)  # noqa: S311 - not a secret


def retry_pause_seconds(receives: int) -> int:
    """Give the pause before a job's next try: 10 s, tripled each time up to 15 min, up to half of it off."""
    longest = min(_RETRY_SECONDS * 3 ** min(receives - 1, 8), _RETRY_SECONDS_MAX)
    return round(longest * random.uniform(0.5, 1))  # noqa: S311 - not a secret


class Connection(AsyncSQSConnection):
    """The connection that polls."""

    def _on_list_ready(self, parent: Any, markers: Any, operation: str, response: Any) -> Any:
        try:
            answer = super()._on_list_ready(parent, markers, operation, response)
        except Exception as error:  # noqa: BLE001 - kombu raises bare Exception, and none may end the polling
            _log.error("SQS refused %s: %s", operation, error)
            return FailedPoll()
        if isinstance(answer, dict):
            return answer
        _log.error("SQS answered %s with %s", operation, response.status)
        return FailedPoll()


class QoS(SQS.QoS):
    """What happens to a message that a job did not finish."""

    def reject(self, delivery_tag: str, requeue: bool = False) -> None:  # noqa: FBT001 - kombu's signature
        """Let the message be delivered again after a pause; at once where the worker was at fault."""
        message = None if requeue else self._delivered.get(delivery_tag)
        super().reject(delivery_tag, requeue=requeue)
        if message is not None:
            self.channel.deliver_again(message)


class Channel(SQS.Channel):
    """The channel that a worker consumes from."""

    QoS = QoS
    _failures = 0

    def asynsqs(self, queue: str | None = None) -> AsyncSQSConnection:
        """Give the connection that polls a queue."""
        connection = super().asynsqs(queue=queue)
        # kombu names its class in the middle of a long method; the two differ in methods only.
        connection.__class__ = Connection
        return connection

    def _schedule_queue(self, queue: str) -> None:
        # Also where every slot is taken and nothing is polled for: jobs have time limits, so that ends.
        heartbeat.beat()
        super()._schedule_queue(queue)

    def _on_messages_ready(self, queue: str, qname: str, messages: dict[str, Any]) -> int:
        self._failures = self._failures + 1 if isinstance(messages, FailedPoll) else 0
        try:
            count: int = super()._on_messages_ready(queue, qname, messages)
        except Exception:  # noqa: BLE001 - none may end the polling
            # What was not started comes back after the visibility timeout.
            _log.exception("A message could not be started")
            return 0
        return count

    def _loop1(self, queue: str, messages_fetched: int | None = None) -> None:
        if self._failures and queue in self._active_queues:
            pause = poll_pause_seconds(self._failures)
            _log.warning("%d failed polls in a row, the next one in %.1f s", self._failures, pause)
            self.hub.call_later(  # type: ignore[union-attr] # there is one, or nothing would poll
                pause, self._schedule_queue, queue
            )
            return
        super()._loop1(queue, messages_fetched)

    def _put(self, queue: str, message: dict[str, Any], **kwargs: Any) -> None:
        if not message.get("redelivered"):
            super()._put(queue, message, **kwargs)
            return
        try:
            super()._put(queue, message, **kwargs)
        except (BotoCoreError, ClientError) as error:
            # The visibility timeout gives it back too, only later; kombu would let this end the worker.
            _log.warning("A message could not be given back: %s", error)

    def deliver_again(self, message: Any) -> None:
        """Make a rejected message visible after a pause that grows with the times it was received."""
        try:
            sqs_message = message.delivery_info["sqs_message"]
            receives = int(sqs_message["Attributes"]["ApproximateReceiveCount"])
            self.sqs(queue=message.delivery_info["routing_key"]).change_message_visibility(
                QueueUrl=message.delivery_info["sqs_queue"],
                ReceiptHandle=sqs_message["ReceiptHandle"],
                VisibilityTimeout=retry_pause_seconds(receives),
            )
        except (BotoCoreError, ClientError, KeyError, UndefinedQueueException) as error:
            _log.warning("The pause of a failed job stays the queue's own: %r", error)


class Transport(SQS.Transport):
    """The transport with that channel."""

    Channel = Channel


def register() -> None:
    """Let broker URLs that begin with sqs:// use this transport."""
    TRANSPORT_ALIASES["sqs"] = f"{__name__}:Transport"
