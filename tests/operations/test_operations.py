"""Plan, seal and apply on a small root: what was not planned, or is no longer true, is not applied."""

from __future__ import annotations

import dataclasses
import os
import subprocess
from pathlib import Path

import pytest

from scripts import environments, operations, seal
from scripts.access import NoCredentialsError
from scripts.emulator import control
from scripts.environments import Environment
from scripts.errors import OperatorError, RefusedError
from scripts.operations import Workplace
from scripts.plan import Action, Change, Plan
from scripts.terraform import Terraform
from tests.operations.conftest import ACCOUNT


@pytest.fixture
def workplace(
    terraform: Terraform, emulator: control.Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Workplace:
    """Return the small root as an environment of its own, reached by its emulator."""
    monkeypatch.setattr(environments, "WORK", tmp_path / "work")
    for name in list(os.environ):
        if name.startswith("AWS_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "emulator")
    environment = Environment(
        name="test",
        root=terraform.folder,
        project="gallery",
        account_id=ACCOUNT,
        region="eu-west-1",
        protected=False,
        state=environments.State(bucket="gallery-test-state", key="test.tfstate", region="eu-west-1"),
        domain=None,
        zone_id=None,
    )
    return Workplace(environment=environment, access=operations.emulated(emulator), terraform=terraform)


def test_a_sealed_plan_is_applied_once(workplace: Workplace) -> None:
    planned = operations.make_plan(workplace)
    assert planned.plan.counts() == {Action.CREATE: 1}
    operations.apply(workplace, planned.saved, operations.read_plan(workplace))
    assert seal.load(workplace.plan_file) is None, "an applied plan is gone"
    again = operations.make_plan(workplace)
    assert again.plan.is_empty
    assert again.saved.seal.empty


@pytest.mark.e2e
def test_an_edit_after_the_plan_stops_the_apply(workplace: Workplace) -> None:
    planned = operations.make_plan(workplace)
    plan = operations.read_plan(workplace)
    main = workplace.terraform.folder / "main.tf"
    main.write_text(main.read_text() + "\n# edited after the plan\n")
    with pytest.raises(RefusedError, match=r"configuration has changed"):
        operations.apply(workplace, planned.saved, plan)
    assert workplace.terraform.state() is None, "nothing was applied"


@pytest.mark.e2e
def test_another_apply_in_between_stops_the_apply(workplace: Workplace, tmp_path: Path) -> None:
    planned = operations.make_plan(workplace)
    plan = operations.read_plan(workplace)
    workplace.terraform.plan(tmp_path / "other")
    workplace.terraform.apply(tmp_path / "other")
    with pytest.raises(RefusedError, match=r"now something is"):
        operations.apply(workplace, planned.saved, plan)


@pytest.mark.e2e
def test_a_full_disk_is_no_saved_plan(workplace: Workplace, tmp_path: Path) -> None:
    """Terraform does not tell when the plan file did not fit; the seal does, and nothing is applied."""
    small = tmp_path / "small"
    small.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=4k", "tmpfs", str(small)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("needs the right to mount a file system that is small enough to fill")
    try:
        workplace.environment.work.parent.mkdir(parents=True)
        workplace.environment.work.symlink_to(small)
        with pytest.raises(OperatorError, match="disk"):
            operations.make_plan(workplace)
        assert seal.load(workplace.plan_file) is None
    finally:
        subprocess.run(["umount", str(small)], check=True)


@pytest.mark.e2e
def test_losing_a_secret_needs_a_reason_and_leaves_a_record(workplace: Workplace, emulator: control.Emulator) -> None:
    """The record lies beside the state before anything is lost."""
    secret = workplace.terraform.folder / "secret.tf"
    secret.write_text(
        'resource "aws_secretsmanager_secret" "kept" {\n  name = "kept"\n  recovery_window_in_days = 0\n}\n'
    )
    planned = operations.make_plan(workplace)
    operations.apply(workplace, planned.saved, operations.read_plan(workplace))
    secret.unlink()
    planned = operations.make_plan(workplace)
    plan = operations.read_plan(workplace)
    with pytest.raises(RefusedError, match=r"would destroy the secret aws_secretsmanager_secret.kept"):
        operations.apply(workplace, planned.saved, plan)
    operations.apply(workplace, planned.saved, plan, allowed=["aws_secretsmanager_secret.kept"], reason="moved")
    client = workplace.access.session("eu-west-1").client("s3", endpoint_url=emulator.endpoint)
    keys = [item["Key"] for item in client.list_objects_v2(Bucket="gallery-test-state", Prefix="applies/")["Contents"]]
    bodies = [client.get_object(Bucket="gallery-test-state", Key=key)["Body"].read().decode() for key in keys]
    assert any('"reason": "moved"' in body and "aws_secretsmanager_secret.kept" in body for body in bodies)


def test_success_is_not_believed_unless_the_state_shows_it() -> None:
    plan = Plan(
        changes=(
            Change(address="a.made", type="a", action=Action.CREATE),
            Change(address='module.m["x"].b.tainted[0]', type="b", action=Action.REPLACE),
            Change(address="c.gone", type="c", action=Action.DELETE),
            Change(address="d.still", type="d", action=Action.DELETE),
        ),
        outputs={},
    )
    state = {
        "resources": [
            {
                "mode": "managed",
                "module": 'module.m["x"]',
                "type": "b",
                "name": "tainted",
                "instances": [{"index_key": 0, "status": "tainted"}],
            },
            {"mode": "managed", "type": "d", "name": "still", "instances": [{}]},
            {"mode": "data", "type": "a", "name": "made", "instances": [{}]},
        ]
    }
    assert operations.differences_after(plan, state) == ["a.made", 'module.m["x"].b.tainted[0]', "d.still"]


@pytest.fixture
def _no_credentials(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in list(os.environ):
        if name.startswith("AWS_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))


@pytest.mark.usefixtures("_no_credentials")
def test_without_credentials_an_apply_says_what_can_be_done_instead() -> None:
    prod = environments.find("prod")
    assert operations.plans_offline(prod)
    with pytest.raises(NoCredentialsError, match="invoke rehearse --env=prod"):
        operations.refuse_unless_applicable(prod)


def test_with_credentials_the_templates_placeholders_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "x")
    with pytest.raises(RefusedError, match="account 333333333333"):
        operations.refuse_unless_applicable(environments.find("prod"))


def test_a_state_of_an_emulator_that_is_gone_is_set_aside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`local` heals by itself: what the old state tells of went with the emulator's memory."""
    monkeypatch.setattr(environments, "WORK", tmp_path / "work")
    root = tmp_path / "root"
    root.mkdir()
    local = dataclasses.replace(environments.find("local"), root=root)
    operations.reach(local)
    try:
        (root / "terraform.tfstate").write_text("{}")
        operations.reach(local)
        assert (root / "terraform.tfstate").exists(), "the same emulator: the state stays"
        control.stop(operations.emulator_home(local))
        operations.reach(local)
        assert not (root / "terraform.tfstate").exists()
        assert (local.work / "lost.tfstate").read_text() == "{}"
    finally:
        control.stop(operations.emulator_home(local))
