"""Amazon CloudWatch."""

from __future__ import annotations

from typing import Any

from scripts.emulator.mends.mend import add_to, mend


@mend("cloudwatch", reason="PutCompositeAlarm is absent, though its alarms have a place in the model.")
def composite_alarms() -> None:
    """Put a composite alarm the way moto puts any alarm: it keeps the rule."""
    from moto.cloudwatch.responses import CloudWatchResponse

    @add_to(CloudWatchResponse)
    def put_composite_alarm(self: Any) -> Any:
        return self.put_metric_alarm()
