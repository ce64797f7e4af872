"""AWS CodePipeline."""

from __future__ import annotations

from typing import Any

from scripts.emulator.mends.mend import mend, wrap_property_on


@mend("codepipeline", reason="Times are told as text where the protocol has numbers, which Terraform's SDK can't read.")
def numeric_times() -> None:
    """Tell when a pipeline was created and updated in seconds since the epoch."""
    from moto.codepipeline.models import CodePipeline

    @wrap_property_on(CodePipeline)
    def metadata(_told: Any, self: Any) -> dict[str, Any]:
        return {
            "pipelineArn": self._arn,
            "created": self._created.timestamp(),
            "updated": self._updated.timestamp(),
        }
