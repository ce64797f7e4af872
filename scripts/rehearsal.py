"""Rehearse an environment without an account: its own root, unchanged, on an embedded AWS of its own.

Apply (at another git ref first, if one is given), plan again and find nothing to do, destroy, and find nothing left. What
`invoke bootstrap` makes — state bucket and hosted zone — is put there before, because every apply needs it.
"""

from __future__ import annotations

import io
import shutil
import subprocess
import tarfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from scripts import gates, operations, workspace
from scripts.emulator import control
from scripts.environments import REPOSITORY, WORK, Environment
from scripts.errors import OperatorError, UsageError
from scripts.plan import Plan
from scripts.terraform import InterruptedTerraformError, Listener, Terraform, TerraformError

_UNPROTECT = """# Written by the rehearsal only: what an operator does by review before a protected environment may go.
module "stack" {{
  environment = {{
    project    = "{project}"
    name       = "{name}"
    account_id = "{account_id}"
    region     = "{region}"
    protected  = false
  }}
}}
"""


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step of a rehearsal: what was done, whether it went as it must, what was seen, seconds."""

    name: str
    good: bool
    detail: str
    seconds: float


@dataclass(kw_only=True)
class Rehearsal:
    """The steps so far; `change` is what the present tree does on top of the base (None without one)."""

    environment: str
    base: str | None
    home: Path
    steps: list[Step] = field(default_factory=list)
    change: Plan | None = None

    @property
    def good(self) -> bool:
        """Give the verdict: every step went as it must."""
        return bool(self.steps) and all(step.good for step in self.steps)


def rehearse(
    environment: Environment,
    *,
    base: str | None = None,
    on_step: Callable[[str], None],
    on_event: Listener | None = None,
) -> Rehearsal:
    """Run the whole rehearsal and return its steps; the first step that goes wrong ends it.

    Everything it makes, the embedded AWS too, is gone when it returns or raises.
    """
    home = WORK / "rehearsal" / f"{environment.name}-{time.strftime('%H%M%S')}-{time.monotonic_ns() % 10**6:06}"
    trees = {"present": workspace.tree_copy(environment.name, home / "present")}
    if base is not None:
        trees["base"] = _at(base, environment, home / "base")
    rehearsal = Rehearsal(environment=environment.name, base=base, home=home)
    try:
        with _private_aws(environment, home) as emulator:
            _play(rehearsal, environment, emulator, trees, on_step, on_event)
    except InterruptedTerraformError:
        shutil.rmtree(home, ignore_errors=True)
        raise
    except TerraformError as error:
        rehearsal.steps.append(Step(name="terraform", good=False, detail=str(error), seconds=0.0))
        return rehearsal
    finally:
        if rehearsal.good:
            shutil.rmtree(home, ignore_errors=True)
    return rehearsal


def _play(
    rehearsal: Rehearsal,
    environment: Environment,
    emulator: control.Emulator,
    trees: dict[str, Path],
    on_step: Callable[[str], None],
    on_event: Listener | None,
) -> None:
    access = operations.emulated(emulator)

    def at(tree: Path) -> Terraform:
        terraform = operations.terraform_in(tree, access, logs=emulator.home / "terraform")
        operations.initialise(terraform)
        return terraform

    @contextmanager
    def step(name: str) -> Iterator[list[str]]:
        on_step(name)
        started, wrong = time.monotonic(), list[str]()
        yield wrong
        detail = wrong[0] if wrong else "as it must"
        good = not wrong or wrong[0].startswith("✓")
        rehearsal.steps.append(
            Step(name=name, good=good, detail=detail.removeprefix("✓ "), seconds=time.monotonic() - started)
        )

    file = emulator.home / "rehearsal.tfplan"
    if "base" in trees:
        terraform = at(trees["base"])
        with step(f"apply {rehearsal.base}") as seen:
            terraform.plan(file, on_event=on_event)
            terraform.apply(file, on_event=on_event)
            seen.append(f"✓ {len(operations.addresses(terraform.state())[0])} resources")
        terraform = at(trees["present"])
        with step("plan this tree on top") as seen:
            terraform.plan(file, on_event=on_event)
            plan = rehearsal.change = Plan.parse(terraform.show(file))
            losses = gates.refusals(plan)
            seen.append(losses[0] if losses else f"✓ {len(plan.acting())} changes, nothing stateful is lost")
    else:
        terraform = at(trees["present"])
        with step("plan"):
            terraform.plan(file, on_event=on_event)
    with step("apply this tree") as seen:
        terraform.apply(file, on_event=on_event)
        seen.append(f"✓ {len(operations.addresses(terraform.state())[0])} resources")
    with step("plan again: no changes") as seen:
        if terraform.plan(file, on_event=on_event):
            again = Plan.parse(terraform.show(file))
            seen.append(
                f"it still wants to change {', '.join(change.address for change in again.acting()) or 'outputs'}"
            )
    if not rehearsal.steps[-1].good:
        return
    if environment.protected and environment.domain is not None:
        with step("lift the protection"):
            (trees["present"] / "unprotect_override.tf").write_text(
                _UNPROTECT.format(
                    project=environment.project,
                    name=environment.name,
                    account_id=environment.account_id,
                    region=environment.region,
                )
            )
            terraform.plan(file, on_event=on_event)
            terraform.apply(file, on_event=on_event)
    with step("destroy"):
        terraform.plan(file, on_event=on_event, destroy=True)
        terraform.apply(file, on_event=on_event)
        operations.forget_task_definitions(access, environment)
    with step("nothing is left") as seen:
        left = emulator.resources()
        if left:
            seen.append(f"{len(left)} left: {', '.join(left[:8])}")


@contextmanager
def _private_aws(environment: Environment, home: Path) -> Iterator[control.Emulator]:
    """Start an embedded AWS for one rehearsal, with what `invoke bootstrap` makes, and stop it whatever happens."""
    folder = home / "emulator"
    emulator = control.start(folder, account_id=environment.account_id)
    try:
        if environment.state is not None:
            emulator.seed_bucket(environment.state.bucket, region=environment.state.region)
        if environment.domain is not None and environment.zone_id is not None and environment.zone_id.startswith("Z"):
            emulator.seed_hosted_zone(environment.zone_id, environment.domain)
        yield emulator
    finally:
        control.stop(folder)


def _at(ref: str, environment: Environment, into: Path) -> Path:
    """Lay out the Terraform tree of a git ref; raise UsageError for a ref that git does not know or that lacks the root."""
    shown = ref if ref.isprintable() and len(ref) < 80 else repr(ref[:80])
    found = subprocess.run(
        ["git", "rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    if found.returncode:
        raise UsageError(
            f"git knows no commit {shown}: give --base a branch, tag or commit, such as --base=origin/main."
        )
    archive = subprocess.run(
        ["git", "archive", found.stdout.strip(), "terraform"],
        cwd=REPOSITORY,
        capture_output=True,
        check=False,
    )
    if archive.returncode:
        raise OperatorError(f"git can't read terraform/ at {shown}: {archive.stderr.decode(errors='replace').strip()}.")
    into.mkdir(parents=True)
    with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as tar:
        tar.extractall(into, filter="data")
    root = into / "terraform" / "envs" / environment.name
    if not (root / "main.tf").exists():
        raise UsageError(f"terraform/envs/{environment.name} does not exist at {shown}: choose a later --base.")
    return root
