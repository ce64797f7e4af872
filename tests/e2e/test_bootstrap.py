"""The state bucket and the hosted zone are made once, whatever is there already, and a run cut short is finished."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from scripts import bootstrap, environments, operations
from scripts.emulator import control
from scripts.environments import PLACEHOLDER_ZONE, Environment

pytestmark = pytest.mark.e2e


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Environment:
    monkeypatch.setattr(environments, "WORK", tmp_path / "work")
    return environments.find("staging")


@pytest.fixture
def emulator(environment: Environment, tmp_path: Path) -> Iterator[control.Emulator]:
    home = tmp_path / "emulator"
    yield control.start(home, account_id=environment.account_id)
    control.stop(home)


def run(environment: Environment, emulator: control.Emulator) -> bootstrap.Bootstrapped:
    return bootstrap.run(environment, operations.emulated(emulator), say=lambda _: None)


def s3(emulator: control.Emulator) -> Any:
    return operations.emulated(emulator).session("eu-west-1").client("s3", endpoint_url=emulator.endpoint)


def test_bucket_and_zone_are_made_once(environment: Environment, emulator: control.Emulator) -> None:
    """Three runs: the first makes, the second finds, the third keeps its zone after the root took up the zone's id."""
    first = run(environment, emulator)
    assert not first.existed
    assert any("aws_s3_bucket.this" in change for change in first.changes)
    assert first.hosted_zone
    assert len(first.hosted_zone["name_servers"]) == 4
    client = s3(emulator)
    assert client.get_bucket_versioning(Bucket=first.bucket)["Status"] == "Enabled"
    assert all(client.get_public_access_block(Bucket=first.bucket)["PublicAccessBlockConfiguration"].values())
    assert not (environment.work / "bootstrap").exists(), "the state is in the bucket, not on this machine"

    second = run(environment, emulator)
    assert second.existed
    assert second.changes == []
    assert second.hosted_zone == first.hosted_zone

    settled = dataclasses.replace(environment, zone_id=first.hosted_zone["zone_id"])
    assert settled.zone_id != PLACEHOLDER_ZONE
    third = run(settled, emulator)
    assert third.changes == []
    assert third.hosted_zone == first.hosted_zone


def test_a_bucket_without_a_state_is_taken_over(environment: Environment, emulator: control.Emulator) -> None:
    """As a run leaves it that made the bucket on a machine which is gone."""
    assert environment.state is not None
    client = s3(emulator)
    client.create_bucket(
        Bucket=environment.state.bucket, CreateBucketConfiguration={"LocationConstraint": environment.state.region}
    )
    client.put_object(Bucket=environment.state.bucket, Key="staging.tfstate", Body=b"{}")
    done = run(environment, emulator)
    assert done.existed
    assert client.get_object(Bucket=environment.state.bucket, Key="staging.tfstate")["Body"].read() == b"{}"
    assert run(environment, emulator).changes == []
