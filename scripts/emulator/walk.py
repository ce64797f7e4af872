"""Walk a moto backend and name the resources it holds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

_DEEPEST = 3
"""Stores are at most {network: {id: resource}} or {name: {version: [resource]}}."""

_WITHIN: dict[str, Callable[[Any], dict[str, Mapping[str, Any]]]] = {
    # Rules live in the event bus and schedules in the schedule group, and the default ones are always there.
    "EventsBackend": lambda backend: {
        "rules": {
            f"{bus}/{name}": rule for bus, held in backend.event_buses.items() for name, rule in held.rules.items()
        }
    },
    "EventBridgeSchedulerBackend": lambda backend: {
        "schedules": {
            f"{group}/{name}": schedule
            for group, held in backend.schedule_groups.items()
            for name, schedule in held.schedules.items()
        }
    },
    # A zone that was there before may not keep records; its name servers and authority are its own.
    "Route53Backend": lambda backend: {
        "records": {
            f"{zone_id}/{record.name}/{record.type}": record
            for zone_id, zone in backend.zones.items()
            for record in zone.rrsets
            if record.type not in {"NS", "SOA"} or record.name.rstrip(".") != zone.name.rstrip(".")
        }
    },
    "ResourceGroupsBackend": lambda backend: {"groups": backend.groups.by_name},
    "LogsBackend": lambda backend: {
        "metric_filters": {
            f"{held['logGroupName']}/{held['filterName']}": held for held in backend.filters.metric_filters
        }
    },
}
"""What lives inside something that outlives it, or in a container of moto's own, by the backend's class."""


@dataclass(frozen=True, kw_only=True)
class Item:
    """One resource of a store; the resource itself plays no part in its identity."""

    collection: str
    key: str
    resource: Any = field(compare=False, hash=False, repr=False)


def items(backend: object) -> Iterator[Item]:
    """Yield what the attributes of a backend hold, at any depth a store has."""
    for collection, value in vars(backend).items():
        yield from _held(collection, "", value, 1)
    within = _WITHIN.get(type(backend).__name__)
    if within is not None:
        for collection, resources in within(backend).items():
            for key, resource in resources.items():
                yield Item(collection=collection, key=key, resource=resource)


def _held(collection: str, key: str, value: object, depth: int) -> Iterator[Item]:
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
            yield from _held(collection, name, held, depth + 1)


def _is_resource(value: object) -> bool:
    kind = type(value)
    return kind.__module__.startswith("moto.") and not kind.__name__.endswith("Backend")


def _name(value: object) -> str:
    for attribute in ("arn", "id", "name", "physical_resource_id"):
        found = getattr(value, attribute, None)
        if isinstance(found, str):
            return found
    return type(value).__name__
