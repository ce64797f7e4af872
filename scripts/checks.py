"""Check what can be checked without running anything: formats, types, lint, and whether every root is valid HCL.

A check is a list of commands; `invoke check` shows the results. Nothing here talks to AWS or to a backend.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from scripts import toolchain

REPOSITORY = toolchain.REPOSITORY
_PYTHON = ("scripts", "tests", "tasks.py")
_LEFT_OUT = shutil.ignore_patterns(".terraform", "*.tfstate", "*.tfstate.*", "*.tfplan", "override.tf", "*_override.tf")


@dataclass(frozen=True, kw_only=True)
class Check:
    """Commands that run in `folder` one after the other until one fails, and the command that mends what they find."""

    name: str
    commands: tuple[tuple[str, ...], ...]
    mend: str
    folder: Path
    variables: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Result:
    """What a check came to; `output` is what its last command printed."""

    check: Check
    passed: bool
    seconds: float
    output: str


def checks(root: Path = REPOSITORY, *, work: Path | None = None) -> list[Check]:
    """List the checks of a checkout, quickest first; roots are validated in a copy of `terraform/` under `work`."""
    work = work or root / ".work" / "check"
    terraform, python = str(toolchain.terraform()), sys.executable
    sources = tuple(name for name in _PYTHON if (root / name).exists())
    found = [
        Check(
            name="Terraform format",
            commands=((terraform, "fmt", "-check", "-diff", "-recursive", "terraform"),),
            mend="terraform fmt -recursive terraform",
            folder=root,
            variables=toolchain.environment(),
        ),
        Check(
            name="Python lint",
            commands=((python, "-m", "ruff", "check", *sources),),
            mend=f"ruff check --fix {' '.join(sources)}",
            folder=root,
        ),
        Check(
            name="Python format",
            commands=((python, "-m", "ruff", "format", "--check", "--diff", *sources),),
            mend=f"ruff format {' '.join(sources)}",
            folder=root,
        ),
        Check(
            name="Python types",
            commands=((python, "-m", "mypy", "--strict", *sources),),
            mend="correct the types that mypy names",
            folder=root,
        ),
    ]
    return found + [_valid(root, place, terraform, work) for place in roots(root)]


def roots(root: Path = REPOSITORY) -> list[Path]:
    """List the folders that Terraform is run in: one per environment, and the one that makes the state buckets.

    The stack and its modules are validated by way of them: alone, a module that wants two providers is not valid.
    """
    return sorted(lock.parent for lock in (root / "terraform").glob("**/.terraform.lock.hcl"))


def prepare(root: Path = REPOSITORY, *, work: Path | None = None) -> None:
    """Copy `terraform/` to where the roots are validated, so that no `.terraform` appears beside anybody's files."""
    work = work or root / ".work" / "check"
    if (work / "terraform").exists():
        shutil.rmtree(work / "terraform")
    shutil.copytree(root / "terraform", work / "terraform", ignore=_LEFT_OUT)


def run(check: Check) -> Result:
    """Run one check to its end."""
    started = time.monotonic()
    output, passed = "", True
    for command in check.commands:
        ran = subprocess.run(
            command,
            cwd=check.folder,
            env={**os.environ, **check.variables},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
        )
        output, passed = ran.stdout, ran.returncode == 0
        if not passed:
            break
    return Result(check=check, passed=passed, seconds=time.monotonic() - started, output=output)


def run_all(
    wanted: Iterable[Check],
    *,
    on_result: Callable[[Result], None] = lambda _: None,
    workers: int | None = None,
) -> Sequence[Result]:
    """Run checks beside each other, tell of each as it ends, and return the results in the order of the checks."""

    def one(check: Check) -> Result:
        result = run(check)
        on_result(result)
        return result

    with ThreadPoolExecutor(max_workers=workers or os.cpu_count() or 2) as pool:
        return list(pool.map(one, wanted))


def _valid(root: Path, place: Path, terraform: str, work: Path) -> Check:
    relative = place.relative_to(root)
    return Check(
        name=f"Terraform valid: {relative.relative_to('terraform')}",
        commands=(
            (terraform, "init", "-backend=false", "-input=false", "-lockfile=readonly", "-no-color"),
            (terraform, "validate", "-no-color"),
        ),
        mend=f"correct what `terraform validate` names in {relative}",
        folder=work / relative,
        variables={**toolchain.environment(), "TF_DATA_DIR": "", "TF_WORKSPACE": ""},
    )
