"""The seal breaks when anything that the plan was made from has changed."""

from __future__ import annotations

import dataclasses
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from scripts import environments, seal
from scripts.environments import Environment

STATE: dict[str, Any] = {"serial": 7, "lineage": "abc", "resources": [{}]}


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    """Return staging with a root of its own that a test may edit."""
    staging = environments.find("staging")
    root = tmp_path / "repository" / "terraform" / "envs" / "staging"
    root.mkdir(parents=True)
    (root / "main.tf").write_text((staging.root / "main.tf").read_text())
    return dataclasses.replace(staging, root=root)


def saved(environment: Environment, tmp_path: Path, *, offline: bool = False, serial: int = 7) -> seal.SavedPlan:
    file = tmp_path / "plan.tfplan"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("tfstate", json.dumps({"serial": serial, "lineage": "abc" if serial else ""}))
    seal.save(file, environment, offline=offline, image_digest=None)
    loaded = seal.load(file)
    assert loaded is not None
    return loaded


def breaches(plan: seal.SavedPlan, environment: Environment, **more: Any) -> str:
    return " ".join(seal.breaches(plan, environment, **({"state": STATE, "image_digest": None} | more)))


def test_an_untouched_plan_holds(environment: Environment, tmp_path: Path) -> None:
    assert breaches(saved(environment, tmp_path), environment) == ""


def test_an_edit_of_the_configuration_breaks_it(environment: Environment, tmp_path: Path) -> None:
    plan = saved(environment, tmp_path)
    (environment.root / "main.tf").write_text("# edited")
    assert "configuration has changed" in breaches(plan, environment)


def test_a_new_file_in_the_root_breaks_it(environment: Environment, tmp_path: Path) -> None:
    plan = saved(environment, tmp_path)
    (environment.root / "extra_override.tf").write_text("")
    assert "configuration has changed" in breaches(plan, environment)


def test_another_apply_breaks_it(environment: Environment, tmp_path: Path) -> None:
    assert "serial 8" in breaches(saved(environment, tmp_path), environment, state=STATE | {"serial": 8})


def test_a_state_of_another_lineage_breaks_it(environment: Environment, tmp_path: Path) -> None:
    assert breaches(saved(environment, tmp_path), environment, state=STATE | {"lineage": "other"})


def test_a_first_plan_breaks_once_something_is_applied(environment: Environment, tmp_path: Path) -> None:
    plan = saved(environment, tmp_path, serial=0)
    assert breaches(plan, environment, state=None) == ""
    assert "nothing was applied yet" in breaches(plan, environment)


def test_an_exchanged_plan_file_breaks_it(environment: Environment, tmp_path: Path) -> None:
    plan = saved(environment, tmp_path)
    plan.file.write_bytes(plan.file.read_bytes() + b"x")
    assert "not the one that was sealed" in breaches(plan, environment)


def test_a_newly_released_image_breaks_it(environment: Environment, tmp_path: Path) -> None:
    assert "image" in breaches(saved(environment, tmp_path), environment, image_digest="sha256:" + "1" * 64)


def test_age_breaks_it(environment: Environment, tmp_path: Path) -> None:
    plan = saved(environment, tmp_path)
    assert "hours old" in breaches(plan, environment, now=plan.seal.made_at + seal.FRESH_SECONDS + 1)
    assert "hours old" in breaches(plan, environment, now=plan.seal.made_at - 60), "a clock that was set back"


def test_an_offline_plan_is_never_applied(environment: Environment, tmp_path: Path) -> None:
    assert "offline" in breaches(saved(environment, tmp_path, offline=True), environment)


def test_a_plan_of_another_environment_is_refused(environment: Environment, tmp_path: Path) -> None:
    other = dataclasses.replace(environment, name="prod")
    assert "made for staging" in breaches(saved(environment, tmp_path), other)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"format": 2}', '{"format": 1, "surprise": 1}'])
def test_a_seal_that_cannot_be_read_is_an_error(environment: Environment, tmp_path: Path, text: str) -> None:
    plan = saved(environment, tmp_path)
    plan.file.with_name("plan.tfplan.seal.json").write_text(text)
    with pytest.raises(seal.SealError, match="plan again"):
        seal.load(plan.file)


def test_what_is_no_plan_cannot_be_sealed(environment: Environment, tmp_path: Path) -> None:
    file = tmp_path / "x.tfplan"
    file.write_text("not a zip archive")
    with pytest.raises(seal.SealError, match="not a plan"):
        seal.save(file, environment, offline=False, image_digest=None)


def test_without_a_saved_plan_there_is_none(tmp_path: Path) -> None:
    assert seal.load(tmp_path / "none.tfplan") is None
