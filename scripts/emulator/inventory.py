"""Everything that was created in the embedded AWS and still exists."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from scripts.emulator import seeds
from scripts.emulator.baseline import born_with
from scripts.emulator.mends import store
from scripts.emulator.walk import Item, items

_BOOKKEEPING = {
    ("cloudwatch", "metric_data"),
    ("cloudfront", "invalidations"),  # moto keeps them after their distribution
    ("rds", "events"),
    ("route53", "delegation_sets"),  # moto makes one with each zone and never takes it away
}
"""Collections that are no resources, by service and name."""

_KEPT_BY_AWS: dict[tuple[str, str], Callable[[Any], bool]] = {
    ("backup", "plans"): lambda plan: plan.deletion_date is not None,
    ("ec2", "nat_gateways"): lambda gateway: gateway.state == "deleted",
    ("ec2", "vpc_end_points"): lambda endpoint: endpoint.state == "deleted",
    ("ecs", "clusters"): lambda cluster: cluster.status == "INACTIVE",
    ("ecs", "services"): lambda service: service.status == "INACTIVE",
    ("ecs", "task_definitions"): lambda definition: definition.status == "INACTIVE",
    ("kms", "keys"): lambda key: key.key_state == "PendingDeletion" or _belongs_to_aws(key),
    ("rds", "db_cluster_parameter_groups"): lambda group: group.name.startswith("default."),
    ("rds", "db_parameter_groups"): lambda group: group.name.startswith("default."),
    ("rds", "option_groups"): lambda group: group.name.startswith("default:"),
    ("rds", "cluster_snapshots"): lambda snapshot: snapshot.snapshot_type == "automated",
    ("rds", "database_snapshots"): lambda snapshot: snapshot.snapshot_type == "automated",
    ("secretsmanager", "secrets"): lambda secret: secret.is_deleted(),
}
"""What AWS itself keeps for a while or for ever after a deletion, or has by itself, told by the resource."""


def _belongs_to_aws(key: Any) -> bool:
    """Tell whether a KMS key is one that a service made for itself, as alias/aws/s3 names."""
    return any(alias.startswith("alias/aws/") for alias in key.aliases)


def existing(account_id: str) -> list[str]:
    """Return `service region collection key` of everything that exists, sorted.

    Left out: what a service is born with or makes by itself, its bookkeeping, what AWS itself keeps after a
    deletion, and what was seeded (but not records that were added to a seeded zone).
    """
    return sorted([*_in_moto(account_id), *_in_mends(account_id)])


def _in_mends(account_id: str) -> Iterator[str]:
    for kept in store.stores(account_id):
        for key in kept.values:
            yield f"{kept.service} {kept.region} {kept.collection} {key}"


def _in_moto(account_id: str) -> Iterator[str]:
    from moto.core.base_backend import BackendDict

    in_use: list[BackendDict[Any]] = list(BackendDict._instances)  # type: ignore[misc]  # noqa: SLF001 - moto's own list
    for service_backends in in_use:
        service = service_backends.service_name
        for account, region, backend in list(service_backends.iter_backends()):
            if account != account_id:  # moto routes by a backend of an account of its own
                continue
            own = born_with(service, account, region)
            for item in items(backend):
                if item not in own and _counts(service, item):
                    # IAM knows its own by ids that tell nobody anything.
                    key = item.resource.name if service == "iam" and hasattr(item.resource, "name") else item.key
                    yield f"{service} {region} {item.collection} {key}"


def _counts(service: str, item: Item) -> bool:
    if (service, item.collection) in _BOOKKEEPING:
        return False
    kept = _KEPT_BY_AWS.get((service, item.collection))
    if kept is not None and kept(item.resource):
        return False
    return not seeds.planted(service, item)
