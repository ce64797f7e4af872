"""Everything that a run is made of: the applied tasks and edge as read back, the places on the laptop, the credentials."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from scripts import operations
from scripts.emulator import control
from scripts.environments import Environment
from scripts.laptop import applied, definitions, differences, postgresql
from scripts.laptop.clients import Clients
from scripts.laptop.definitions import Task, UnstartableError
from scripts.laptop.differences import Laptop
from scripts.laptop.door import Caller, Door
from scripts.laptop.edge import Edge


@dataclass(frozen=True, kw_only=True)
class World:
    """What is applied to an environment, and where it runs on the laptop."""

    environment: Environment
    outputs: Mapping[str, Any]
    clients: Clients
    emulator: control.Emulator
    tasks: Mapping[str, Task]
    laptop: Laptop
    edge: Edge
    door: Door
    credentials: Mapping[str, Mapping[str, str]]
    """Those of each task's role, as variables."""

    def laptop_of(self, task: Task) -> Laptop:
        """Return the places as a task sees them: its /tmp is its own."""
        tmp = self.laptop.tmp / task.role
        tmp.mkdir(mode=0o700, parents=True, exist_ok=True)
        return dataclasses.replace(self.laptop, tmp=tmp)

    def secrets(self, task: Task) -> dict[str, str]:
        """Resolve a task's secrets."""
        return definitions.resolve(
            self.clients, task, region=self.environment.region, account_id=self.environment.account_id
        )

    def at(self, purpose: str) -> str:
        """Return the origin of the site, the API or the static files on the laptop."""
        return differences.response(self.laptop, self.outputs["urls"][purpose].rstrip("/"))


def clients(environment: Environment, emulator: control.Emulator) -> Clients:
    """Return the clients with which an embedded AWS is read."""
    return Clients(access=operations.emulated(emulator), region=environment.region)


def tasks(aws: Clients, environment: Environment, outputs: Mapping[str, Any]) -> dict[str, Task]:
    """Read the tasks; raise UnstartableError, with every reason, for those that ECS could not start."""
    families = {role: (task["family"], task["service"]) for role, task in outputs["tasks"].items()}
    found = definitions.read(aws, cluster=outputs["cluster"]["name"], families=families)
    region, account_id = environment.region, environment.account_id
    keys = definitions.secret_keys(aws, found.values(), region=region, account_id=account_id)
    pages = aws.logs.get_paginator("describe_log_groups").paginate()
    groups = [group["logGroupName"] for page in pages for group in page["logGroups"]]
    reasons = [
        reason
        for _, task in sorted(found.items())
        for reason in definitions.refusals(task, region=region, account_id=account_id, keys=keys, log_groups=groups)
    ]
    if reasons:
        raise UnstartableError("ECS could not start this. " + " ".join(reasons))
    return found


def master(aws: Clients, outputs: Mapping[str, Any]) -> postgresql.Master:
    """Return the role that RDS keeps in its secret, and the database."""
    secret = aws.secretsmanager.get_secret_value(SecretId=outputs["database"]["master_secret_arn"])
    credentials = json.loads(secret["SecretString"])
    return postgresql.Master(
        username=credentials["username"], password=credentials["password"], database=outputs["database"]["name"]
    )


def read(
    aws: Clients,
    laptop: Laptop,
    *,
    environment: Environment,
    outputs: Mapping[str, Any],
    emulator: control.Emulator,
    found: Mapping[str, Task],
) -> World:
    """Read the edge and the keys back, and take the credentials of each task's role."""
    account_id = environment.account_id
    edge = applied.read(
        aws,
        laptop,
        aliases=applied.names(aws, outputs["hosted_zone"]["zone_id"]),
        media_bucket=outputs["buckets"]["media"],
        account_id=account_id,
    )
    callers: dict[str, Caller] = {}
    credentials: dict[str, dict[str, str]] = {}
    for role, task in found.items():
        taken = aws.sts.assume_role(RoleArn=task.task_role_arn, RoleSessionName=f"{role}-laptop")["Credentials"]
        callers[taken["AccessKeyId"]] = Caller(
            task=role, role=task.task_role.name, token=taken["SessionToken"], policies=task.task_role.policies
        )
        credentials[role] = {
            "AWS_ACCESS_KEY_ID": taken["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": taken["SecretAccessKey"],
            "AWS_SESSION_TOKEN": taken["SessionToken"],
        }
    queues = outputs["queues"] or {}
    keys = applied.encryption_keys(
        aws,
        buckets=[outputs["buckets"]["media"]],
        queues=[
            (f"arn:aws:sqs:{environment.region}:{account_id}:{queue['name']}", queue["url"])
            for queue in queues.values()
        ],
        secrets=[secret["arn"] for secret in outputs["secrets"].values()] + [outputs["database"]["master_secret_arn"]],
    )
    return World(
        environment=environment,
        outputs=outputs,
        clients=aws,
        emulator=emulator,
        tasks=found,
        laptop=laptop,
        edge=edge,
        door=Door(account_id=account_id, callers=callers, keys=keys),
        credentials=credentials,
    )
