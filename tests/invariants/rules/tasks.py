"""What runs, and what it may do."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase

from scripts import environments
from tests.invariants.queries import Statement, Task, allows, granted, statements, tasks
from tests.invariants.rules.registry import rule
from tests.plans import Planned

_DIGEST = re.compile(r"^[^@: ]+@sha256:[0-9a-f]{64}$")
_WITHOUT_RESOURCES = frozenset(
    {
        "ecr:GetAuthorizationToken",
        "ssmmessages:CreateControlChannel",
        "ssmmessages:CreateDataChannel",
        "ssmmessages:OpenControlChannel",
        "ssmmessages:OpenDataChannel",
    }
)
"""Actions that IAM can't restrict to a resource (Service Authorization Reference)."""


@rule
def images_are_named_by_digest(plan: Planned) -> Iterator[str]:
    """A tag can be moved: then staging has tried one image and production runs another."""
    for task in tasks(plan):
        if not _DIGEST.match(task.container["image"]):
            yield f"{task.role} runs {task.container['image']}"


@rule
def containers_can_write_only_where_they_must(plan: Planned) -> Iterator[str]:
    """Who gets into a process finds neither root nor a place to leave a program."""
    for task in tasks(plan):
        if not task.container["readonlyRootFilesystem"]:
            yield f"{task.role} can write to its image"
        if task.container["user"].split(":")[0] in ("0", "root", ""):
            yield f"{task.role} runs as root"
        if task.container.get("privileged"):
            yield f"{task.role} is privileged"
        if not task.container["linuxParameters"]["initProcessEnabled"]:
            yield f"{task.role} has no init that passes signals on"


@rule
def logs_are_kept_and_expire(plan: Planned) -> Iterator[str]:
    """A group that AWS makes by itself keeps everything for ever; one that nobody made loses what is written to it."""
    groups = {str(group["name"]): group for group in plan.of("aws_cloudwatch_log_group").values()}
    for address, group in plan.of("aws_cloudwatch_log_group").items():
        if not group["retention_in_days"]:
            yield f"{address} keeps its lines for ever"
    for task in tasks(plan):
        name = task.container["logConfiguration"]["options"]["awslogs-group"]
        if name not in groups:
            yield f"{task.role} writes to {name}, which is not here"
    for cluster in plan.of("aws_rds_cluster").values():
        for export in cluster["enabled_cloudwatch_logs_exports"] or ():
            if f"/aws/rds/cluster/{cluster['cluster_identifier']}/{export}" not in groups:
                yield f"the database's {export} log has no group, so RDS makes one that keeps everything"
    for address, flow in plan.of("aws_flow_log").items():
        if str(flow["log_destination"]).split(":log-group:")[-1] not in groups:
            yield f"{address} writes to a group that is not here"
    if plan.of("aws_vpc") and not plan.of("aws_flow_log"):
        yield "the network's traffic is not logged"


@rule
def roles_name_actions_and_resources(plan: Planned) -> Iterator[str]:
    """`*` grants what nobody thought of, to whoever gets into the task."""
    for task in tasks(plan):
        for which in ("task_role_arn", "execution_role_arn"):
            yield from (f"{task.role}: {broad}" for broad in _too_broad(granted(plan, task.definition[which])))
    for address, attachment in plan.of("aws_iam_role_policy_attachment").items():
        if not str(attachment["policy_arn"]).startswith("arn:aws:iam::aws:policy/service-role/"):
            yield f"{address} attaches {attachment['policy_arn']}, which grants more than a service's own role"


@rule
def roles_of_tasks_can_be_taken_by_ecs_alone(plan: Planned) -> Iterator[str]:
    """Without a condition ECS takes the role on behalf of anybody's task: the confused deputy."""
    for task in tasks(plan):
        for which in ("task_role_arn", "execution_role_arn"):
            roles = plan.addresses(task.definition[which])
            if not roles:
                yield f"{task.role} has no {which}"
            for address in roles:
                for trust in statements(plan.resources[address]["assume_role_policy"], address):
                    if trust.principal != {"Service": "ecs-tasks.amazonaws.com"}:
                        yield f"{trust.where} trusts {trust.principal}"
                    if "aws:SourceAccount" not in trust.conditions.get("StringEquals", {}):
                        yield f"{trust.where} trusts ECS on behalf of any account"


