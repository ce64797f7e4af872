"""What a plan means to a person: lines for a terminal, a document for a machine, Markdown for a pull request. Pure."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from scripts.gates import STATEFUL
from scripts.plan import Action, Change, Plan

_SIGNS = {
    Action.CREATE: ("+", "create"),
    Action.UPDATE: ("~", "change"),
    Action.REPLACE: ("±", "replace"),
    Action.DELETE: ("-", "destroy"),
    Action.FORGET: (".", "give up"),
    Action.MOVE: (">", "move"),
    Action.IMPORT: ("=", "import"),
}
_ORDER = [
    Action.DELETE,
    Action.REPLACE,
    Action.FORGET,
    Action.UPDATE,
    Action.MOVE,
    Action.IMPORT,
    Action.CREATE,
]
_VALUE_WIDTH = 60
STYLES = {
    Action.CREATE: "green",
    Action.UPDATE: "yellow",
    Action.REPLACE: "bold red",
    Action.DELETE: "bold red",
    Action.FORGET: "red",
    Action.MOVE: "cyan",
    Action.IMPORT: "cyan",
}


def headline(plan: Plan) -> str:
    """Say in one line what the plan would do."""
    counts = plan.counts()
    if plan.is_empty:
        return "No changes: what is there is what the configuration says."
    parts = [f"{counts[action]} to {_SIGNS[action][1]}" for action in _ORDER if counts[action]]
    outputs = sum(1 for action in plan.outputs.values() if action is not Action.NOOP)
    if outputs and not parts:
        parts = [f"{outputs} outputs to update"]
    return ", ".join(parts) + "."


def lines(plan: Plan, *, all_creations: bool = False) -> list[tuple[Action, str]]:
    """Describe a plan for a terminal: each loss and change by address, creations counted by type unless all are wanted."""
    described: list[tuple[Action, str]] = []
    acting = sorted(
        plan.acting(),
        key=lambda change: (_ORDER.index(change.action), change.type not in STATEFUL, change.address),
    )
    for change in acting:
        if change.action is Action.CREATE and not all_creations:
            continue
        described += [(change.action, line) for line in _describe(change)]
    if not all_creations:
        created = Counter(_module(change.address) for change in acting if change.action is Action.CREATE)
        described += [(Action.CREATE, f"+ {module:<42} {number:>3}") for module, number in sorted(created.items())]
    return described


def document(plan: Plan, **facts: Any) -> dict[str, Any]:
    """Describe a plan for a machine: counts, and every acting change with its differences."""
    return {
        **facts,
        "empty": plan.is_empty,
        "counts": {action.value: number for action, number in sorted(plan.counts().items())},
        "changes": [
            {
                "address": change.address,
                "type": change.type,
                "action": change.action.value,
                "stateful": change.type in STATEFUL,
                "reason": change.reason,
                "forced_by": list(change.forced_by),
                "differences": [
                    {"attribute": name, "before": old, "after": new} for name, old, new in change.differences()
                ]
                if change.action in (Action.UPDATE, Action.REPLACE)
                else [],
            }
            for change in plan.acting()
        ],
        "outputs": {name: action.value for name, action in plan.outputs.items() if action is not Action.NOOP},
        "drift": [change.address for change in plan.drift],
    }


def markdown(plan: Plan, *, title: str) -> str:
    """Describe a plan for a pull request: the headline, losses and changes as a table, creations folded."""
    rows = [f"### {title}", "", headline(plan), ""]
    notable = [change for change in plan.acting() if change.action is not Action.CREATE]
    if notable:
        rows += ["| | resource | what changes |", "|---|---|---|"]
        for change in sorted(notable, key=lambda item: _ORDER.index(item.action)):
            sign, verb = _SIGNS[change.action]
            what = ", ".join(f"`{name}`" for name, _, _ in change.differences()) or verb
            mark = f" **{STATEFUL[change.type]}**" if change.type in STATEFUL else ""
            rows.append(f"| {sign} {verb} | `{change.address}`{mark} | {what} |")
        rows.append("")
    created = [change.address for change in plan.acting() if change.action is Action.CREATE]
    if created:
        rows += [
            "<details><summary>Created</summary>",
            "",
            *(f"- `{address}`" for address in sorted(created)),
            "",
            "</details>",
            "",
        ]
    return "\n".join(rows)


def _describe(change: Change) -> list[str]:
    sign, _ = _SIGNS[change.action]
    mark = f"  ← {STATEFUL[change.type]}" if change.type in STATEFUL and change.action is not Action.CREATE else ""
    moved = f" (was {change.previous_address})" if change.previous_address else ""
    described = [f"{sign} {change.address}{moved}{mark}"]
    if change.action in (Action.UPDATE, Action.REPLACE):
        for name, old, new in change.differences():
            forced = (
                "  # forces the replacement" if any(path.split(".")[0] == name for path in change.forced_by) else ""
            )
            described.append(f"    {name}: {_short(old)} → {_short(new)}{forced}")
    return described


def _module(address: str) -> str:
    """Return the module of an address as a person names it: `stack.network`."""
    names = [part for part in address.split(".") if part]
    path = [names[index + 1].split("[")[0] for index, part in enumerate(names[:-1]) if part == "module"]
    return ".".join(path) or "root"


def _short(value: Any) -> str:
    text = (
        value
        if value == "(known after apply)" or value == "(sensitive)"
        else json.dumps(value, ensure_ascii=False, default=str)
    )
    return text if len(text) <= _VALUE_WIDTH else f"{text[: _VALUE_WIDTH - 1]}…"
