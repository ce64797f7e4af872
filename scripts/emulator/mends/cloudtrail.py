"""AWS CloudTrail."""

from __future__ import annotations

from typing import Any

from scripts.emulator.mends.mend import mend, wrap_on


@mend("cloudtrail", reason="DeleteTrail by ARN, as Terraform deletes, answers success and leaves the trail.")
def deletion_by_arn() -> None:
    """Delete a trail by its name or its ARN."""
    from moto.cloudtrail.models import CloudTrailBackend

    @wrap_on(CloudTrailBackend)
    def delete_trail(moto: Any, self: Any, name: str) -> None:
        moto(self, name.rsplit(":trail/", 1)[-1])
