"""What the mends keep by themselves, per account and region, so that the inventory sees it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Store:
    """One collection of an added service in one account and region."""

    service: str
    account_id: str
    region: str
    collection: str
    values: dict[str, Any] = field(default_factory=dict)


_stores: dict[tuple[str, str, str, str], Store] = {}


def values(service: str, account_id: str, region: str, collection: str) -> dict[str, Any]:
    """Return the values of a collection by id, empty at first; changing them changes the store."""
    key = (service, account_id, region, collection)
    if key not in _stores:
        _stores[key] = Store(service=service, account_id=account_id, region=region, collection=collection)
    return _stores[key].values


def stores(account_id: str) -> Iterator[Store]:
    """Yield every collection of an account."""
    return (store for store in _stores.values() if store.account_id == account_id)
