"""The report puts losses first and shows what forces them."""

from __future__ import annotations

from scripts import report
from scripts.plan import Action, Change, Plan

PLAN = Plan(
    changes=(
        Change(address="module.stack.module.web.aws_ecs_service.this", type="aws_ecs_service", action=Action.CREATE),
        Change(
            address="module.stack.module.web.aws_ecs_task_definition.this",
            type="aws_ecs_task_definition",
            action=Action.UPDATE,
            before={"cpu": "512", "env": "a"},
            after={"cpu": "1024", "env": "b"},
            sensitive={"env": True},
        ),
        Change(
            address="aws_rds_cluster.this",
            type="aws_rds_cluster",
            action=Action.REPLACE,
            before={"engine": "x"},
            after={"engine": "y"},
            forced_by=("engine",),
        ),
    ),
    outputs={},
)


def test_the_headline_counts_by_action_worst_first() -> None:
    assert report.headline(PLAN) == "1 to replace, 1 to change, 1 to create."
    assert report.headline(Plan(changes=(), outputs={})).startswith("No changes")
    assert report.headline(Plan(changes=(), outputs={"url": Action.UPDATE})) == "1 outputs to update."


def test_a_loss_comes_first_and_names_what_forces_it() -> None:
    lines = [line for _, line in report.lines(PLAN)]
    assert lines[0] == "± aws_rds_cluster.this  ← database"
    assert lines[1] == '    engine: "x" → "y"  # forces the replacement'
    assert lines[-1].split() == ["+", "stack.web", "1"]


def test_sensitive_values_are_in_no_form_of_it() -> None:
    text = (
        "\n".join(line for _, line in report.lines(PLAN))
        + report.markdown(PLAN, title="t")
        + str(report.document(PLAN))
    )
    assert "(sensitive)" in text
    assert '"a"' not in text
    assert "'a'" not in text


def test_markdown_folds_what_is_created() -> None:
    text = report.markdown(PLAN, title="Plan for prod")
    assert "| ± replace | `aws_rds_cluster.this` **database** | `engine` |" in text
    assert "- `module.stack.module.web.aws_ecs_service.this`" in text.split("<summary>Created</summary>")[1]


def test_the_machine_reads_the_same_counts() -> None:
    assert report.document(PLAN, environment="prod")["counts"] == {"create": 1, "replace": 1, "update": 1}
