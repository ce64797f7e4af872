"""Plan, apply and destroy an environment: what the verbs do, without a word to the terminal.

Each operation reads the world, decides, acts and reads the world again. A saved plan is the only thing ever applied.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scripts import access as reaching
from scripts import gates, seal, workspace
from scripts.access import Access, Kind
from scripts.emulator import control
from scripts.environments import Environment
from scripts.errors import OperatorError, RefusedError
from scripts.plan import Action, Plan
from scripts.seal import SavedPlan
from scripts.terraform import Event, Listener, Terraform, TerraformError

if TYPE_CHECKING:
    from types_boto3_secretsmanager import SecretsManagerClient

_UNINITIALISED = re.compile(
    r"terraform init|Module not installed|Backend initialization required|Inconsistent dependency lock|Required plugins",
    re.IGNORECASE,
)
_MODULE_LINE = re.compile(rb"^\s*(source|version)\s*=.*$", re.MULTILINE)
_BACKEND = re.compile(rb'backend\s+"\w+"\s*\{.*?\}', re.DOTALL)
_EMULATED_PARALLELISM = 40  # the provider's waiters queue up behind each other at Terraform's 10 (docs/emulator.md)
Say = Callable[[str], None]
"""Where an operation tells what it is doing: one short phrase at a time."""


class ConvergenceError(OperatorError):
    """Report that Terraform said it was done and the state says otherwise."""


@dataclass(frozen=True, kw_only=True)
class Workplace:
    """An environment with a Terraform that can work on it: initialised, and reaching its AWS."""

    environment: Environment
    access: Access
    terraform: Terraform

    @property
    def plan_file(self) -> Path:
        """Return where this environment's saved plan lies."""
        return self.environment.work / "plan.tfplan"


@dataclass(frozen=True, kw_only=True)
class Planned:
    """A plan that was just saved, and its seal."""

    plan: Plan
    saved: SavedPlan
    offline: bool


def _silent(_phrase: str) -> None:
    pass


def plans_offline(environment: Environment) -> bool:
    """Say whether a plan has to be made offline: a real environment without credentials for it."""
    return not environment.is_local and not reaching.has_credentials()


def emulator_home(environment: Environment) -> Path:
    """Return the folder of an environment's embedded AWS."""
    return environment.work / "emulator"


def emulated(emulator: control.Emulator) -> Access:
    """Return how a process reaches an embedded AWS."""
    return Access(kind=Kind.EMULATED, variables={**emulator.environment(), **dict.fromkeys(control.UNSET)})


def reach(environment: Environment, *, say: Say = _silent) -> Access:
    """Return how to reach the environment's AWS; start the embedded one for `local` where it is not running."""
    if not environment.is_local:
        return reaching.Access(kind=Kind.AWS) if reaching.has_credentials() else reaching.OFFLINE
    home = emulator_home(environment)
    emulator = control.start(home, account_id=environment.account_id, on_event=say)
    _forget_lost_state(environment, emulator)
    return emulated(emulator)


def _forget_lost_state(environment: Environment, emulator: control.Emulator) -> None:
    """Set the local state aside if it tells of an embedded AWS that is gone: nothing in it exists any more."""
    state, mark = environment.root / "terraform.tfstate", environment.work / "applied-to"
    applied_to = mark.read_text() if mark.exists() else ""
    if state.exists() and applied_to != emulator.identity:
        environment.work.mkdir(parents=True, exist_ok=True)
        state.replace(environment.work / "lost.tfstate")
        seal.discard(environment.work / "plan.tfplan")
    environment.work.mkdir(parents=True, exist_ok=True)
    mark.write_text(emulator.identity)


def open_workplace(environment: Environment, *, say: Say = _silent, offline: bool = False) -> Workplace:
    """Return an initialised workplace: the root itself, or offline a copy of it that needs no AWS."""
    access = reaching.OFFLINE if offline else reach(environment, say=say)
    if access.kind is Kind.OFFLINE:
        folder = workspace.offline_copy(environment.name, environment.work / "offline")
        (folder / "terraform.tfstate").unlink(missing_ok=True)
    else:
        folder = environment.root
    terraform = terraform_in(folder, access, logs=environment.work / "logs")
    initialise(terraform, say=say)
    return Workplace(environment=environment, access=access, terraform=terraform)


def terraform_in(folder: Path, access: Access, *, logs: Path) -> Terraform:
    """Return a Terraform at work in a folder, reaching its AWS; the embedded one has no rate limit to respect."""
    parallelism = _EMULATED_PARALLELISM if access.kind is Kind.EMULATED else None
    return Terraform(folder=folder, logs=logs, environment=access.variables, parallelism=parallelism)


def initialise(terraform: Terraform, *, say: Say = _silent, always: bool = False, **options: Any) -> bool:
    """Run `terraform init` where what it depends on has changed; say whether it ran."""
    mark = terraform.folder / ".terraform" / "initialised-from"
    wanted = _initialised_from(terraform.folder)
    if not always and mark.exists() and mark.read_text() == wanted:
        return False
    say("initialising Terraform")
    terraform.init(**options)
    mark.parent.mkdir(exist_ok=True)
    mark.write_text(wanted)
    return True


