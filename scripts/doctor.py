"""Examine this machine and checkout: what the verbs need, what is missing, and the one command that mends it.

Each examination yields findings and raises nothing: a doctor that fails says nothing about the rest.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path

from scripts import toolchain
from scripts.errors import OperatorError
from scripts.toolchain import REPOSITORY, Machine

_SET_UP = "scripts/run doctor"
_FREE_WANTED = 3 * 10**9  # The environment takes 0.5 GB, a downloaded provider 0.8 GB, plans and logs the rest.
_FREE_NEEDED = 5 * 10**8
_OLDEST_NODE = 20
_BUILDERS = ("docker", "podman", "buildah", "finch", "nerdctl")
_ANSWER_SECONDS = 5


class Status(StrEnum):
    """How bad it is: `warning` costs a convenience, `wrong` makes some verb fail."""

    FINE = "fine"
    WARNING = "warning"
    WRONG = "wrong"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One line of the examination; `mend` is a command to type or None, where there is nothing to do."""

    name: str
    status: Status
    detail: str
    mend: str | None = None

    def document(self) -> dict[str, str | None]:
        """Return it for a machine."""
        return asdict(self)


def examine(machine: Machine | None = None, root: Path = REPOSITORY) -> Iterator[Finding]:
    """Yield the findings as they are made; the last ones may wait a few seconds for AWS to answer."""
    machine = machine or Machine(tools=root / ".tools")
    yield python_finding(root)
    yield packages_finding(root)
    yield terraform_finding(machine)
    yield provider_finding(machine)
    yield locks_finding(root)
    yield disk_finding(root)
    yield emulator_finding()
    yield optional_finding(
        "git", ("git",), machine, "`rehearse --base=REF` compares with a git revision", "install git"
    )
    yield node_finding(machine)
    yield optional_finding(
        "image builder",
        _BUILDERS,
        machine,
        "images can't be built on this machine; the pipeline builds them",
        "install Docker or Podman",
    )
    yield from aws_findings(machine)


def python_finding(root: Path) -> Finding:
    """Say which Python runs this."""
    detail = f"{sys.version.split()[0]} ({sys.executable})"
    if Path(sys.prefix).resolve() != (root / ".venv").resolve():
        return Finding(
            name="Python", status=Status.WARNING, detail=f"{detail}, not the environment of this checkout", mend=_SET_UP
        )
    return Finding(name="Python", status=Status.FINE, detail=detail)


def packages_finding(root: Path) -> Finding:
    """Say whether the environment has the locked packages."""
    from scripts import install

    if install.packages_are_complete(root):
        count = len(re.findall(r"^\S+==", (root / "requirements.lock").read_text(), re.MULTILINE))
        return Finding(name="packages", status=Status.FINE, detail=f"{count} as requirements.lock says")
    return Finding(
        name="packages", status=Status.WRONG, detail=".venv is not what requirements.lock says", mend=_SET_UP
    )


def terraform_finding(machine: Machine) -> Finding:
    """Say which Terraform the verbs run."""
    try:
        found = toolchain.find_terraform(machine)
    except OperatorError as error:
        return Finding(name="Terraform", status=Status.WRONG, detail=str(error), mend=_SET_UP)
    now = toolchain.version_of(found.path)  # A version manager's shim may have changed its mind.
    if now is None or not toolchain.acceptable(now):
        detail = f"{found.path} is {now or 'not running'}; >= 1.11, < 2 is needed"
        return Finding(name="Terraform", status=Status.WRONG, detail=detail, mend="rm .tools/ready && " + _SET_UP)
    return Finding(name="Terraform", status=Status.FINE, detail=f"{now} ({found.path})")


def provider_finding(machine: Machine) -> Finding:
    """Say where the AWS provider comes from."""
    own = toolchain.users_configuration(machine)
    if own is not None:
        return Finding(name="AWS provider", status=Status.FINE, detail=f"by way of your own {own}")
    try:
        found = toolchain.find_provider(machine)
    except OperatorError as error:
        return Finding(
            name="AWS provider",
            status=Status.WRONG,
            detail=str(error),
            mend=f"unset {toolchain.PROVIDER_VARIABLE} && {_SET_UP}",
        )
    if found is None:
        detail = f"{toolchain.PROVIDER_VERSION} is in no folder of this machine"
        return Finding(name="AWS provider", status=Status.WRONG, detail=detail, mend=f"rm -f .tools/ready && {_SET_UP}")
    detail = f"{toolchain.PROVIDER_VERSION} ({found.folder}, {found.source})"
    return Finding(name="AWS provider", status=Status.FINE, detail=detail)


def locks_finding(root: Path) -> Finding:
    """Say whether every root locks the same provider."""
    locks = sorted((root / "terraform").glob("**/.terraform.lock.hcl"))
    locks = [lock for lock in locks if ".terraform" not in lock.parts]
    missing = [
        path.parent
        for path in (root / "terraform" / "envs").glob("*/main.tf")
        if path.parent not in {lock.parent for lock in locks}
    ]
    if missing:
        listed = ", ".join(str(folder.relative_to(root)) for folder in missing)
        mend = f"cp {toolchain.PROVIDER_LOCK.relative_to(REPOSITORY)} {missing[0].relative_to(root)}/"
        return Finding(name="provider locks", status=Status.WRONG, detail=f"none in {listed}", mend=mend)
    if len({lock.read_bytes() for lock in locks}) != 1:
        return Finding(
            name="provider locks",
            status=Status.WRONG,
            detail=f"the {len(locks)} lock files differ: roots would run different providers",
            mend="git checkout -- 'terraform/**/.terraform.lock.hcl'",
        )
    return Finding(name="provider locks", status=Status.FINE, detail=f"{len(locks)} roots, one provider")


