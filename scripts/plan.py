"""The plan as data: what Terraform would do, parsed from its JSON document or from the events of its run.

Format: https://developer.hashicorp.com/terraform/internals/json-format (major version 1).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from scripts.errors import OperatorError


class PlanError(OperatorError):
    """Report a plan document that this version can't judge: an unknown format is never taken for an empty plan."""


class Action(StrEnum):
    """What happens to one resource."""

    CREATE = "create"
    UPDATE = "update"
    REPLACE = "replace"
    DELETE = "delete"
    FORGET = "forget"
    MOVE = "move"
    IMPORT = "import"
    READ = "read"
    NOOP = "no-op"


_ACTIONS = {
    ("create",): Action.CREATE,
    ("update",): Action.UPDATE,
    ("delete", "create"): Action.REPLACE,
    ("create", "delete"): Action.REPLACE,
    ("delete",): Action.DELETE,
    ("forget",): Action.FORGET,
    ("create", "forget"): Action.REPLACE,
    ("read",): Action.READ,
    ("no-op",): Action.NOOP,
}
_EVENT_ACTIONS = {
    "create": Action.CREATE,
    "update": Action.UPDATE,
    "replace": Action.REPLACE,
    "delete": Action.DELETE,
    "remove": Action.FORGET,
    "forget": Action.FORGET,
    "move": Action.MOVE,
    "import": Action.IMPORT,
    "read": Action.READ,
    "noop": Action.NOOP,
}


@dataclass(frozen=True, kw_only=True)
class Change:
    """One resource in a plan.

    `before` and `after` are its attributes, `unknown` marks those known only after apply, `forced_by` names the
    attributes that force a replacement. A change read from events has none of these.
    """

    address: str
    type: str
    action: Action
    before: Mapping[str, Any] = field(default_factory=dict)
    after: Mapping[str, Any] = field(default_factory=dict)
    unknown: Mapping[str, Any] = field(default_factory=dict)
    sensitive: Mapping[str, Any] = field(default_factory=dict)
    forced_by: tuple[str, ...] = ()
    reason: str | None = None
    previous_address: str | None = None

    def differences(self) -> list[tuple[str, Any, Any]]:
        """List the top-level attributes that change: name, before, after. Sensitive values are `(sensitive)`."""
        found: list[tuple[str, Any, Any]] = []
        for name in sorted({*self.before, *self.after, *self.unknown}):
            old, new = self.before.get(name), self.after.get(name)
            if self.unknown.get(name):
                new = "(known after apply)"
            if self.sensitive.get(name) and old != new:
                old, new = "(sensitive)", "(sensitive)"
                found.append((name, old, new))
            elif old != new:
                found.append((name, old, new))
        return found


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What Terraform would do, and the document it was read from (empty when read from events)."""

    changes: tuple[Change, ...]
    outputs: Mapping[str, Action]
    drift: tuple[Change, ...] = ()
    document: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def parse(cls, document: Mapping[str, Any]) -> Plan:
        """Read the document of `terraform show -json`; raise PlanError for a format or an action it does not know."""
        version = str(document.get("format_version", ""))
        if version.split(".", 1)[0] != "1":
            raise PlanError(
                f"This plan has format {version or 'unknown'}, and only 1.x is understood: update the project."
            )
        if document.get("errored"):
            raise PlanError("This plan ended in an error, so it says only a part of what would happen: make a new one.")
        return cls(
            changes=tuple(_change(item) for item in document.get("resource_changes", ())),
            outputs={name: _action(item, name) for name, item in document.get("output_changes", {}).items()},
            drift=tuple(_change(item) for item in document.get("resource_drift", ())),
            document=document,
        )

    @classmethod
    def from_events(cls, events: Iterable[Mapping[str, Any]]) -> Plan:
        """Read the events of `terraform plan -json`: addresses and actions, without attributes.

        It saves the seconds that `terraform show` takes; raise PlanError for an action it does not know.
        """
        changes: list[Change] = []
        drift: list[Change] = []
        outputs: dict[str, Action] = {}
        for event in events:
            if event.get("type") in ("planned_change", "resource_drift"):
                change = _event_change(event["change"])
                (changes if event["type"] == "planned_change" else drift).append(change)
            elif event.get("type") == "outputs":
                outputs = {
                    name: _EVENT_ACTIONS.get(str(item.get("action", "noop")), Action.UPDATE)
                    for name, item in event["outputs"].items()
                }
        return cls(changes=tuple(changes), outputs=outputs, drift=tuple(drift))

    def acting(self) -> list[Change]:
        """List the changes that do something."""
        return [change for change in self.changes if change.action not in (Action.NOOP, Action.READ)]

    def counts(self) -> Counter[Action]:
        """Count the changes that do something by what they do."""
        return Counter(change.action for change in self.acting())

    @property
    def is_empty(self) -> bool:
        """Say whether applying it would change neither a resource nor an output."""
        return not self.acting() and all(action is Action.NOOP for action in self.outputs.values())


def _change(item: Mapping[str, Any]) -> Change:
    change = item["change"]
    action = _action(change, item["address"])
    if action is Action.NOOP and change.get("importing"):
        action = Action.IMPORT
    if action is Action.NOOP and item.get("previous_address"):
        action = Action.MOVE
    return Change(
        address=item["address"],
        type=item["type"],
        action=action,
        before=change.get("before") or {},
        after=change.get("after") or {},
        unknown=_mapping(change.get("after_unknown")),
        sensitive={**_mapping(change.get("before_sensitive")), **_mapping(change.get("after_sensitive"))},
        forced_by=tuple(".".join(str(step) for step in path) for path in change.get("replace_paths", ())),
        reason=item.get("action_reason"),
        previous_address=item.get("previous_address"),
    )


def _event_change(change: Mapping[str, Any]) -> Change:
    resource = change["resource"]
    action = str(change.get("action", ""))
    if action not in _EVENT_ACTIONS:
        raise PlanError(
            f"The plan wants to {action or 'do nothing that is named'} with {resource['addr']}, which is not known here."
        )
    return Change(
        address=resource["addr"],
        type=resource["resource_type"],
        action=_EVENT_ACTIONS[action],
        reason=change.get("reason"),
        previous_address=(change.get("previous_resource") or {}).get("addr"),
    )


def _action(change: Mapping[str, Any], address: str) -> Action:
    actions = tuple(change.get("actions", ()))
    if actions not in _ACTIONS:
        raise PlanError(
            f"The plan wants to do {list(actions)} with {address}, which is not known here: update the project."
        )
    return _ACTIONS[actions]


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
