"""Read the applied tasks back from ECS, and start none that ECS could not start.

Before a container runs, ECS itself acts with the execution role: it pulls the image, reads the secrets and opens the
log (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_execution_IAM_role.html). Each of these is held
against the role's policies as they are in AWS, so that a permission forgotten in Terraform is noticed here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from scripts.errors import OperatorError
from scripts.laptop import policy

if TYPE_CHECKING:
    from scripts.laptop.clients import Clients

_ECS = "ecs-tasks.amazonaws.com"
_ECR_IMAGE = re.compile(r"(?P<account>[0-9]{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com/(?P<name>[^@:]+)")
_SECRET = re.compile(
    r"(?P<arn>arn:[^:]+:secretsmanager:(?P<region>[^:]*):[^:]*:secret:[^:]+)"
    r"(:(?P<key>[^:]*):(?P<stage>[^:]*):(?P<version>[^:]*))?"
)
_PARAMETER = re.compile(r"arn:[^:]+:ssm:(?P<region>[^:]*):[^:]*:parameter(?P<name>/.+)")
_DEFAULT_STOP_SECONDS = 30


class UnstartableError(OperatorError):
    """Report tasks that ECS could not start."""


@dataclass(frozen=True, kw_only=True)
class Role:
    """An IAM role: who may take it, and what it may do."""

    name: str
    trust: Mapping[str, Any]
    policies: tuple[Mapping[str, Any], ...]

    def allows(self, action: str, resource: str | None, context: policy.Context | None = None) -> bool:
        """Say whether the role may do something."""
        request = policy.Request(action=action, resource=resource, context=context or {})
        return policy.allows(self.policies, request)


@dataclass(frozen=True, kw_only=True)
class Task:
    """A task as it was applied: the first container of its definition, and both its roles.

    `secrets` maps a variable to where its value comes from, in the words of the task definition.
    """

    role: str
    definition: str
    image: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    secrets: Mapping[str, str]
    port: int | None
    stop_seconds: int
    log_group: str | None
    execution_role: Role
    task_role: Role
    task_role_arn: str


@dataclass(frozen=True, kw_only=True)
class SecretPlace:
    """Where a `valueFrom` points: a secret or one key of its JSON, or an SSM parameter."""

    arn: str
    region: str
    key: str = ""
    stage: str = ""
    version: str = ""
    is_parameter: bool = field(default=False)


def secret_place(value_from: str, *, region: str, account_id: str) -> SecretPlace:
    """Read a `valueFrom`; raise UnstartableError for one that ECS would not understand.

    The forms: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Secret.html.
    """
    found = _SECRET.fullmatch(value_from)
    if found:
        return SecretPlace(
            arn=found["arn"],
            region=found["region"],
            key=found["key"] or "",
            stage=found["stage"] or "",
            version=found["version"] or "",
        )
    found = _PARAMETER.fullmatch(value_from)
    if found:
        return SecretPlace(arn=value_from, region=found["region"], is_parameter=True)
    if re.fullmatch(r"[\w./-]+", value_from):
        arn = f"arn:aws:ssm:{region}:{account_id}:parameter/{value_from.lstrip('/')}"
        return SecretPlace(arn=arn, region=region, is_parameter=True)
    raise UnstartableError(
        f"{value_from!r} is no place that ECS takes a secret from: write the ARN of a secret or of an SSM parameter."
    )


def read(clients: Clients, *, cluster: str, families: Mapping[str, tuple[str, str | None]]) -> dict[str, Task]:
    """Read tasks by role; `families` maps a role to its family and its service (None for a one-off task).

    A service runs the revision that the service names, a one-off task the newest of its family.
    """
    ecs = clients.ecs
    names = [service for _, service in families.values() if service is not None]
    described = ecs.describe_services(cluster=cluster, services=names)["services"] if names else []
    revisions = {service["serviceName"]: service["taskDefinition"] for service in described}
    missing = sorted(set(names) - set(revisions))
    if missing:
        raise UnstartableError(
            f"The cluster {cluster} has no service {', '.join(missing)}: run `invoke apply --env=local`, and look at"
            " what it says."
        )
    return {
        role: _task(clients, role, revisions[service] if service is not None else family)
        for role, (family, service) in families.items()
    }


def _task(clients: Clients, role: str, revision: str) -> Task:
    definition = clients.ecs.describe_task_definition(taskDefinition=revision)["taskDefinition"]
    container = definition["containerDefinitions"][0]
    log = container.get("logConfiguration", {}).get("options", {})
    return Task(
        role=role,
        definition=f"{definition['family']}:{definition['revision']}",
        image=container["image"],
        command=tuple(container.get("command", ())),
        environment={item["name"]: item["value"] for item in container.get("environment", ())},
        secrets={item["name"]: item["valueFrom"] for item in container.get("secrets", ())},
        port=next((item["containerPort"] for item in container.get("portMappings", ())), None),
        stop_seconds=container.get("stopTimeout", _DEFAULT_STOP_SECONDS),
        log_group=log.get("awslogs-group"),
        execution_role=read_role(clients, definition.get("executionRoleArn"), f"the execution role of {role}"),
        task_role=read_role(clients, definition.get("taskRoleArn"), f"the task role of {role}"),
        task_role_arn=definition.get("taskRoleArn", ""),
    )


def read_role(clients: Clients, arn: str | None, what: str) -> Role:
    """Read a role with everything that its policies say, attached ones and its own."""
    if not arn:
        raise UnstartableError(f"{what.capitalize()} is not set in its task definition: name one in Terraform.")
    iam, name = clients.iam, arn.rsplit("/", 1)[-1]
    try:
        trust = iam.get_role(RoleName=name)["Role"]["AssumeRolePolicyDocument"]
    except ClientError as error:
        raise UnstartableError(f"{what.capitalize()}, {arn}, does not exist: {error}") from error
    documents: list[Any] = []
    for attached in iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]:
        version = iam.get_policy(PolicyArn=attached["PolicyArn"])["Policy"]["DefaultVersionId"]
        found = iam.get_policy_version(PolicyArn=attached["PolicyArn"], VersionId=version)
        documents.append(found["PolicyVersion"]["Document"])
    own = iam.list_role_policies(RoleName=name)["PolicyNames"]
    documents += [iam.get_role_policy(RoleName=name, PolicyName=item)["PolicyDocument"] for item in own]
    return Role(name=name, trust=_document(trust), policies=tuple(_document(item) for item in documents))


def _document(value: Any) -> Mapping[str, Any]:
    parsed: Mapping[str, Any] = json.loads(value) if isinstance(value, str) else value
    return parsed


def refusals(
    task: Task, *, region: str, account_id: str, keys: Mapping[str, str | None], log_groups: Iterable[str]
) -> list[str]:
    """Say, a sentence each, why ECS could not start a task; `keys` maps the ARN of a secret to its key's (None: AWS's own)."""
    role, found = task.execution_role, []
    source = {"aws:SourceAccount": account_id, "aws:SourceArn": f"arn:aws:ecs:{region}:{account_id}:*"}
    for taken in (role, task.task_role):
        request = policy.Request(action="sts:AssumeRole", resource=None, context=source, principal=_ECS)
        if not policy.allows([taken.trust], request):
            found.append(f"The role {taken.name} does not trust {_ECS} (terraform/modules/service/iam.tf).")

    def need(action: str, resource: str, why: str, context: policy.Context | None = None) -> None:
        if not role.allows(action, resource, context):
            found.append(f"The execution role {role.name} lacks {action} on {resource}, {why}.")

    image = _ECR_IMAGE.match(task.image)
    if image:
        repository = f"arn:aws:ecr:{image['region']}:{image['account']}:repository/{image['name']}"
        need("ecr:GetAuthorizationToken", "*", "to log in to the registry")
        for action in ("ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"):
            need(action, repository, "to pull the image")
    if task.log_group is not None:
        if task.log_group not in set(log_groups):
            found.append(f"The log group {task.log_group} of {task.role} does not exist.")
        stream = f"arn:aws:logs:{region}:{account_id}:log-group:{task.log_group}:log-stream:task/{task.role}/1"
        for action in ("logs:CreateLogStream", "logs:PutLogEvents"):
            need(action, stream, "to write the task's log")
    for name, value_from in sorted(task.secrets.items()):
        place = secret_place(value_from, region=region, account_id=account_id)
        why = f"which the variable {name} of {task.role} comes from"
        need("ssm:GetParameters" if place.is_parameter else "secretsmanager:GetSecretValue", place.arn, why)
        key = keys.get(place.arn)
        if key is not None:
            service = "ssm" if place.is_parameter else "secretsmanager"
            context = {
                "kms:ViaService": f"{service}.{place.region}.amazonaws.com",
                "kms:EncryptionContext:SecretARN": place.arn,
            }
            need("kms:Decrypt", key, f"the key of {place.arn}, {why}", context)
    return found


def resolve(clients: Clients, task: Task, *, region: str, account_id: str) -> dict[str, str]:
    """Return the values of a task's secrets by variable, as ECS would put them into its environment."""
    return {
        name: _value(clients, name, secret_place(value_from, region=region, account_id=account_id), task)
        for name, value_from in sorted(task.secrets.items())
    }


