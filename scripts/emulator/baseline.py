"""What moto's services have by themselves, noted at the moment each comes into being."""

from __future__ import annotations

from typing import Any

from scripts.emulator.walk import Item, items

_born_with: dict[tuple[str, str, str], frozenset[Item]] = {}


def watch() -> None:
    """Note what each service of each region and account is born with.

    moto makes a service's store at its first use, so one look at the start would see none of them.
    """
    from moto.core.base_backend import AccountSpecificBackend

    make = AccountSpecificBackend.__getitem__

    def make_and_note(self: Any, region: str) -> Any:
        known = region in self.keys()
        backend = make(self, region)
        if not known:
            _born_with[self.service_name, self.account_id, region] = frozenset(items(backend))
        return backend

    AccountSpecificBackend.__getitem__ = make_and_note  # type: ignore[method-assign]  # one seam for all services


def born_with(service: str, account_id: str, region: str) -> frozenset[Item]:
    """Return what a service had when it came into being."""
    return _born_with.get((service, account_id, region), frozenset())
