"""Follow a running Terraform: how much is done, what is under way and for how long. Pure state, fed with events."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

_PAST = {
    "create": "created",
    "update": "changed",
    "delete": "destroyed",
    "read": "read",
    "replace": "replaced",
}


@dataclass(kw_only=True)
class Progress:
    """The state of a run, changed by each event given to `take`.

    `total` counts the resources the plan acts on (0 while unknown); times are seconds of `clock`.
    """

    clock: Callable[[], float] = time.monotonic
    started: float = field(default=0.0, init=False)
    total: int = field(default=0, init=False)
    done: int = field(default=0, init=False)
    refreshed: int = field(default=0, init=False)
    failed: list[str] = field(default_factory=list, init=False)
    running: dict[str, tuple[str, float]] = field(default_factory=dict, init=False)
    waited: dict[str, float] = field(default_factory=dict, init=False)
    _planned: set[str] = field(default_factory=set, init=False)

    def __post_init__(self) -> None:
        """Start the clock."""
        self.started = self.clock()

    def restart(self) -> None:
        """Begin to count anew, for the next step of a longer run."""
        self.started, self.total, self.done, self.refreshed = self.clock(), 0, 0, 0
        self.running.clear()
        self._planned.clear()

    def take(self, event: Mapping[str, Any]) -> str | None:
        """Take in one event; return a line worth showing, or None."""
        kind = event.get("type")
        if kind == "planned_change":
            self._plan(event["change"])
        elif kind == "change_summary":
            changes = event["changes"]
            if changes.get("operation") == "plan":
                self.total = int(changes["add"]) + int(changes["change"]) + int(changes["remove"])
        elif kind == "refresh_complete":
            self.refreshed += 1
        elif kind in ("apply_start", "apply_complete", "apply_errored"):
            return self._apply(str(kind), event["hook"])
        return None

    def _plan(self, change: Mapping[str, Any]) -> None:
        """Count a resource once: the plan and the apply of the same plan both name it."""
        if change["action"] not in ("read", "noop"):
            self._planned.add(change["resource"]["addr"])
            self.total = len(self._planned)

    def _apply(self, kind: str, hook: Mapping[str, Any]) -> str | None:
        address, action = hook["resource"]["addr"], str(hook["action"])
        if hook["resource"].get("resource", "").startswith("data.") or action == "read":
            return None
        if kind == "apply_start":
            self.running[address] = (action, self.clock())
            return None
        begun = self.running.pop(address, (action, self.clock()))[1]
        self.waited[address] = self.clock() - begun
        if kind == "apply_errored":
            self.failed.append(address)
            return f"✗ {address} failed after {self.waited[address]:.0f} s"
        self.done += 1
        return f"{_PAST.get(action, action)} {address} ({self.waited[address]:.0f} s)"

    def status(self) -> str:
        """Say in one line how far it is: seconds, done of total, what has been under way longest."""
        seconds = self.clock() - self.started
        parts = [f"{seconds:.0f} s"]
        if self.done or self.running:
            parts.append(f"{self.done} of {self.total} done" if self.total else f"{self.done} done")
        elif self.total:
            parts.append(f"{self.total} changes planned")
        elif self.refreshed:
            parts.append(f"{self.refreshed} resources read")
        if self.running:
            address, (_, begun) = min(self.running.items(), key=lambda item: item[1][1])
            more = f" and {len(self.running) - 1} more" if len(self.running) > 1 else ""
            parts.append(f"waiting {self.clock() - begun:.0f} s for {address.removeprefix('module.stack.')}{more}")
        return " · ".join(parts)

    def slowest(self, number: int = 5) -> list[tuple[str, float]]:
        """List what took longest: address and seconds."""
        return sorted(self.waited.items(), key=lambda item: -item[1])[:number]
