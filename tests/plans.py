"""Make each plan that the tests look at once, two at a time, while tests that need none run.

A plan takes Terraform some 10 s of which most are the provider's, so a session makes one for each root and keeps it:

- `prod`, `staging`, …: the environment's own root, offline, and one evaluation with made-up identities that tells what
  refers to what (`scripts/references.py`).
- `bootstrap`: the root of what must exist before an environment's first apply, with the values of staging.
- `modules`: one generated root that calls every module with the example of its README.
- `overcommitted`: the root of staging with more tasks than its database has connections.
- `rejections`: one generated root that calls modules and stack with each value that they must refuse.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import tftest

from scripts import access, environments, references, toolchain, workspace
from scripts.references import Identities
from tests import examples, rejections
from tests.rejections import Refused

BOOTSTRAP, MODULES, REJECTIONS, OVERCOMMITTED = "bootstrap", "modules", "rejections", "overcommitted"
AT_ONCE = 2
"""Terraform and the provider keep more than one core busy each."""


_INSTALLING = threading.Lock()
"""Terraform does not guard its cache of providers against two installations at once."""


class PlanFailedError(Exception):
    """Report a plan that Terraform could not make."""


@dataclass(frozen=True, kw_only=True)
class Planned:
    """A plan from an empty state: its document, and every resource's attributes with made-up identities filled in."""

    name: str
    document: Mapping[str, Any] = field(repr=False)
    identities: Identities = field(repr=False)
    resources: Mapping[str, Mapping[str, Any]] = field(repr=False)

    @property
    def protected(self) -> bool:
        """Say whether what is planned keeps its data: what is bootstrapped always does."""
        return self.name == BOOTSTRAP or environments.find(self.name).protected

    def of(self, *types: str) -> dict[str, Mapping[str, Any]]:
        """Return the resources of these types by address."""
        return {address: values for address, values in self.resources.items() if type_of(address) in types}

    def addresses(self, value: Any) -> list[str]:
        """List the resources that a value refers to."""
        return self.identities.addresses(value)


def type_of(address: str) -> str:
    """Return the type of the resource at an address."""
    return references.configured(address).split(".")[-2]


@dataclass(kw_only=True)
class Plans:
    """The plans of one session. `start` begins them in the background; `planned` and `refused` wait."""

    folder: Path
    say: Callable[[str], None] = lambda _text: None
    seconds: dict[str, float] = field(default_factory=dict)
    _futures: dict[str, Future[Planned | Refused]] = field(default_factory=dict)
    _pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(AT_ONCE, thread_name_prefix="plan"))

    def start(self, names: Iterable[str]) -> None:
        """Begin these plans, in this order, unless they have begun."""
        for name in names:
            if name not in self._futures:
                self._futures[name] = self._pool.submit(self._make, name)

    def planned(self, name: str) -> Planned:
        """Return the plan of an environment, of `bootstrap` or `modules`; raise PlanFailedError or OperatorError if there is none."""
        plan = self._result(name)
        assert isinstance(plan, Planned)
        return plan

    def refused(self, name: str = REJECTIONS) -> Refused:
        """Return what Terraform said to the values that it must refuse, or to a root that is `overcommitted`."""
        said = self._result(name)
        assert isinstance(said, Refused)
        return said

    def close(self) -> None:
        """Forget what has not begun, wait for what has, and remove what was made."""
        self._pool.shutdown(cancel_futures=True)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _result(self, name: str) -> Planned | Refused:
        self.start([name])
        future = self._futures[name]
        if not future.done():
            self.say(f"waiting for the plan of {name}")
        return future.result()

    def _make(self, name: str) -> Planned | Refused:
        started = time.monotonic()
        folder = self.folder / name
        try:
            if name == REJECTIONS:
                return rejections.refused(folder, terraform)
            if name == OVERCOMMITTED:
                return rejections.overcommitted(workspace.offline_copy("staging", folder), terraform)
            if name == MODULES:
                return _planned(name, examples.write_root(folder), followed=False)
            root = _bootstrap_root(folder) if name == BOOTSTRAP else workspace.offline_copy(name, folder)
            return _planned(name, root, followed=True)
        finally:
            self.seconds[name] = time.monotonic() - started


def variables() -> dict[str, str]:
    """Return the variables of a Terraform process that reaches no AWS, without what a person set for another run."""
    own = {
        name: value for name, value in os.environ.items() if not name.startswith("TF_") or name == "TF_PLUGIN_CACHE_DIR"
    }
    # Terraform and the provider throw little away in their short lives: a lazier collector saves a quarter of the CPU.
    merged = {"GOGC": "400", **own, **toolchain.environment(), **access.OFFLINE.variables}
    return {name: value for name, value in merged.items() if value is not None}


def terraform(folder: Path, *arguments: str) -> str:
    """Run Terraform, whatever it thinks of the configuration, and return what it printed to standard output."""
    command = [str(toolchain.terraform()), *arguments]
    with _INSTALLING if arguments[0] == "init" else contextlib.nullcontext():
        ran = subprocess.run(command, cwd=folder, env=variables(), capture_output=True, text=True, check=False)
    if not ran.stdout:
        raise PlanFailedError(f"terraform {arguments[0]} in {folder} printed nothing: {ran.stderr.strip()}")
    return ran.stdout


def _planned(name: str, root: Path, *, followed: bool) -> Planned:
    tree = tftest.TerraformTest(str(root), binary=str(toolchain.terraform()))
    tree.env = variables()
    try:
        with _INSTALLING:
            tree.setup(
                cleanup_on_exit=False
            )  # its finaliser would delete the lock file, and the folder goes as a whole
        document = dict(tree.plan(output=True))
    except tftest.TerraformTestError as error:
        raise PlanFailedError(f"{name} can't be planned: {_first_error(error)}") from error
    identities = references.invent(document)
    planned: Mapping[str, Mapping[str, Any]] = {}
    if followed:
        (root / references.TEST_FILE).write_text(identities.test_file())
        planned = references.read(terraform(root, "test", "-json", "-verbose").splitlines())
    resources = references.complete(document, identities, planned)
    return Planned(name=name, document=document, identities=identities, resources=resources)


def _bootstrap_root(folder: Path) -> Path:
    root = workspace.bootstrap_copy(folder)
    (root / workspace.OFFLINE_OVERRIDE).write_text(workspace.offline_override((root / "main.tf").read_text()))
    staging = environments.find("staging")
    assert staging.state is not None
    values = {
        "account_id": staging.account_id,
        "bucket": staging.state.bucket,
        "domain_name": staging.domain,
        "region": staging.region,
        "tags": {"Project": staging.project},
    }
    (root / "terraform.tfvars.json").write_text(json.dumps(values))
    examples.copy_lock(root)
    return root


def _first_error(error: tftest.TerraformTestError) -> str:
    """Find Terraform's first error in what tftest raises: all that was printed, and at last the standard error."""
    lines = [line.strip("│╷╵ \t") for line in str(error.args[-1]).splitlines()]
    text = " ".join(line for line in lines if line)
    _, *errors = text.split("Error: ")
    return errors[0].strip() if errors else text[-600:]
