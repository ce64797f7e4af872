"""AWS Budgets."""

from __future__ import annotations

import json
from typing import Any

from scripts.emulator.mends import tags
from scripts.emulator.mends.mend import add_to, mend, wrap_on


@mend("budgets", reason="Who is told of a budget's notification can be set but not asked.")
def subscribers() -> None:
    """Tell the subscribers of a notification."""
    from moto.budgets.responses import BudgetsResponse

    def essence(notification: dict[str, Any]) -> dict[str, Any]:
        return {field: value for field, value in notification.items() if field != "NotificationState"}

    @add_to(BudgetsResponse)
    def describe_subscribers_for_notification(self: Any) -> str:
        budget = self.backend.budgets[self._get_param("AccountId")][self._get_param("BudgetName")]
        asked = essence(self._get_param("Notification"))
        found = [kept.subscribers for kept in budget.notifications if essence(kept.details) == asked]
        return json.dumps({"Subscribers": found[0] if found else []})


@mend("budgets", reason="UpdateBudget is absent.")
def update() -> None:
    """Take the new values of a budget."""
    from moto.budgets.responses import BudgetsResponse

    @add_to(BudgetsResponse)
    def update_budget(self: Any) -> str:
        new = self._get_param("NewBudget")
        self.backend.budgets[self._get_param("AccountId")][new["BudgetName"]].budget.update(new)
        return "{}"


@mend("budgets", reason="Tags are absent; the provider gives every resource its default tags and reads them back.")
def budget_tags() -> None:
    """Keep the tags of budgets, from their creation on."""
    from moto.budgets.responses import BudgetsResponse

    tags.add_methods(BudgetsResponse, arn="ResourceARN", sent="ResourceTags", keys="ResourceTagKeys", as_map=False)

    @wrap_on(BudgetsResponse)
    def create_budget(moto: Any, self: Any) -> Any:
        answer = moto(self)
        name = self._get_param("Budget")["BudgetName"]
        arn = f"arn:aws:budgets::{self.current_account}:budget/{name}"
        tags.put(arn, self._get_param("ResourceTags") or [])
        return answer
