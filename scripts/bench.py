"""Measure the verbs against bare Terraform, in one run, and print ratios: absolute seconds depend on the machine."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from scripts import access, operations, toolchain, workspace
from scripts.emulator import control
from scripts.environments import REPOSITORY, Environment
from scripts.progress import Progress
from scripts.terraform import Event


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """Seconds of one thing, measured several times."""

    name: str
    seconds: tuple[float, ...]

    @property
    def median(self) -> float:
        """Return the median in seconds."""
        return statistics.median(self.seconds)


@dataclass(frozen=True, kw_only=True)
class Ratio:
    """One thing measured beside its baseline, run by run in turn; `goal` is the most that the ratio should be."""

    measured: Measurement
    baseline: Measurement
    goal: float | None = None

    @property
    def median(self) -> float:
        """Return the median of the ratios of each pair, which a machine that slows down half-way does not bend."""
        pairs = zip(self.measured.seconds, self.baseline.seconds, strict=True)
        return statistics.median(one / other for one, other in pairs)


def plan_against_terraform(environment: Environment, *, runs: int = 5, say: Callable[[str], None]) -> Ratio:
    """Measure `invoke plan` against `terraform plan -out` of the same root, both offline and initialised."""
    with tempfile.TemporaryDirectory(prefix="bench-") as scratch:
        folder = Path(scratch)
        root = workspace.offline_copy(environment.name, folder)
        variables = _variables()
        terraform = str(toolchain.terraform())
        _run([terraform, "init", "-input=false"], root, variables)
        bare = [terraform, "plan", "-input=false", f"-out={folder / 'plan'}"]
        verb = [sys.executable, "-m", "invoke", "plan", f"--env={environment.name}", "--offline"]
        _run(verb, REPOSITORY, variables)
        ours, theirs = [], []
        for number in range(runs):
            say(f"plan {number + 1} of {runs}")
            theirs.append(_timed(bare, root, variables))
            ours.append(_timed(verb, REPOSITORY, variables))
    return Ratio(
        measured=Measurement(name=f"invoke plan --env={environment.name}", seconds=tuple(ours)),
        baseline=Measurement(name="terraform plan -out", seconds=tuple(theirs)),
        goal=1.05,
    )


def start_up(*, runs: int = 7) -> list[Measurement]:
    """Measure how long Python takes before a verb begins its work: with the help of a verb, which does all but work."""
    verbs = (("--list",), ("--help", "plan"), ("emulator.status",))
    return [
        Measurement(
            name=f"invoke {' '.join(verb)}",
            seconds=tuple(
                _timed([sys.executable, "-m", "invoke", *verb], REPOSITORY, dict(os.environ)) for _ in range(runs)
            ),
        )
        for verb in verbs
    ]


def second_set_up(*, runs: int = 7) -> Ratio:
    """Measure what `scripts/run` adds to a verb once everything is set up."""
    invoke = [str(Path(sys.executable).with_name("invoke")), "--list"]
    launcher = [str(REPOSITORY / "scripts" / "run"), "--list"]
    pairs = [
        (_timed(launcher, REPOSITORY, dict(os.environ)), _timed(invoke, REPOSITORY, dict(os.environ)))
        for _ in range(runs)
    ]
    return Ratio(
        measured=Measurement(name="scripts/run --list", seconds=tuple(pair[0] for pair in pairs)),
        baseline=Measurement(name="invoke --list", seconds=tuple(pair[1] for pair in pairs)),
    )


def apply_alone(environment: Environment, *, say: Callable[[str], None]) -> tuple[Measurement, list[tuple[str, float]]]:
    """Measure one apply of an environment to an empty embedded AWS; also say what took longest, by type, in seconds.

    The waits are the provider's own: it looks at fixed intervals whether a thing is there (docs/emulator.md).
    """
    with tempfile.TemporaryDirectory(prefix="bench-") as scratch:
        home = Path(scratch)
        emulator = control.start(home / "emulator", account_id=environment.account_id)
        try:
            tree = workspace.tree_copy(environment.name, home)
            terraform = operations.terraform_in(tree, operations.emulated(emulator), logs=home / "logs")
            operations.initialise(terraform)
            say(f"plan and apply of {environment.name}")
            terraform.plan(home / "plan")
            progress = Progress()

            def listen(event: Event) -> None:
                progress.take(event)

            started = time.perf_counter()
            terraform.apply(home / "plan", on_event=listen)
            seconds = time.perf_counter() - started
        finally:
            control.stop(home / "emulator")
    longest: dict[str, float] = {}
    for address, waited in progress.waited.items():
        kind = next(part for part in reversed(address.split(".")[:-1]) if part.startswith("aws_"))
        longest[kind] = max(waited, longest.get(kind, 0.0))
    slowest = sorted(longest.items(), key=lambda item: -item[1])[:10]
    return Measurement(name=f"apply --env={environment.name}", seconds=(seconds,)), slowest


def suite(*, say: Callable[[str], None]) -> Measurement:
    """Measure the tests but the end-to-end ones, once."""
    say("the tests, but the end-to-end ones")
    command = [sys.executable, "-m", "pytest", "-q", "-m", "not e2e"]
    return Measurement(name="invoke test", seconds=(_timed(command, REPOSITORY, dict(os.environ)),))


def _timed(command: Sequence[str], folder: Path, variables: dict[str, str]) -> float:
    started = time.perf_counter()
    _run(command, folder, variables)
    return time.perf_counter() - started


def _run(command: Sequence[str], folder: Path, variables: dict[str, str]) -> None:
    subprocess.run(command, cwd=folder, env=variables, check=True, capture_output=True, stdin=subprocess.DEVNULL)


def _variables() -> dict[str, str]:
    merged = {**os.environ, **toolchain.environment(), **access.OFFLINE.variables}
    return {name: value for name, value in merged.items() if value is not None}
