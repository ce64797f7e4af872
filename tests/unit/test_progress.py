"""Progress tells how far a run is and what it waits for."""

from __future__ import annotations

from typing import Any

from scripts.progress import Progress


def hook(kind: str, address: str, action: str = "create") -> dict[str, Any]:
    return {"type": kind, "hook": {"resource": {"addr": address, "resource": address}, "action": action}}


def test_it_counts_against_the_plan_and_names_the_longest_wait() -> None:
    now = [0.0]
    progress = Progress(clock=lambda: now[0])
    progress.take({"type": "change_summary", "changes": {"operation": "plan", "add": 2, "change": 1, "remove": 0}})
    progress.take(hook("apply_start", "module.stack.aws_lb.this"))
    now[0] = 10.0
    progress.take(hook("apply_start", "aws_vpc.this"))
    assert progress.take(hook("apply_complete", "aws_vpc.this")) == "created aws_vpc.this (0 s)"
    now[0] = 12.0
    assert progress.status() == "12 s · 1 of 3 done · waiting 12 s for aws_lb.this"
    now[0] = 60.0
    assert progress.take(hook("apply_errored", "module.stack.aws_lb.this")) == (
        "✗ module.stack.aws_lb.this failed after 60 s"
    )
    assert progress.failed == ["module.stack.aws_lb.this"]
    assert progress.slowest(1) == [("module.stack.aws_lb.this", 60.0)]


def test_it_says_something_before_anything_is_done() -> None:
    now = [0.0]
    progress = Progress(clock=lambda: now[0])
    now[0] = 3.0
    assert progress.status() == "3 s"
    progress.take({"type": "refresh_complete"})
    assert progress.status() == "3 s · 1 resources read"
    progress.take({"type": "planned_change", "change": {"action": "read", "resource": {"addr": "data.x.y"}}})
    for _ in ("the plan", "the apply of the same plan"):
        progress.take({"type": "planned_change", "change": {"action": "create", "resource": {"addr": "a.b"}}})
    assert progress.status() == "3 s · 1 changes planned"


def test_reading_data_is_not_work_done() -> None:
    progress = Progress()
    progress.take(hook("apply_start", "data.aws_iam_policy_document.x", "read"))
    progress.take(hook("apply_complete", "data.aws_iam_policy_document.x", "read"))
    assert progress.done == 0
    assert not progress.running
