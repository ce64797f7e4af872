"""Walk a moto backend and name the resources it holds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

_DEEPEST = 3
"""Stores are at most {network: {id: resource}} or {name: {version: [resource]}}."""


@dataclass(frozen=True, kw_only=True)
class Item:
    """One resource of a store; the resource itself plays no part in its identity."""

    collection: str
    key: str
    resource: Any = field(compare=False, hash=False, repr=False)


def items(backend: object) -> Iterator[Item]:
    """Yield what the attributes of a backend hold, at any depth a store has."""
    for name, value in vars(backend).items():
        if isinstance(value, Mapping | list):
            yield from _within(name, "", value, 1)


def _within(collection: str, key: str, value: object, depth: int) -> Iterator[Item]:
    if isinstance(value, Mapping):
        pairs = [(f"{key}/{name}" if key else str(name), held) for name, held in value.items()]
    elif isinstance(value, list):
        pairs = [(f"{key}/{_name(held)}" if key else _name(held), held) for held in value]
    else:
        return
    for name, held in pairs:
        if _is_resource(held):
            yield Item(collection=collection, key=name, resource=held)
        elif depth < _DEEPEST:
            yield from _within(collection, name, held, depth + 1)


def _is_resource(value: object) -> bool:
    module = type(value).__module__
    ours = module.startswith(("moto.", "scripts.emulator."))
    return ours and not hasattr(value, "iter_tagged_resources") and not type(value).__name__.endswith("Backend")


def _name(value: object) -> str:
    for attribute in ("arn", "id", "name", "physical_resource_id"):
        found = getattr(value, attribute, None)
        if isinstance(found, str):
            return found
    return type(value).__name__
