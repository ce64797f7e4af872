"""Amazon S3."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from scripts.emulator.mends.mend import add_to, mend, wrap_on


@mend(
    "s3",
    reason="Emptying a bucket whose versioning was suspended, as a destroy does, fails on its delete markers.",
)
def delete_marker_disposal() -> None:
    """Let a delete marker be disposed of: it holds nothing."""
    from moto.s3.models import FakeDeleteMarker

    @add_to(FakeDeleteMarker)
    def dispose(self: Any, **_options: bool) -> None:
        """Do nothing."""


@mend("s3", reason="The notification to EventBridge is kept but not told, so every plan would add it again.")
def notification_to_eventbridge() -> None:
    """Tell it in GetBucketNotificationConfiguration."""
    from moto.s3.responses import S3Response

    element = "<EventBridgeConfiguration></EventBridgeConfiguration>"

    @wrap_on(S3Response)
    def get_bucket_notification(moto: Any, self: Any) -> Any:
        answer = moto(self)
        kept = self.backend.get_bucket_notification_configuration(self.bucket_name)
        if kept is None or kept.event_bridge is None:
            return answer
        status, headers, body = answer
        text = body.decode() if isinstance(body, bytes) else body
        text = re.sub(
            r"(<NotificationConfiguration[^>]*?)(?:/>|>(.*)</NotificationConfiguration>)",
            lambda found: f"{found[1]}>{found[2] or ''}{element}</NotificationConfiguration>",
            text,
            flags=re.DOTALL,
        )
        return status, {name: value for name, value in headers.items() if name.lower() != "content-length"}, text


@mend(
    "s3",
    reason="A Deny whose condition does not hold is read as a denial: nobody could use a bucket that asks for TLS.",
)
def conditions_of_bucket_policies() -> None:
    """Judge by the statements whose conditions hold for a caller of this account, over TLS as AWS has it."""
    from moto.iam.access_control import IAMPolicy, PermissionResult
    from moto.s3.models import FakeBucket

    @wrap_on(FakeBucket)
    def get_permission(_moto: Any, self: Any, action: str, resource: str) -> Any:
        if self.policy is None:
            return PermissionResult.NEUTRAL
        caller = {
            "aws:securetransport": "true",
            "s3:tlsversion": "1.3",
            "aws:principalaccount": self.account_id,
            "aws:sourceaccount": self.account_id,
        }
        document = json.loads(self.policy)
        statements = document["Statement"]
        holding = [
            {name: value for name, value in statement.items() if name != "Condition"}
            for statement in (statements if isinstance(statements, list) else [statements])
            if _holds(statement.get("Condition", {}), caller)
        ]
        if not holding:
            return PermissionResult.NEUTRAL
        return IAMPolicy(json.dumps({**document, "Statement": holding})).is_action_permitted(action, resource)


def _holds(condition: dict[str, dict[str, Any]], caller: dict[str, str]) -> bool:
    """Say whether every test of a condition holds; one on what is not known of the caller does not."""
    tests: dict[str, Callable[[str, list[str]], bool]] = {
        "Bool": lambda actual, wanted: actual in wanted,
        "StringEquals": lambda actual, wanted: actual in wanted,
        "StringNotEquals": lambda actual, wanted: actual not in wanted,
        "NumericLessThan": lambda actual, wanted: float(actual) < float(wanted[0]),
    }
    return all(
        operator in tests
        and key.lower() in caller
        and tests[operator](caller[key.lower()], wanted if isinstance(wanted, list) else [wanted])
        for operator, pairs in condition.items()
        for key, wanted in pairs.items()
    )
