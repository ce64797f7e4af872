"""Amazon S3."""

from __future__ import annotations

import re
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
