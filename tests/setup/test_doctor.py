"""The doctor names what is wrong with a machine and the command that mends it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from scripts import doctor, environments, toolchain
from scripts.doctor import Status
from scripts.toolchain import REPOSITORY
from tests.setup.conftest import Fake
from tests.setup.test_install import checkout

CREDENTIALS = {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x"}


def test_every_finding_that_is_not_fine_says_what_mends_it(fake: Fake) -> None:
    """On a bare machine nearly everything is missing, and no examination raises."""
    found = list(doctor.examine(fake.machine, checkout(fake.base / "checkout")))
    assert [finding for finding in found if finding.status is not Status.FINE and not finding.mend] == []
    wrong = {finding.name for finding in found if finding.status is Status.WRONG}
    assert {"Terraform", "AWS provider", "packages"} <= wrong
    assert all(set(finding.document()) == {"name", "status", "detail", "mend"} for finding in found)


def test_terraform_that_changed_behind_a_version_manager_is_wrong(fake: Fake) -> None:
    path = fake.terraform("1.11.4")
    assert doctor.terraform_finding(fake.machine).status is Status.FINE
    stat = path.stat()
    path.write_text(path.read_text().replace("1.11.4", "1.10.4"))
    import os

    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    finding = doctor.terraform_finding(fake.machine)
    assert finding.status is Status.WRONG
    assert "is 1.10.4" in finding.detail


def test_provider_finding_follows_the_toolchain(fake: Fake) -> None:
    assert doctor.provider_finding(fake.machine).status is Status.WRONG
    mirror = fake.provider("opt/mirror")
    assert str(mirror) in doctor.provider_finding(fake.machine).detail
    named = doctor.provider_finding(fake.variables(**{toolchain.PROVIDER_VARIABLE: "/nowhere"}))
    assert named.status is Status.WRONG
    assert named.mend is not None
    assert named.mend.startswith("unset DJANGO_AWS_PROVIDER_MIRROR")


def test_locks_that_differ_or_are_missing_are_wrong(tmp_path: Path) -> None:
    root = checkout(tmp_path)
    for name in ("local", "prod"):
        folder = root / "terraform" / "envs" / name
        folder.mkdir(exist_ok=True)
        (folder / "main.tf").touch()
    assert doctor.locks_finding(root).detail == "none in terraform/envs/prod"
    lock = root / "terraform" / "envs" / "prod" / ".terraform.lock.hcl"
    shutil.copy(root / "terraform" / "envs" / "local" / ".terraform.lock.hcl", lock)
    assert doctor.locks_finding(root).status is Status.FINE
    lock.write_text(lock.read_text().replace("5.100.0", "5.99.0"))
    assert doctor.locks_finding(root).status is Status.WRONG


@pytest.mark.parametrize(("free", "status"), [(10**10, "fine"), (10**9, "warning"), (10**8, "wrong")])
def test_disk_space_is_judged(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, free: int, status: str) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10**11, 10**11 - free, free))
    assert doctor.disk_finding(tmp_path).status == status


def test_credentials_of_an_environment_are_fine_and_others_are_wrong(fake: Fake) -> None:
    machine = fake.variables(**CREDENTIALS)
    staging = environments.find("staging").account_id
    *_, known = doctor.aws_findings(machine, lambda: staging)
    assert (known.status, known.detail) == (Status.FINE, f"account {staging}, that of staging")
    *_, foreign = doctor.aws_findings(machine, lambda: "999999999999")
    assert foreign.status is Status.WRONG
    assert "999999999999 is that of no environment" in foreign.detail


def test_refused_credentials_are_wrong_and_none_are_a_warning(fake: Fake) -> None:
    def refused() -> str:
        raise RuntimeError("The security token included in the request is expired\nand more")

    *_, finding = doctor.aws_findings(fake.variables(**CREDENTIALS), refused)
    assert finding.status is Status.WRONG
    assert finding.detail == "refused or out of reach: The security token included in the request is expired"
    *_, none = doctor.aws_findings(fake.variables(AWS_EC2_METADATA_DISABLED="true"), refused)
    assert none.status is Status.WARNING


def test_this_checkout_is_healthy() -> None:
    """What `invoke test` itself stands on: this is the machine that runs it."""
    found = {finding.name: finding for finding in doctor.examine(root=REPOSITORY)}
    for name in ("packages", "Terraform", "AWS provider", "provider locks"):
        assert found[name].status is Status.FINE, found[name]