def _value(clients: Clients, name: str, place: SecretPlace, task: Task) -> str:
    subject = f"The variable {name} of {task.role}"
    try:
        if place.is_parameter:
            parameter = "/" + place.arn.split(":parameter/", 1)[1]
            return clients.ssm.get_parameter(Name=parameter, WithDecryption=True)["Parameter"]["Value"]
        which: dict[str, Any] = {"VersionStage": place.stage} if place.stage else {}
        which |= {"VersionId": place.version} if place.version else {}
        text = clients.secretsmanager.get_secret_value(SecretId=place.arn, **which)["SecretString"]
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "")
        raise UnstartableError(
            f"{subject} has no value: {place.arn} answers {code or error}; `invoke secrets.list --env=local` shows"
            " which secrets have one."
        ) from error
    except KeyError as error:
        raise UnstartableError(f"{subject} can't be binary, and {place.arn} is: store text.") from error
    if not place.key:
        return text
    try:
        return str(json.loads(text)[place.key])
    except (ValueError, KeyError, TypeError) as error:
        raise UnstartableError(f"{subject} is the key {place.key!r} of {place.arn}, which has no such key.") from error


def secret_keys(clients: Clients, tasks: Iterable[Task], *, region: str, account_id: str) -> dict[str, str | None]:
    """Map the secrets that tasks start with to the ARN of the key that encrypts them, None for AWS's own key."""
    found: dict[str, str | None] = {}
    for task in tasks:
        for value_from in task.secrets.values():
            place = secret_place(value_from, region=region, account_id=account_id)
            if place.arn in found or place.is_parameter:
                continue
            try:
                key = clients.secretsmanager.describe_secret(SecretId=place.arn).get("KmsKeyId")
            except ClientError as error:
                raise UnstartableError(
                    f"{task.role} starts with the secret {place.arn}, which does not exist: {error}"
                ) from error
            found[place.arn] = clients.key_arn(key)
    return found
