"""The gates refuse every loss of data that nobody asked for."""

from __future__ import annotations

import dataclasses

import pytest

from scripts import environments, gates
from scripts.plan import Action, Change, Plan


def plan(*changes: Change) -> Plan:
    return Plan(changes=changes, outputs={})


def loss(kind: str, action: Action) -> Change:
    return Change(address=f"module.stack.{kind}.this", type=kind, action=action, forced_by=("name",))


@pytest.mark.parametrize("action", [Action.REPLACE, Action.DELETE, Action.FORGET])
@pytest.mark.parametrize("kind", sorted(gates.STATEFUL))
def test_a_stateful_resource_is_not_lost_by_accident(kind: str, action: Action) -> None:
    (reason,) = gates.refusals(plan(loss(kind, action)))
    assert f"module.stack.{kind}.this" in reason
    assert "--allow" in reason


@pytest.mark.parametrize("action", [Action.CREATE, Action.UPDATE, Action.NOOP, Action.MOVE, Action.IMPORT])
def test_what_loses_nothing_passes(action: Action) -> None:
    assert gates.refusals(plan(loss("aws_rds_cluster", action))) == []


def test_a_stateless_resource_may_be_replaced() -> None:
    assert gates.refusals(plan(loss("aws_ecs_service", Action.REPLACE))) == []


def test_an_accepted_loss_needs_its_address_and_a_reason() -> None:
    change = loss("aws_s3_bucket", Action.DELETE)
    assert gates.refusals(plan(change), allowed=[change.address], reason="moved to another bucket") == []
    assert "--reason" in gates.refusals(plan(change), allowed=[change.address], reason="  ")[0]
    assert gates.refusals(plan(change), allowed=["module.stack.aws_s3_bucket.other"], reason="x")


def test_an_acceptance_that_fits_nothing_is_refused() -> None:
    (reason,) = gates.refusals(plan(), allowed=["aws_s3_bucket.gone"], reason="typo")
    assert "names nothing" in reason


def test_destroying_a_protected_environment_is_refused() -> None:
    staging = environments.find("staging")
    assert gates.destroy_refusals(staging) == []
    assert "protected" in gates.destroy_refusals(dataclasses.replace(staging, protected=True))[0]
    assert gates.destroy_refusals(environments.find("prod"))
    assert gates.destroy_refusals(environments.find("shared"))
