"""Compare what is planned with what an inventory file says must be planned.

An inventory is a mapping in YAML:

    count: { aws_subnet: 6 }                 # how many of a type
    outputs: { vpc_id: __unknown__ }         # a part of the outputs
    aws_vpc.this: { cidr_block: 10.0.0.0/16 }   # a part of a resource's values, by address

A mapping is compared by the keys it has, a list as it is written, and a text that holds JSON with the mapping or list
that is expected of it. `__unknown__` is a value that is known only after apply.
"""

from __future__ import annotations

import difflib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any

import yaml

UNKNOWN = "__unknown__"
_SECTIONS = frozenset({"count", "outputs"})


@dataclass(frozen=True, kw_only=True)
class Present:
    """What a plan would leave, relative to one module: values by address, the type of each address, and outputs."""

    values: Mapping[str, Any]
    types: Mapping[str, str]
    outputs: Mapping[str, Any]


def read(file: Path) -> dict[str, Any]:
    """Read an inventory file."""
    found: dict[str, Any] = yaml.safe_load(file.read_text()) or {}
    return found


def of_root(document: Mapping[str, Any]) -> Present:
    """Return what a plan's document leaves, with addresses from the root."""
    changes = document.get("output_changes", {})
    return _present(document, "", {name: _with_unknowns(change) for name, change in changes.items()})


def of_module(document: Mapping[str, Any], module: str, output: str) -> Present:
    """Return what a plan's document leaves in one of its modules, whose outputs all are in one output of the root."""
    return _present(document, f"module.{module}.", _with_unknowns(document["output_changes"][output]))


def differences(expected: Mapping[str, Any], present: Present) -> list[str]:
    """Say each way in which what is present is not what the inventory says; an empty list is agreement."""
    found = []
    counted = Counter(present.types.values())
    for type_, count in (expected.get("count") or {}).items():
        if counted[type_] != count:
            found.append(f"count.{type_}: {count} expected, {counted[type_]} planned{_named(type_, present)}")
    found += _compared(expected.get("outputs") or {}, present.outputs, "outputs")
    for address, values in expected.items():
        if address in _SECTIONS:
            continue
        if address in present.values:
            found += _compared(values or {}, present.values[address], address)
        else:
            found.append(f"{address}: not planned{_near(address, present.values)}")
    return found


def _present(document: Mapping[str, Any], prefix: str, outputs: Mapping[str, Any]) -> Present:
    items = {
        item["address"].removeprefix(prefix): item
        for item in document.get("resource_changes", ())
        if item["mode"] == "managed" and item["address"].startswith(prefix) and item["change"]["after"] is not None
    }
    return Present(
        values={address: _with_unknowns(item["change"]) for address, item in items.items()},
        types={address: item["type"] for address, item in items.items()},
        outputs=outputs,
    )


def _with_unknowns(change: Mapping[str, Any]) -> Any:
    """Put `__unknown__` wherever a change knows its value only after apply."""
    return _marked(change.get("after"), change.get("after_unknown"))


def _marked(after: Any, unknown: Any) -> Any:
    if unknown is True:
        return UNKNOWN
    if isinstance(unknown, Mapping):
        named = after if isinstance(after, Mapping) else {}
        names = {*named, *(name for name, mark in unknown.items() if mark)}
        return {name: _marked(named.get(name), unknown.get(name)) for name in names}
    if isinstance(unknown, list):
        listed = after if isinstance(after, list) else []
        return [_marked(value, mark) for value, mark in zip_longest(listed, unknown)]
    return after


def _compared(expected: Any, actual: Any, where: str) -> Iterator[str]:
    if isinstance(expected, Mapping | list) and isinstance(actual, str) and actual != UNKNOWN:
        try:
            actual = json.loads(actual)
        except ValueError:
            yield f"{where}: {_shown(expected)} expected, and the text planned is not JSON: {_shown(actual)}"
            return
    if isinstance(expected, Mapping) and isinstance(actual, Mapping):
        for name, value in expected.items():
            if name in actual or value is None:
                yield from _compared(value, actual.get(name), f"{where}.{name}")
            else:
                yield f"{where}.{name}: there is no such name{_near(name, actual)}"
    elif isinstance(expected, list) and isinstance(actual, list) and len(expected) == len(actual):
        for index, (value, other) in enumerate(zip(expected, actual, strict=True)):
            yield from _compared(value, other, f"{where}[{index}]")
    elif not _equal(expected, actual):
        yield f"{where}: {_shown(expected)} expected, {_shown(actual)} planned"


def _equal(expected: Any, actual: Any) -> bool:
    """Compare as Terraform would: in Python alone true is 1."""
    return bool(expected == actual) and isinstance(expected, bool) == isinstance(actual, bool)


def _shown(value: Any) -> str:
    return "known after apply" if value == UNKNOWN else json.dumps(value, ensure_ascii=False, sort_keys=True)


def _near(name: Any, names: Iterable[Any]) -> str:
    close = difflib.get_close_matches(str(name), [str(other) for other in names], n=3)
    return f"; near it: {', '.join(close)}" if close else ""


def _named(type_: str, present: Present) -> str:
    names = sorted(address for address, other in present.types.items() if other == type_)
    return f" ({', '.join(names)})" if names else ""
