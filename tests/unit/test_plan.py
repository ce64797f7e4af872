"""The plan model says what Terraform says, and never takes what it does not know for nothing."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.plan import Action, Plan, PlanError


def document(*changes: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"format_version": "1.2", "resource_changes": list(changes), **more}


def change(actions: list[str], *, kind: str = "aws_s3_bucket", **more: Any) -> dict[str, Any]:
    return {"address": f"{kind}.this", "type": kind, "change": {"actions": actions, **more}}


@pytest.mark.parametrize(
    ("actions", "expected"),
    [
        (["create"], Action.CREATE),
        (["update"], Action.UPDATE),
        (["delete", "create"], Action.REPLACE),
        (["create", "delete"], Action.REPLACE),
        (["delete"], Action.DELETE),
        (["forget"], Action.FORGET),
        (["no-op"], Action.NOOP),
    ],
)
def test_terraforms_action_lists_become_one_action(actions: list[str], expected: Action) -> None:
    assert Plan.parse(document(change(actions))).changes[0].action is expected


def test_a_move_without_a_change_is_a_move() -> None:
    moved = change(["no-op"]) | {"previous_address": "aws_s3_bucket.old"}
    assert Plan.parse(document(moved)).counts() == {Action.MOVE: 1}


@pytest.mark.parametrize("version", ["2.0", "0.2", "", "x"])
def test_an_unknown_format_is_refused(version: str) -> None:
    with pytest.raises(PlanError, match="format"):
        Plan.parse({"format_version": version})


@given(st.lists(st.text(max_size=12), max_size=3))
def test_an_unknown_action_is_never_an_empty_plan(actions: list[str]) -> None:
    try:
        plan = Plan.parse(document(change(actions)))
    except PlanError:
        return
    assert actions in (
        ["create"],
        ["update"],
        ["delete"],
        ["forget"],
        ["read"],
        ["no-op"],
        ["delete", "create"],
        ["create", "delete"],
        ["create", "forget"],
    )
    assert plan.changes


def test_a_plan_that_ended_in_an_error_is_refused() -> None:
    with pytest.raises(PlanError, match="error"):
        Plan.parse(document(errored=True))


def test_differences_mask_what_is_sensitive_and_name_what_is_unknown() -> None:
    item = change(
        ["update"],
        before={"name": "a", "password": "old", "size": 1, "arn": "x"},
        after={"name": "a", "password": "new", "size": 2},
        after_unknown={"arn": True},
        after_sensitive={"password": True},
    )
    assert Plan.parse(document(item)).changes[0].differences() == [
        ("arn", "x", "(known after apply)"),
        ("password", "(sensitive)", "(sensitive)"),
        ("size", 1, 2),
    ]


def test_events_and_document_agree_on_what_happens() -> None:
    """`invoke plan` judges by the events, `apply` by the document: both must see the same losses."""
    from_events = Plan.from_events(
        [
            {"type": "version"},
            {
                "type": "planned_change",
                "change": {
                    "resource": {"addr": "aws_s3_bucket.this", "resource_type": "aws_s3_bucket"},
                    "action": "replace",
                    "reason": "cannot_update",
                },
            },
            {"type": "outputs", "outputs": {"url": {"action": "update"}}},
        ]
    )
    from_document = Plan.parse(document(change(["delete", "create"]), output_changes={"url": {"actions": ["update"]}}))
    assert from_events.counts() == from_document.counts() == {Action.REPLACE: 1}
    assert from_events.outputs == from_document.outputs
    assert not from_events.is_empty


def test_an_event_with_an_unknown_action_is_refused() -> None:
    event = {
        "type": "planned_change",
        "change": {"resource": {"addr": "a.b", "resource_type": "a"}, "action": "teleport"},
    }
    with pytest.raises(PlanError, match="teleport"):
        Plan.from_events([event])


def test_a_plan_is_not_empty_when_only_an_output_changes() -> None:
    assert not Plan.parse(document(output_changes={"url": {"actions": ["create"]}})).is_empty
    assert Plan.parse(document(output_changes={"url": {"actions": ["no-op"]}})).is_empty
