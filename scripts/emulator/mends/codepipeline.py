"""AWS CodePipeline."""

from __future__ import annotations

from typing import Any

from scripts.emulator.mends.mend import mend


@mend("codepipeline", reason="Times are told as text where the protocol has numbers, which Terraform's SDK can't read.")
def numeric_times() -> None:
    """Tell when a pipeline was created and updated in seconds since the epoch."""
    from moto.codepipeline.models import CodePipeline

    def metadata(self: Any) -> dict[str, Any]:
        return {
            "pipelineArn": self._arn,
            "created": self._created.timestamp(),
            "updated": self._updated.timestamp(),
        }

    CodePipeline.metadata = property(metadata)  # type: ignore[assignment,method-assign]  # a property over a property