def _initialised_from(folder: Path) -> str:
    """Hash what `terraform init` reads: where modules and provider come from, the backend, the lock file."""
    digest = hashlib.sha256()
    lock = folder / ".terraform.lock.hcl"
    digest.update(lock.read_bytes() if lock.exists() else b"")
    for file in sorted(folder.glob("*.tf")):
        text = file.read_bytes()
        digest.update(b"\n".join(found.group() for lines in (_MODULE_LINE, _BACKEND) for found in lines.finditer(text)))
    for file in sorted((folder.parent.parent / "stack").glob("*.tf")):
        digest.update(b"\n".join(found.group() for found in _MODULE_LINE.finditer(file.read_bytes())))
    return digest.hexdigest()


def make_plan(
    workplace: Workplace,
    *,
    on_event: Listener | None = None,
    image_digest: str | None = None,
    destroy: bool = False,
    say: Say = _silent,
) -> Planned:
    """Plan, save and seal; the plan knows addresses and actions (`read_plan` adds the attributes)."""
    environment, terraform = workplace.environment, workplace.terraform
    configuration = seal.configuration_hash(environment)
    file = workplace.plan_file
    seal.discard(file)
    file.parent.mkdir(parents=True, exist_ok=True)
    events: list[Event] = []

    def listen(event: Event) -> None:
        events.append(event)
        if on_event is not None:
            on_event(event)

    options = {"destroy": True} if destroy else {}
    terraform = with_image(terraform, image_digest)
    try:
        terraform.plan(file, on_event=listen, **options)
    except TerraformError as error:
        if not _UNINITIALISED.search(str(error)):
            raise
        initialise(terraform, say=say, always=True)
        events.clear()
        terraform.plan(file, on_event=listen, **options)
    plan = Plan.from_events(events)
    offline = workplace.access.kind is Kind.OFFLINE
    saved = seal.save(
        file,
        environment,
        offline=offline,
        image_digest=image_digest,
        destroys=destroy,
        empty=plan.is_empty,
        configuration=configuration,
    )
    return Planned(plan=plan, saved=saved, offline=offline)


def read_plan(workplace: Workplace) -> Plan:
    """Read the saved plan with every attribute; takes Terraform a few seconds."""
    return Plan.parse(workplace.terraform.show(workplace.plan_file))


def breaches(workplace: Workplace, saved: SavedPlan, *, image_digest: str | None = None) -> list[str]:
    """Say why the saved plan must not be applied any more."""
    digest = saved.seal.image_digest if image_digest is None else image_digest
    return seal.breaches(saved, workplace.environment, state=workplace.terraform.state(), image_digest=digest)


def refuse_unless_reachable(environment: Environment, verb: str) -> None:
    """Raise, in one sentence, if a verb needs the environment's AWS and it can't be reached from here."""
    if not environment.is_local and not reaching.has_credentials():
        raise reaching.NoCredentialsError(
            f"{verb} --env={environment.name} needs AWS credentials for account {environment.account_id} and none were"
            " found: log in first (AWS_PROFILE, `aws sso login`), or see it work without an account with"
            f" `invoke rehearse --env={environment.name}`."
        )


def refuse_unless_running(environment: Environment, verb: str) -> None:
    """Raise, in one sentence, if a verb asks of what is applied and nothing can be there to answer."""
    refuse_unless_reachable(environment, verb)
    if environment.is_local and control.find(emulator_home(environment)) is None:
        raise OperatorError(
            f"Nothing is applied to {environment.name}: its embedded AWS is not running, and forgets everything when it stops."
            f" invoke apply --env={environment.name} starts it."
        )


def refuse_unless_applicable(environment: Environment, verb: str = "apply") -> None:
    """Raise, in one sentence, if nothing can be applied to this environment from here."""
    refuse_unless_reachable(environment, verb)
    placeholders = environment.placeholders()
    if not environment.is_local and placeholders:
        raise RefusedError(
            f"terraform/envs/{environment.name}/main.tf still holds this template's {', '.join(placeholders)}: put your own there"
            " (README, “Going live”)."
        )


def apply(
    workplace: Workplace,
    saved: SavedPlan,
    plan: Plan,
    *,
    allowed: Collection[str] = (),
    reason: str | None = None,
    on_event: Listener | None = None,
) -> None:
    """Apply a saved plan whose seal holds and that no gate refuses; `plan` is what `read_plan` says of it.

    Raise RefusedError with the reasons, TerraformError if Terraform fails, and ConvergenceError if the state afterwards is
    not what the plan said. The accepted losses are recorded before anything is lost.
    """
    environment = workplace.environment
    refuse_unless_applicable(environment)
    reasons = breaches(workplace, saved)
    if reasons:
        raise RefusedError(
            "This plan is not applied. " + " ".join(reasons) + f" Run `invoke plan --env={environment.name}` again."
        )
    reasons = refusals(workplace, plan, saved, allowed=allowed, reason=reason)
    if reasons:
        raise RefusedError("This plan is not applied. " + " ".join(reasons))
    record(
        workplace,
        {
            "plan": saved.seal.plan,
            "counts": dict(plan.counts()),
            "allowed": sorted(allowed),
            "reason": reason,
        },
    )
    with_image(workplace.terraform, saved.seal.image_digest).apply(workplace.plan_file, on_event=on_event)
    unconverged = differences_after(plan, workplace.terraform.state())
    if unconverged:
        raise ConvergenceError(
            f"Terraform reported success, but the state does not hold what was planned ({', '.join(unconverged[:5])}):"
            f" run `invoke plan --env={environment.name}` and look before anything else."
        )
    seal.discard(workplace.plan_file)


