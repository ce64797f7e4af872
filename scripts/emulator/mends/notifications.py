"""AWS CodeStar Notifications."""

from __future__ import annotations

import time
import uuid
from typing import Any

from scripts.emulator.mends import services, store
from scripts.emulator.mends.mend import mend

_CHANGEABLE = ("Name", "Status", "DetailType")


@mend("codestar-notifications", reason="The service is absent; a failed pipeline tells the team through it.")
def notification_rules() -> None:
    """Keep notification rules."""
    from moto.core.exceptions import JsonRESTError
    from moto.core.responses import ActionResult, BaseResponse, EmptyResult

    class NotificationsResponse(BaseResponse):
        def __init__(self) -> None:
            super().__init__(service_name="codestar-notifications")
            self.automated_parameter_parsing = True

        def _rules(self) -> dict[str, Any]:
            return store.values("codestar-notifications", self.current_account, self.region, "notification_rules")

        def _find(self) -> dict[str, Any]:
            arn = self._get_param("Arn")
            found: dict[str, Any] | None = self._rules().get(arn)
            if found is None:
                raise JsonRESTError("ResourceNotFoundException", f"Notification rule {arn} does not exist")
            return found

        def _take(self, rule: dict[str, Any]) -> None:
            rule.update({field: self._get_param(field) for field in _CHANGEABLE if self._get_param(field)})
            if self._get_param("EventTypeIds"):
                rule["EventTypes"] = [{"EventTypeId": event} for event in self._get_param("EventTypeIds")]
            if self._get_param("Targets"):
                rule["Targets"] = [dict(target, TargetStatus="ACTIVE") for target in self._get_param("Targets")]
            rule["LastModifiedTimestamp"] = time.time()

        def create_notification_rule(self) -> ActionResult:
            place = f"arn:aws:codestar-notifications:{self.region}:{self.current_account}"
            arn = f"{place}:notificationrule/{uuid.uuid4().hex}"
            rule: dict[str, Any] = {
                "Arn": arn,
                "Resource": self._get_param("Resource"),
                "Status": "ENABLED",
                "CreatedTimestamp": time.time(),
                "Tags": dict(self._get_param("Tags", {})),
                "Targets": [],
            }
            self._take(rule)
            self._rules()[arn] = rule
            return ActionResult({"Arn": arn})

        def describe_notification_rule(self) -> ActionResult:
            rule = self._find()
            targets = [
                {field: target.get(field) for field in ("TargetAddress", "TargetType", "TargetStatus")}
                for target in rule["Targets"]
            ]
            return ActionResult(dict(rule, Targets=targets))

        def update_notification_rule(self) -> EmptyResult:
            self._take(self._find())
            return EmptyResult()

        def delete_notification_rule(self) -> ActionResult:
            arn = self._get_param("Arn")
            self._rules().pop(arn, None)
            return ActionResult({"Arn": arn})

        def delete_target(self) -> EmptyResult:
            return EmptyResult()

        def list_notification_rules(self) -> ActionResult:
            rules = [{"Id": arn.rsplit("/", 1)[-1], "Arn": arn} for arn in self._rules()]
            return ActionResult({"NotificationRules": rules})

        def list_tags_for_resource(self) -> ActionResult:
            return ActionResult({"Tags": self._find()["Tags"]})

        def tag_resource(self) -> ActionResult:
            self._find()["Tags"].update(self._get_param("Tags", {}))
            return ActionResult({"Tags": self._find()["Tags"]})

        def untag_resource(self) -> EmptyResult:
            for key in self._get_param("TagKeys", []):
                self._find()["Tags"].pop(key, None)
            return EmptyResult()

    services.serve("codestar-notifications", NotificationsResponse)