@rule
def a_task_starts_with_exactly_the_secrets_that_it_names(plan: Planned) -> Iterator[str]:
    """One secret too few and no task starts; one too many and the web can read what only the migration needs."""
    for task in tasks(plan):
        grants = granted(plan, task.definition["execution_role_arn"])
        needed = {name for source in task.secrets.values() for name in _secret_arns(plan, source)}
        for arn in sorted(needed):
            if not allows(grants, "secretsmanager:GetSecretValue", arn):
                yield f"{task.role} can't start: its execution role may not read {arn}"
        for statement in grants:
            if statement.allows and "secretsmanager:GetSecretValue" in statement.actions:
                unneeded = [
                    pattern for pattern in statement.resources if not any(fnmatchcase(arn, pattern) for arn in needed)
                ]
                yield from (
                    f"{statement.where} reads {pattern}, which {task.role} does not name" for pattern in unneeded
                )


@rule
def a_task_may_do_what_its_variables_tell_it_to(plan: Planned) -> Iterator[str]:
    """A name of a bucket without the right to use it is found out by the first user."""
    for task in tasks(plan):
        grants = granted(plan, task.definition["task_role_arn"])
        for action, resource in _needed(plan, task):
            if not allows(grants, action, resource):
                yield f"{task.role} may not {action} on {resource}"


@rule
def variables_name_what_exists(plan: Planned) -> Iterator[str]:
    """A bucket or secret by the wrong name is an error at run time only."""
    buckets = {bucket["bucket"] for bucket in plan.of("aws_s3_bucket").values()}
    hosts = {str(record["name"]) for record in plan.of("aws_route53_record").values()}
    for task in tasks(plan):
        if task.environment.get("MEDIA_BUCKET", next(iter(buckets), None)) not in buckets:
            yield f"{task.role} is told of bucket {task.environment['MEDIA_BUCKET']}, which is not here"
        for name, value in task.environment.items():
            if name.endswith("_SECRET_ID") and not _secret_arns(plan, value):
                yield f"{task.role} is told of a secret in {name} that is not here"
            if (
                name in ("API_ORIGIN", "SITE_ORIGIN", "STATIC_URL")
                and value.removeprefix("https://").rstrip("/") not in hosts
            ):
                yield f"{task.role} is told in {name} of {value}, which has no record"
        if task.environment.get("DATABASE_HOST") is not None and not plan.addresses(task.environment["DATABASE_HOST"]):
            yield f"{task.role} is told of a database that is not here"


def _too_broad(statements: list[Statement]) -> Iterator[str]:
    for statement in statements:
        if not statement.allows:
            continue
        for action in statement.actions:
            if "*" in action:
                yield f"{statement.where} allows {action}"
        if "*" in statement.resources:
            free = [action for action in statement.actions if action not in _WITHOUT_RESOURCES]
            if free:
                yield f"{statement.where} allows {', '.join(free)} on everything"


def _secret_arns(plan: Planned, value: str) -> list[str]:
    """Return ARNs as AWS gives them to the secrets that a value refers to; RDS names the one of its master itself."""
    account, region = environments.find(plan.name).account_id, environments.find(plan.name).region
    names = []
    for address in plan.addresses(value):
        resource = plan.resources[address]
        names.append("rds!cluster-0a1b2c3d" if ".aws_rds_cluster." in address else str(resource.get("name")))
    return [f"arn:aws:secretsmanager:{region}:{account}:secret:{name}-AbC123" for name in names]


def _needed(plan: Planned, task: Task) -> Iterator[tuple[str, str]]:
    """Yield the calls that a task makes because of what its variables name."""
    account, region = environments.find(plan.name).account_id, environments.find(plan.name).region
    for name, value in task.environment.items():
        if name.endswith("_SECRET_ID"):
            for arn in _secret_arns(plan, value):
                yield "secretsmanager:GetSecretValue", arn
    bucket, url = task.environment.get("MEDIA_BUCKET"), task.environment.get("CELERY_QUEUE_URL")
    if bucket and task.role in ("web", "worker"):
        for action in ("s3:GetObject", "s3:PutObject", "s3:DeleteObject"):
            yield action, f"arn:aws:s3:::{bucket}/images/1.jpg"
    if url and task.role != "migrate":
        queue = f"arn:aws:sqs:{region}:{account}:{url.split('/')[-1]}"
        yield "sqs:SendMessage", queue
        if task.role == "worker":
            for action in ("ReceiveMessage", "DeleteMessage", "ChangeMessageVisibility", "GetQueueAttributes"):
                yield f"sqs:{action}", queue
