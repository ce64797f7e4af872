"""Make what must exist before an environment's first apply: the bucket of its state and the hosted zone of its domain.

`terraform/bootstrap` describes both. Its own state lies in the bucket that it makes, which takes two steps the first time:
apply with the state in a local file, then move the state into the bucket. Each step is found done or undone by looking, so
a run that was cut short is finished by the next one.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from typing import Any

from scripts import workspace
from scripts.access import Access
from scripts.environments import PLACEHOLDER_ZONE, Environment, State
from scripts.errors import OperatorError, RefusedError, UsageError
from scripts.operations import Say, addresses, differences_after, refuse_unless_reachable
from scripts.plan import Plan
from scripts.terraform import Listener, Terraform

KEY = "bootstrap.tfstate"
_BUCKET_ADDRESS = "module.state_bucket.aws_s3_bucket.this"
_LOCAL_BACKEND = 'terraform {\n  backend "local" {}\n}\n'


class ForeignBucketError(OperatorError):
    """Report that the bucket's name is taken by another account."""


@dataclass(frozen=True, kw_only=True)
class Bootstrapped:
    """What was found and done: changes by address, the zone's id and name servers (None without a zone)."""

    bucket: str
    existed: bool
    changes: list[str]
    hosted_zone: dict[str, Any] | None


def run(environment: Environment, access: Access, *, say: Say, on_event: Listener | None = None) -> Bootstrapped:
    """Bring bucket and zone to what `terraform/bootstrap` says; raise if the bucket is somebody else's."""
    state = environment.state
    if state is None:
        raise UsageError(f"{environment.name} keeps its state in a file: there is nothing to bootstrap.")
    client = access.session(state.region).client("s3", endpoint_url=access.endpoint)
    say(f"looking for bucket {state.bucket}")
    existed = _bucket_exists(client, state.bucket, environment.account_id)
    in_bucket = existed and _object_exists(client, state.bucket, KEY)

    folder = workspace.bootstrap_copy(environment.work / "bootstrap")
    variables = {**access.variables, **_variables(environment, state)}
    terraform = Terraform(folder=folder, logs=environment.work / "logs", environment=variables)
    override, file = folder / "backend_override.tf", folder / "terraform.tfstate"
    backend = {"bucket": state.bucket, "key": KEY, "region": state.region}
    shutil.rmtree(folder / ".terraform", ignore_errors=True)
    if in_bucket:
        override.unlink(missing_ok=True)
        terraform.init(backend_config=backend)
    else:
        override.write_text(_LOCAL_BACKEND)
        terraform.init()
        if existed and not file.exists():
            say(f"taking over bucket {state.bucket}, which exists without a state of its own")
            terraform.import_(_BUCKET_ADDRESS, state.bucket)

    if _makes_zone(environment, terraform.state()):
        terraform = Terraform(
            folder=folder,
            logs=terraform.logs,
            environment={**variables, "TF_VAR_domain_name": environment.domain},
        )
    plan_file = folder / "bootstrap.tfplan"
    say("planning")
    changed = terraform.plan(plan_file, on_event=on_event)
    plan = Plan.parse(terraform.show(plan_file))
    _refuse_losses(plan)
    if changed:
        say("applying")
        terraform.apply(plan_file, on_event=on_event)
    if not in_bucket:
        say(f"moving the state into {state.bucket}")
        override.unlink()
        terraform.init(backend_config=backend, migrate_state=True, force_copy=True)
        if not _object_exists(client, state.bucket, KEY):
            raise OperatorError(
                f"The state did not arrive in {state.bucket}: it is still in {file}; run bootstrap again."
            )
    present = terraform.state()
    unconverged = differences_after(plan, present)
    if unconverged:
        raise OperatorError(f"The bootstrap did not converge at {', '.join(unconverged)}: run it again.")
    shutil.rmtree(folder.parent.parent, ignore_errors=True)
    outputs = {name: item["value"] for name, item in (present or {}).get("outputs", {}).items()}
    return Bootstrapped(
        bucket=state.bucket,
        existed=existed,
        changes=[f"{change.action.value} {change.address}" for change in plan.acting()],
        hosted_zone=outputs.get("hosted_zone"),
    )


def refuse_unless_possible(environment: Environment) -> None:
    """Raise, in one sentence, if this environment can't be bootstrapped from here."""
    if environment.state is None:
        raise UsageError(f"{environment.name} keeps its state in a file: there is nothing to bootstrap.")
    refuse_unless_reachable(environment, "bootstrap")
    placeholders = [item for item in environment.placeholders() if not item.startswith("hosted zone")]
    if placeholders:
        raise RefusedError(
            f"terraform/envs/{environment.name}/main.tf still holds this template's {', '.join(placeholders)}: put your own there"
            " (README, “Going live”)."
        )


def _variables(environment: Environment, state: State) -> dict[str, str]:
    return {
        "TF_VAR_bucket": state.bucket,
        "TF_VAR_account_id": environment.account_id,
        "TF_VAR_region": state.region,
        "TF_VAR_tags": json.dumps(
            {"Project": environment.project, "Environment": environment.name, "ManagedBy": "terraform"}
        ),
    }


def _makes_zone(environment: Environment, present: dict[str, Any] | None) -> bool:
    """Say whether the zone is ours to make: the root names none yet, or an earlier bootstrap made it."""
    made = any(address.startswith("module.hosted_zone") for address in addresses(present)[0])
    return environment.domain is not None and (made or environment.zone_id == PLACEHOLDER_ZONE)


def _refuse_losses(plan: Plan) -> None:
    from scripts import gates

    reasons = gates.refusals(plan)
    if reasons:
        raise RefusedError("Nothing was changed. " + " ".join(reasons))


def _bucket_exists(client: Any, bucket: str, account_id: str) -> bool:
    from botocore.exceptions import ClientError

    try:
        client.head_bucket(Bucket=bucket, ExpectedBucketOwner=account_id)
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] == 404:
            return False
        raise ForeignBucketError(
            f"Bucket {bucket} exists but account {account_id} can't use it, so the name may be somebody else's:"
            " choose another in the backend block of the root."
        ) from error
    return True


def _object_exists(client: Any, bucket: str, key: str) -> bool:
    from botocore.exceptions import ClientError

    try:
        client.head_object(Bucket=bucket, Key=key)
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] == 404:
            return False
        raise
    return True
