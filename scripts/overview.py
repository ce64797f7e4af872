"""What an operator wants to read of an environment's outputs. Pure: outputs in, labelled lines out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from scripts.environments import Environment


def lines(environment: Environment, outputs: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return label and text of each line; an empty label goes on with the one above."""
    found: list[tuple[str, str]] = []
    for purpose, url in sorted(outputs.get("urls", {}).items()):
        found.append((purpose.capitalize() if purpose != "api" else "API", url))
    if "load_balancer" in outputs:
        found.append(("Load balancer", outputs["load_balancer"]["dns_name"]))
    if "cluster" in outputs:
        services = ", ".join(sorted(outputs["cluster"]["services"]))
        found.append(("ECS cluster", f"{outputs['cluster']['name']} (services: {services})"))
    if "database" in outputs:
        found.append(
            (
                "Database",
                f"{outputs['database']['endpoint']}:{outputs['database']['port']}/{outputs['database']['name']}",
            )
        )
    if outputs.get("queues"):
        found.append(
            (
                "Queue",
                f"{outputs['queues']['tasks']['name']} (dead letters: {outputs['queues']['dead']['name']})",
            )
        )
    found += _list("Buckets", sorted(outputs.get("buckets", {}).values()))
    found += _list("Images", sorted(item["url"] for item in outputs.get("repositories", {}).values()))
    if outputs.get("dashboard"):
        found.append(("Dashboard", outputs["dashboard"]))
    if outputs.get("hosted_zone"):
        found.append(("Hosted zone", outputs["hosted_zone"]["zone_id"]))
        found += _list("Name servers", outputs["hosted_zone"]["name_servers"])
    if environment.is_local:
        found.append(("", "All of this is in the embedded AWS on this machine (invoke emulator.status)."))
    return found


def _list(label: str, items: list[str]) -> list[tuple[str, str]]:
    return [(label if index == 0 else "", item) for index, item in enumerate(items)]
