"""Application Auto Scaling."""

from __future__ import annotations

import json
from typing import Any

from scripts.emulator.mends import tags
from scripts.emulator.mends.mend import mend, wrap_on


@mend(
    "application-autoscaling",
    reason="Tags are absent; the provider gives every resource its default tags and reads them back.",
)
def scalable_target_tags() -> None:
    """Keep the tags of scalable targets, from their registration on."""
    from moto.applicationautoscaling.responses import ApplicationAutoScalingResponse

    tags.add_methods(ApplicationAutoScalingResponse, arn="ResourceARN", sent="Tags", keys="TagKeys", as_map=True)

    @wrap_on(ApplicationAutoScalingResponse)
    def register_scalable_target(moto: Any, self: Any) -> Any:
        answer = moto(self)
        if self._get_param("Tags"):
            tags.put(json.loads(answer)["ScalableTargetARN"], self._get_param("Tags"))
        return answer
