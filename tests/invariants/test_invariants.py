"""Every root keeps every rule, and every rule notices the faults that it is there for."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from tests.examples import TERRAFORM
from tests.invariants.faults import FAULTS, Fault, planted
from tests.invariants.rules import RULES, scaling
from tests.plans import Planned, Plans, type_of

ONLY_IN_STAGING = {
    "aws_appautoscaling_scheduled_action": "nights off",
    "aws_eip": "one NAT gateway is the cheapest way out",
    "aws_nat_gateway": "one NAT gateway is the cheapest way out",
}
ONLY_IN_PROD: dict[str, str] = {}


@pytest.mark.parametrize("name", RULES)
def test_the_rule_holds(name: str, plan: Planned) -> None:
    broken = list(RULES[name](plan))

    assert not broken, "\n".join(["", *broken, "", RULES[name].__doc__ or ""])


@pytest.mark.parametrize("fault", [pytest.param(fault, id=f"{fault.rule}: {fault.what}") for fault in FAULTS])
def test_the_fault_is_noticed(fault: Fault, prod: Planned, staging: Planned, plans: Plans) -> None:
    plan = {"prod": prod, "staging": staging}.get(fault.root) or plans.planned(fault.root)

    assert list(RULES[fault.rule](planted(plan, fault)))


def test_every_rule_has_a_fault_that_it_must_notice() -> None:
    faulted = {fault.rule for fault in FAULTS}

    assert set(RULES) <= faulted


def test_a_service_whose_count_an_apply_would_set_is_noticed(
    prod: Planned, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree = shutil.copytree(TERRAFORM, tmp_path / "terraform", ignore=shutil.ignore_patterns(".terraform"))
    source = tree / "modules" / "service" / "service.tf"
    text, count = re.subn(r"^      desired_count,.*\n", "", source.read_text(), flags=re.MULTILINE)
    assert count == 1
    source.write_text(text)
    monkeypatch.setattr(scaling, "TERRAFORM", tree)

    broken = list(scaling.what_is_scaled_exists_and_leaves_its_count_to_the_autoscaler(prod))

    assert any("does not ignore changes of desired_count" in item for item in broken)


def test_staging_and_prod_have_resources_of_the_same_types_but_for_those_listed(
    staging: Planned, prod: Planned
) -> None:
    """What staging lacks has never been tried before it reaches production."""
    in_staging, in_prod = ({type_of(address) for address in plan.resources} for plan in (staging, prod))

    assert in_staging - in_prod == set(ONLY_IN_STAGING)
    assert in_prod - in_staging == set(ONLY_IN_PROD)
