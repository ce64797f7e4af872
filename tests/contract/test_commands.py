"""What the task definitions run exists in the application, and accepts the options that they give it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.contract.contract import BACKEND, Injected, injected
from tests.plans import Planned

DRY = {"gunicorn": ("--check-config",), "celery": ("--help",), "python": ("--help",)}
"""What makes a command stop once it has loaded the application and read all its options."""


def run(task: Injected, command: Sequence[str], programs: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a command with the task's environment and nothing of this process's."""
    environ = {**task.environ, "PATH": f"{programs}:{os.defpath}", "TMPDIR": str(folder)}
    return subprocess.run(
        [programs / command[0], *command[1:]], cwd=BACKEND, env=environ, capture_output=True, text=True, check=False
    )


def of(plan: Planned, role: str) -> Injected:
    return next(task for task in injected(plan.document) if task.role == role)


@pytest.mark.parametrize("role", ["web", "worker", "beat", "migrate"])
def test_the_command_is_accepted(role: str, prod: Planned, programs: Path, tmp_path: Path) -> None:
    task = of(prod, role)

    ran = run(task, [*task.command, *DRY[task.command[0]]], programs, tmp_path)

    assert ran.returncode == 0, ran.stderr


@pytest.mark.parametrize("role", ["web", "worker", "beat", "migrate"])
def test_what_does_not_exist_is_refused(role: str, prod: Planned, programs: Path, tmp_path: Path) -> None:
    """Else the test above proves nothing."""
    task = of(prod, role)
    # Django prints its help whatever else is asked of a command.
    wrong = [*task.command, "--no-such-option=1"] if role != "migrate" else [*task.command[:-1], "no-such-command"]

    ran = run(task, [*wrong, *DRY[task.command[0]]], programs, tmp_path)

    assert ran.returncode != 0


@pytest.mark.parametrize("role", ["web", "worker", "beat", "migrate"])
def test_nothing_starts_without_its_variables(role: str, prod: Planned, programs: Path, tmp_path: Path) -> None:
    task = of(prod, role)
    bare = Injected(**{**vars(task), "plain": {"TASK_ROLE": role}, "secrets": frozenset()})

    ran = run(bare, [*task.command, *DRY[task.command[0]]], programs, tmp_path)

    assert ran.returncode != 0
    assert "must be set" in ran.stderr


def test_the_worker_says_when_it_last_polled(prod: Planned, programs: Path, tmp_path: Path) -> None:
    task = of(prod, "worker")
    kind, *command = task.health_command
    assert kind == "CMD"

    before = run(task, command, programs, tmp_path)
    polled = run(task, ["python", "-c", "from runtime.jobs import heartbeat; heartbeat.beat()"], programs, tmp_path)
    after = run(task, command, programs, tmp_path)

    assert (before.returncode, polled.returncode, after.returncode) == (1, 0, 0), before.stderr + after.stderr
