"""Plans for the tests that look at one: made once, in the background, while the others run.

A test of a plan takes the fixture `plan` (it then runs for every root), `modules_plan` or `refused`.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import pytest

from scripts import environments
from scripts.errors import OperatorError

if TYPE_CHECKING:
    from tests.plans import Planned, Plans
    from tests.rejections import Refused

T = TypeVar("T")
ROOTS = [*environments.names(), "bootstrap"]
_LONGEST_FIRST = ("prod", "staging", "local")
_PLANS = pytest.StashKey["Plans"]()
_TOLD = pytest.StashKey[set[str]]()
_SHARED = {
    "modules_plan": ["modules"],
    "overcommitted": ["overcommitted"],
    "prod": ["prod"],
    "refused": ["rejections"],
    "staging": ["staging"],
}
"""The plans of the fixtures that always have the same."""


@pytest.fixture(scope="session")
def plans(request: pytest.FixtureRequest) -> Plans:
    return request.config.stash[_PLANS]


@pytest.fixture(params=ROOTS)
def plan(request: pytest.FixtureRequest, plans: Plans) -> Planned:
    """The plan of an environment's root or of `bootstrap`, made offline from an empty state; its test runs for each."""
    return _made(lambda: plans.planned(request.param), request.param, request.config)


@pytest.fixture
def prod(plans: Plans, pytestconfig: pytest.Config) -> Planned:
    return _made(lambda: plans.planned("prod"), "prod", pytestconfig)


@pytest.fixture
def staging(plans: Plans, pytestconfig: pytest.Config) -> Planned:
    return _made(lambda: plans.planned("staging"), "staging", pytestconfig)


@pytest.fixture
def modules_plan(plans: Plans, pytestconfig: pytest.Config) -> Planned:
    """The plan of a root that calls every module with its README's example."""
    return _made(lambda: plans.planned("modules"), "modules", pytestconfig)


@pytest.fixture
def refused(plans: Plans, pytestconfig: pytest.Config) -> Refused:
    """What Terraform says to the values that modules and stack must refuse."""
    return _made(plans.refused, "rejections", pytestconfig)


@pytest.fixture
def overcommitted(plans: Plans, pytestconfig: pytest.Config) -> Refused:
    """What Terraform says to a root with more tasks than its database has connections."""
    return _made(lambda: plans.refused("overcommitted"), "overcommitted", pytestconfig)


def _made(plan: Callable[[], T], name: str, config: pytest.Config) -> T:
    """Wait for a plan. If Terraform could not make it, the first test that needs it fails with the reason, and no other."""
    from tests.plans import PlanFailedError

    try:
        return plan()
    except (PlanFailedError, OperatorError) as error:
        reason = str(error)
    told = config.stash.setdefault(_TOLD, set())
    if name in told:
        pytest.skip(f"there is no plan of {name}")
    told.add(name)
    pytest.fail(f"There is no plan of {name} to look at: {reason}", pytrace=False)


def _needed(item: pytest.Item) -> list[str]:
    """Name the plans that a test looks at."""
    fixtures = getattr(item, "fixturenames", ())
    found = [str(item.callspec.params["plan"])] if "plan" in fixtures else []  # type: ignore[attr-defined]
    for fixture, names in _SHARED.items():
        if fixture in fixtures:
            found += names
    return found


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run what needs no plan first; with xdist, keep all that need one in one worker (`--dist=loadgroup`)."""
    for item in items:
        if _needed(item):
            item.add_marker(pytest.mark.xdist_group("plans"))
    items.sort(key=lambda item: bool(_needed(item)))


def pytest_collection_finish(session: pytest.Session) -> None:
    """Begin the plans that the chosen tests need."""
    needed = {name for item in session.items for name in _needed(item)}
    if not needed or session.config.option.collectonly:
        return
    from tests.plans import Plans

    reporter = session.config.pluginmanager.get_plugin("terminalreporter")

    def say(text: str) -> None:
        if reporter is not None:
            reporter.ensure_newline()
            reporter.write_line(text)

    plans = Plans(folder=Path(tempfile.mkdtemp(prefix="plans-")), say=say)
    session.config.stash[_PLANS] = plans
    if "PYTEST_XDIST_WORKER" not in os.environ:  # a worker does not know yet whether it is the one that needs them
        ordered = sorted(needed, key=lambda name: _LONGEST_FIRST.index(name) if name in _LONGEST_FIRST else 9)
        plans.start(ordered)
        say(f"planning {', '.join(ordered)} in the background")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say how long the plans took."""
    plans = config.stash.get(_PLANS, None)
    if plans is not None and plans.seconds:
        times = ", ".join(f"{name} {seconds:.1f} s" for name, seconds in sorted(plans.seconds.items()))
        terminalreporter.write_line(f"{len(plans.seconds)} plans: {times}")


def pytest_unconfigure(config: pytest.Config) -> None:
    """Remove what the plans left."""
    plans = config.stash.get(_PLANS, None)
    if plans is not None:
        plans.close()
