"""What the rules ask of a plan: its tasks, who may do what, and which way a subnet's packets go."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from tests.plans import Planned

_MODULE = re.compile(r'^((?:module\.[^.\[]+(?:\[(?:"[^"]*"|\d+)\])?\.)*)')
WORLD = ("0.0.0.0/0", "::/0")


@dataclass(frozen=True, kw_only=True)
class Task:
    """A task definition with its one container, and the service that runs it (None for a one-off task)."""

    address: str
    definition: Mapping[str, Any]
    container: Mapping[str, Any]
    service: Mapping[str, Any] | None

    @property
    def role(self) -> str:
        """Return what the task is for: its container's name."""
        return str(self.container["name"])

    @property
    def environment(self) -> dict[str, str]:
        """Return the plain variables by name."""
        return {item["name"]: item["value"] for item in self.container.get("environment", ())}

    @property
    def secrets(self) -> dict[str, str]:
        """Return what ECS resolves into variables, by name."""
        return {item["name"]: item["valueFrom"] for item in self.container.get("secrets", ())}

    def option(self, name: str) -> str | None:
        """Return the value of `--name=value` in the command."""
        prefix = f"--{name}="
        return next((word.removeprefix(prefix) for word in self.container["command"] if word.startswith(prefix)), None)


@dataclass(frozen=True, kw_only=True)
class Statement:
    """One statement of a policy, with its actions and resources as lists."""

    allows: bool
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    principal: Any
    conditions: Mapping[str, Any]
    where: str


@dataclass(frozen=True, kw_only=True)
class Opening:
    """Traffic that one security group's rule lets through: to or from a group, a range, or a prefix list."""

    address: str
    group: str
    inward: bool
    other: str
    ports: tuple[int, int]


def module_of(address: str) -> str:
    """Return the module that a resource lies in, with a dot at its end; empty for the root."""
    found = _MODULE.match(address)
    return found.group(1) if found else ""


def tasks(plan: Planned) -> list[Task]:
    """List the tasks."""
    services = {
        definition: service
        for service in plan.of("aws_ecs_service").values()
        for definition in plan.addresses(service["task_definition"])
    }
    found = []
    for address, definition in plan.of("aws_ecs_task_definition").items():
        (container,) = json.loads(definition["container_definitions"])
        found.append(Task(address=address, definition=definition, container=container, service=services.get(address)))
    return found


def statements(policy: str, where: str) -> list[Statement]:
    """Read a policy document."""
    return [
        Statement(
            allows=item["Effect"] == "Allow",
            actions=_listed(item.get("Action")),
            resources=_listed(item.get("Resource")),
            principal=item.get("Principal"),
            conditions=item.get("Condition", {}),
            where=f"{where} ({item.get('Sid', 'without Sid')})",
        )
        for item in json.loads(policy)["Statement"]
    ]


def granted(plan: Planned, role: Any) -> list[Statement]:
    """List the statements of a role's own policies; the role is referred to as a task definition does."""
    names = {plan.resources[address]["name"] for address in plan.addresses(role)}
    return [
        statement
        for address, policy in plan.of("aws_iam_role_policy").items()
        if policy["role"] in names
        or names & {plan.resources[other].get("name") for other in plan.addresses(policy["role"])}
        for statement in statements(policy["policy"], address)
    ]


def allows(granted: list[Statement], action: str, resource: str) -> bool:
    """Say whether one of the statements allows an action on a resource, whatever its conditions."""
    return any(
        statement.allows
        and any(fnmatchcase(action, pattern) for pattern in statement.actions)
        and any(fnmatchcase(resource, pattern) for pattern in statement.resources)
        for statement in granted
    )


def openings(plan: Planned) -> Iterator[Opening]:
    """Yield what the rules of the security groups let through."""
    types = ("aws_vpc_security_group_ingress_rule", "aws_vpc_security_group_egress_rule")
    for address, rule in plan.of(*types).items():
        others = [rule.get(name) for name in ("cidr_ipv4", "cidr_ipv6")]
        others += plan.addresses([rule.get("referenced_security_group_id"), rule.get("prefix_list_id")])
        every = rule["ip_protocol"] == "-1"
        for other in filter(None, others):
            yield Opening(
                address=address,
                group=(plan.addresses(rule["security_group_id"]) or ["?"])[0],
                inward="ingress" in address.split(".")[-2],
                other=other,
                ports=(0, 65535) if every else (rule["from_port"], rule["to_port"]),
            )


def ways_out(plan: Planned, subnet: str) -> set[str]:
    """Return the types of what the routes of a subnet lead to: such as aws_nat_gateway."""
    tables = {
        table
        for association in plan.of("aws_route_table_association").values()
        if subnet in plan.addresses(association["subnet_id"])
        for table in plan.addresses(association["route_table_id"])
    }
    found = set()
    for route in plan.of("aws_route").values():
        if tables & set(plan.addresses(route["route_table_id"])):
            targets = [value for name, value in route.items() if name not in ("id", "route_table_id", "origin")]
            found |= {address.split("[")[0].split(".")[-2] for address in plan.addresses(targets)}
    return found


def zones(plan: Planned, subnets: Any) -> set[str]:
    """Return the zones of the subnets that a value refers to."""
    return {plan.resources[address]["availability_zone"] for address in plan.addresses(subnets)}


def _listed(value: Any) -> tuple[str, ...]:
    if value is None:
        return ()
    return (value,) if isinstance(value, str) else tuple(value)
