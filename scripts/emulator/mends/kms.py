"""AWS KMS."""

from __future__ import annotations

import json
from typing import Any

from scripts.emulator.mends.mend import mend, wrap_on

_DEFAULT_PERIOD_DAYS = 365


@mend("kms", reason="The rotation period is forgotten; Terraform waits for it to be read back and times out.")
def rotation_period() -> None:
    """Keep the period with the key and tell it while rotation is on."""
    from moto.kms.responses import KmsResponse

    def key_of(backend: Any, key_id: str) -> Any:
        return backend.keys[backend.get_key_id(key_id)]

    @wrap_on(KmsResponse)
    def enable_key_rotation(moto: Any, self: Any) -> Any:
        answer = moto(self)
        key = key_of(self.kms_backend, self._get_param("KeyId"))
        key.rotation_period = self._get_param("RotationPeriodInDays") or _DEFAULT_PERIOD_DAYS
        return answer

    @wrap_on(KmsResponse)
    def get_key_rotation_status(moto: Any, self: Any) -> str:
        status = json.loads(moto(self))
        if status["KeyRotationEnabled"]:
            key = key_of(self.kms_backend, self._get_param("KeyId"))
            status["RotationPeriodInDays"] = getattr(key, "rotation_period", _DEFAULT_PERIOD_DAYS)
        return json.dumps(status)
