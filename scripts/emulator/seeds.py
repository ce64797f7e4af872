"""What an environment finds already there: the hosted zone and the state bucket that others own."""

from __future__ import annotations

from typing import Any

from scripts.emulator.walk import Item

_planted: set[tuple[str, str, str]] = set()


def plant(account_id: str, document: dict[str, Any]) -> dict[str, str]:
    """Put a hosted zone or a bucket in place; planting the same again changes nothing."""
    match document:
        case {"hosted_zone": {"zone_id": str(zone_id), "name": str(name)}}:
            return {"hosted_zone": _hosted_zone(account_id, zone_id, name)}
        case {"bucket": {"name": str(name), "region": str(region)}}:
            return {"bucket": _bucket(account_id, name, region)}
    raise ValueError("A seed is {hosted_zone: {zone_id, name}} or {bucket: {name, region}}")


def planted(service: str, item: Item) -> bool:
    """Tell whether an existing item was seeded."""
    return (service, item.collection, item.key) in _planted


def _hosted_zone(account_id: str, zone_id: str, name: str) -> str:
    from moto.route53.models import route53_backends

    zones = route53_backends[account_id]["aws"].zones
    fqdn = name.rstrip(".") + "."
    if zone_id in zones:
        if zones[zone_id].name != fqdn:
            raise ValueError(f"Hosted zone {zone_id} is {zones[zone_id].name}, not {fqdn}")
        return zone_id
    zone = route53_backends[account_id]["aws"].create_hosted_zone(
        name=fqdn,
        private_zone=False,
        caller_reference=f"seed-{zone_id}",
        vpcid=None,
        vpcregion=None,
        comment=None,
        delegation_set_id=None,
    )
    del zones[zone.resource_id]
    zone.resource_id = zone_id
    zones[zone_id] = zone
    _planted.add(("route53", "zones", zone_id))
    return zone_id


def _bucket(account_id: str, name: str, region: str) -> str:
    from moto.s3.models import s3_backends

    backend = s3_backends[account_id]["aws"]
    if name not in backend.buckets:
        backend.create_bucket(name, region)
        backend.put_bucket_versioning(name, "Enabled")
        _planted.add(("s3", "buckets", name))
    return name