def refusals(
    workplace: Workplace,
    plan: Plan,
    saved: SavedPlan,
    *,
    allowed: Collection[str] = (),
    reason: str | None = None,
) -> list[str]:
    """Say what the gates have against a plan. `local` holds nothing that the next apply would not make again."""
    environment = workplace.environment
    if saved.seal.destroys:
        return gates.destroy_refusals(environment)
    if environment.is_local:
        return []
    return gates.refusals(plan, allowed=allowed, reason=reason)


def open_secrets(environment: Environment) -> tuple[SecretsManagerClient, dict[str, Any]]:
    """Return a client for the environment's secrets, and the secrets that it declares by key."""
    refuse_unless_running(environment, "secrets")
    workplace = open_workplace(environment)
    return secrets_client(workplace), declared_secrets(workplace.terraform.output(), environment)


def secrets_client(workplace: Workplace) -> SecretsManagerClient:
    """Return a client for the environment's secrets."""
    session = workplace.access.session(workplace.environment.region)
    return session.client("secretsmanager", endpoint_url=workplace.access.endpoint)


def declared_secrets(outputs: dict[str, Any], environment: Environment) -> dict[str, Any]:
    """Return the secrets in the outputs; raise OperatorError where nothing is applied yet."""
    if "secrets" not in outputs:
        raise OperatorError(
            f"{environment.name} has no secrets: apply it first (invoke apply --env={environment.name})."
        )
    declared: dict[str, Any] = outputs["secrets"]
    return declared


def with_image(terraform: Terraform, image_digest: str | None) -> Terraform:
    """Return the same Terraform with the digest of the running image passed to it."""
    if image_digest is None:
        return terraform
    variables = {**terraform.environment, "TF_VAR_image_digest": image_digest}
    return dataclasses.replace(terraform, environment=variables)


def differences_after(plan: Plan, state: dict[str, Any] | None) -> list[str]:
    """List the addresses at which the state is not what the plan said: missing, tainted, or still there."""
    present, tainted = addresses(state)
    found = []
    for change in plan.acting():
        if change.action in (Action.DELETE, Action.FORGET):
            wrong = change.address in present
        else:
            wrong = change.address not in present or change.address in tainted
        if wrong:
            found.append(change.address)
    return found


def addresses(state: dict[str, Any] | None) -> tuple[set[str], set[str]]:
    """Return the addresses of the managed resources in a state (format 4), and those among them that are tainted."""
    present, tainted = set(), set()
    for resource in (state or {}).get("resources", ()):
        if resource["mode"] != "managed":
            continue
        module = f"{resource['module']}." if "module" in resource else ""
        for instance in resource["instances"]:
            key = instance.get("index_key")
            suffix = "" if key is None else f"[{json.dumps(key)}]"
            address = f"{module}{resource['type']}.{resource['name']}{suffix}"
            present.add(address)
            if instance.get("status") == "tainted":
                tainted.add(address)
    return present, tainted


def forget_task_definitions(access: Access, environment: Environment) -> list[str]:
    """Deregister what a destroy leaves of the task definitions; return their families and revisions.

    Terraform keeps old revisions active (`skip_destroy`), because ECS rolls a service back to the one before.
    """
    ecs = access.session(environment.region).client("ecs", endpoint_url=access.endpoint)
    pages = ecs.get_paginator("list_task_definitions").paginate(status="ACTIVE")
    arns = [arn for page in pages for arn in page["taskDefinitionArns"]]
    own = [arn for arn in arns if arn.rsplit("/", 1)[-1].startswith(f"{environment.prefix}-")]
    for arn in own:
        ecs.deregister_task_definition(taskDefinition=arn)
    return [arn.rsplit("/", 1)[-1] for arn in own]


def record(workplace: Workplace, entry: dict[str, Any]) -> None:
    """Keep who applied what and which losses were accepted why: beside the state, or in the work folder for `local`."""
    import getpass

    environment = workplace.environment
    stamp = time.strftime("%Y-%m-%dT%H-%M-%SZ", time.gmtime())
    body = (
        json.dumps({"at": stamp, "by": getpass.getuser(), "environment": environment.name, **entry}, sort_keys=True)
        + "\n"
    )
    if environment.state is None:
        with (environment.work / "applies.jsonl").open("a") as file:
            file.write(body)
        return
    client = workplace.access.session(environment.state.region).client("s3", endpoint_url=workplace.access.endpoint)
    client.put_object(Bucket=environment.state.bucket, Key=f"applies/{stamp}.json", Body=body.encode())
