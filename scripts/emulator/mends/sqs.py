"""Amazon SQS."""

from __future__ import annotations

import json
import time
from typing import Any

from scripts.emulator.mends.mend import mend, wrap_on, wrap_property_on
from scripts.emulator.turn import TURN


@mend("sqs", reason="The redrive-allow policy of a dead-letter queue is not told, so every plan would set it again.")
def redrive_allow_policy() -> None:
    """Tell the redrive-allow policy where there is one."""
    from moto.sqs.models import Queue

    Queue.redrive_allow_policy = None  # type: ignore[attr-defined]  # what a queue without one has
    Queue.BASE_ATTRIBUTES = [*Queue.BASE_ATTRIBUTES, "RedriveAllowPolicy"]

    @wrap_property_on(Queue)
    def attributes(answer: dict[str, Any], _self: Any) -> dict[str, Any]:
        if not answer.get("RedriveAllowPolicy"):
            answer.pop("RedriveAllowPolicy", None)
        return answer


@mend("sqs", reason="Setting any attribute of a queue removes its policy.")
def policy_survives_other_attributes() -> None:
    """Keep the policy unless the request names it."""
    from moto.sqs.models import Queue

    @wrap_on(Queue)
    def _set_attributes(moto: Any, self: Any, attributes: dict[str, Any], now: float | None = None) -> None:
        kept = getattr(self, "policy", None)
        moto(self, attributes, now)
        if "Policy" not in attributes:
            self.policy = kept


@mend("sqs", reason="The redrive policy comes back with other spaces than it was set with, which some readers compare.")
def compact_redrive_policy() -> None:
    """Tell the redrive policy without spaces, as AWS does."""
    from moto.sqs.models import Queue

    @wrap_property_on(Queue)
    def attributes(answer: dict[str, Any], self: Any) -> dict[str, Any]:
        if answer.get("RedrivePolicy"):
            answer["RedrivePolicy"] = json.dumps(self.redrive_policy, separators=(",", ":"))
        return answer


@mend(
    "sqs",
    reason="A long poll waits inside the one turn that all requests take, so an idle Celery worker would hold up "
    "every other caller for 20 s.",
)
def long_poll_gives_its_turn_away() -> None:
    """Wait for messages on TURN instead of in it."""
    from moto.sqs.models import SQSBackend

    look_again_seconds = 0.5  # a delayed or again-visible message comes without a request that would wake the poll

    @wrap_on(SQSBackend)
    def receive_message(
        moto: Any,
        self: Any,
        queue_name: str,
        count: int,
        wait_seconds_timeout: int,
        visibility_timeout: int,
        message_attribute_names: list[str] | None = None,
    ) -> Any:
        end = time.monotonic() + wait_seconds_timeout
        while True:
            messages = moto(self, queue_name, count, 0, visibility_timeout, message_attribute_names)
            left = end - time.monotonic()
            if messages or left <= 0:
                return messages
            TURN.wait(min(look_again_seconds, left))