def disk_finding(root: Path) -> Finding:
    """Say whether there is room for the environment, the provider and plans."""
    free = shutil.disk_usage(root).free
    status = Status.FINE if free >= _FREE_WANTED else Status.WARNING if free >= _FREE_NEEDED else Status.WRONG
    mend = None if status is Status.FINE else "rm -rf .work .mypy_cache .pytest_cache"
    return Finding(name="disk", status=status, detail=f"{free / 1e9:.1f} GB free", mend=mend)


def emulator_finding() -> Finding:
    """Say whether the embedded AWS of `local` runs and whether it has what was applied to it."""
    try:
        from scripts import environments, operations
        from scripts.emulator import control

        home = operations.emulator_home(environments.find(environments.LOCAL))
        left = (home / "address.json").exists()
        found = control.find(home)
    except (OperatorError, OSError) as error:
        return Finding(name="embedded AWS", status=Status.WRONG, detail=str(error), mend="scripts/run emulator.stop")
    if found is not None:
        return Finding(
            name="embedded AWS", status=Status.FINE, detail=f"runs at {found.endpoint} (process {found.pid})"
        )
    if left:
        return Finding(
            name="embedded AWS",
            status=Status.WARNING,
            detail="has ended without being stopped, and what was applied to it is gone",
            mend="scripts/run apply --env=local",
        )
    return Finding(name="embedded AWS", status=Status.FINE, detail="not running; the verbs start it when they need it")


def optional_finding(name: str, programs: tuple[str, ...], machine: Machine, without: str, mend: str) -> Finding:
    """Say whether PATH has one of some programs that are convenient to have."""
    path = machine.variables.get("PATH", "")
    for program in programs:
        found = shutil.which(program, path=path)
        if found is not None:
            return Finding(name=name, status=Status.FINE, detail=found)
    return Finding(
        name=name, status=Status.WARNING, detail=f"{' or '.join(programs)} not on PATH: {without}", mend=mend
    )


def node_finding(machine: Machine) -> Finding:
    """Say whether Node.js is there for the front end and for CDK for Terraform."""
    found = shutil.which("node", path=machine.variables.get("PATH", ""))
    version = _answer([found, "--version"]) if found else None
    number = re.match(r"v(\d+)\.", version or "")
    if number is not None and int(number[1]) >= _OLDEST_NODE:
        return Finding(name="Node.js", status=Status.FINE, detail=f"{version} ({found})")
    detail = f"{version or 'not on PATH'}: the front end and the stacks in Python need {_OLDEST_NODE} or newer"
    return Finding(name="Node.js", status=Status.WARNING, detail=detail, mend=f"install Node.js >= {_OLDEST_NODE}")


def aws_findings(machine: Machine, identity: Callable[[], str] | None = None) -> Iterator[Finding]:
    """Say whether there are AWS credentials and which environments' account they belong to.

    `identity` returns the account of the credentials; the default asks AWS.
    """
    from scripts import access, environments

    real = [environments.find(name) for name in environments.names() if name != environments.LOCAL]
    placeholders = [
        environment.name for environment in real if environment.account_id in environments.PLACEHOLDER_ACCOUNTS
    ]
    if placeholders:
        yield Finding(
            name="accounts",
            status=Status.WARNING,
            detail=f"{', '.join(placeholders)} still have this template's placeholder account",
            mend=f"$EDITOR terraform/envs/{placeholders[0]}/main.tf",
        )
    if not access.has_credentials(machine.variables, machine.home):
        yield Finding(
            name="AWS credentials",
            status=Status.WARNING,
            detail="none: plans of staging and prod are offline; `rehearse` and `local` need none",
            mend="aws configure sso",
        )
        return
    try:
        account = (identity or _account)()
    except Exception as error:  # noqa: BLE001  # whatever boto3 raises is the answer to the question
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        yield Finding(
            name="AWS credentials",
            status=Status.WRONG,
            detail=f"refused or out of reach: {reason}",
            mend="aws sso login",
        )
        return
    matching = [environment.name for environment in real if environment.account_id == account]
    if matching:
        detail = f"account {account}, that of {', '.join(matching)}"
        yield Finding(name="AWS credentials", status=Status.FINE, detail=detail)
        return
    known = ", ".join(f"{environment.name} {environment.account_id}" for environment in real)
    yield Finding(
        name="AWS credentials",
        status=Status.WRONG,
        detail=f"account {account} is that of no environment ({known})",
        mend="export AWS_PROFILE=NAME",
    )


def _account() -> str:
    import boto3
    from botocore.config import Config

    config = Config(connect_timeout=_ANSWER_SECONDS, read_timeout=_ANSWER_SECONDS, retries={"total_max_attempts": 1})
    region = os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or "eu-west-1"
    return boto3.client("sts", region_name=region, config=config).get_caller_identity()["Account"]


def _answer(command: list[str]) -> str | None:
    import subprocess

    try:
        ran = subprocess.run(command, capture_output=True, text=True, timeout=_ANSWER_SECONDS, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return ran.stdout.strip()
