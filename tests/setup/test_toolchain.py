"""Which Terraform and which provider are taken, in which order, and what happens when they go away."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from scripts import toolchain
from scripts.toolchain import REPOSITORY, Machine, ToolchainError
from tests.setup.conftest import Fake

TERRAFORM = shutil.which("terraform")
needs_terraform = pytest.mark.skipif(TERRAFORM is None, reason="no terraform on PATH")


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ("1.10.5", False),
        ("1.11.0", True),
        ("1.11.4", True),
        ("1.15.0-beta2", True),
        ("2.0.0", False),
        ("0.15.5", False),
    ],
)
def test_terraform_from_1_11_up_to_2_is_acceptable(version: str, expected: bool) -> None:
    assert toolchain.acceptable(version) is expected


def test_first_acceptable_terraform_on_path_is_taken(fake: Fake) -> None:
    fake.terraform("1.5.7", "bin")
    newer = fake.terraform("1.12.2", "bin2")
    assert toolchain.terraform(fake.machine) == newer


def test_downloaded_terraform_is_taken_when_path_has_none_that_is_acceptable(fake: Fake) -> None:
    fake.terraform("1.5.7")
    own = fake.terraform(toolchain.TERRAFORM_VERSION, str(fake.machine.own_terraform.parent))
    assert toolchain.find_terraform(fake.machine) == toolchain.Terraform(path=own, version=toolchain.TERRAFORM_VERSION)


def test_refused_terraforms_are_named_with_their_versions(fake: Fake) -> None:
    old = fake.terraform("1.5.7")
    broken = fake.terraform("1.5.7", "bin2")
    broken.write_text("#!/bin/sh\nexit 1\n")
    with pytest.raises(ToolchainError) as caught:
        toolchain.terraform(fake.machine)
    assert f"{old} is 1.5.7; {broken} is not running" in str(caught.value)


def test_terraform_is_asked_for_its_version_once(fake: Fake) -> None:
    path = fake.terraform("1.11.4")
    assert [toolchain.terraform(fake.machine) for _ in range(3)] == [path] * 3
    assert fake.asked() == 1


def test_replaced_terraform_is_asked_again(fake: Fake) -> None:
    fake.terraform("1.11.4")
    toolchain.terraform(fake.machine)
    fake.terraform("1.3.0-older")
    with pytest.raises(ToolchainError, match=r"is 1\.3\.0"):
        toolchain.terraform(fake.machine)


def test_lost_terraform_is_looked_for_again_and_setup_runs_anew(fake: Fake) -> None:
    first = fake.terraform("1.11.4", "bin")
    toolchain.terraform(fake.machine)
    first.unlink()
    second = fake.terraform("1.12.0", "bin2")
    assert toolchain.terraform(fake.machine) == second
    second.unlink()
    (fake.machine.tools / "ready").write_text("set up")
    with pytest.raises(ToolchainError, match="PATH has none"):
        toolchain.terraform(fake.machine)
    assert not (fake.machine.tools / "ready").exists()


def test_provider_is_looked_for_in_the_documented_order(fake: Fake) -> None:
    """Take the sources away one after the other: each time the next one is found, without being told."""
    named = fake.provider("named")
    implied = fake.provider("home/.terraform.d/plugins")
    downloaded = fake.provider(fake.machine.downloads)
    scanned = fake.provider("opt/mirrors/terraform")
    machine = fake.variables(**{toolchain.PROVIDER_VARIABLE: str(named)})
    assert _folder(machine) == named
    for folder in (implied, downloaded, scanned):
        assert _folder(fake.machine) == folder
        shutil.rmtree(folder)
    assert toolchain.find_provider(fake.machine) is None


@pytest.mark.parametrize(
    "folder",
    [
        "home/.local/share/terraform/plugins",
        "data/terraform/plugins",
        "data/io.terraform/plugins",
        "xdg/terraform/plugins",
    ],
)
def test_folders_that_terraform_itself_searches_are_searched(fake: Fake, folder: str) -> None:
    mirror = fake.provider(folder)
    machine = (
        fake.variables(XDG_DATA_DIRS=f"{fake.base}/none:{fake.base}/xdg") if folder.startswith("xdg") else fake.machine
    )
    assert _folder(machine) == mirror


def test_folder_with_other_contents_than_the_lock_knows_is_not_believed(fake: Fake) -> None:
    fake.provider("opt/forged", content="something else")
    genuine = fake.provider("opt/genuine")
    assert _folder(fake.machine) == genuine


def test_zip_of_a_packed_mirror_is_checked_against_the_lock(fake: Fake) -> None:
    mirror = fake.base / "opt" / "packed"
    archive = toolchain.packed(mirror, fake.machine)
    archive.parent.mkdir(parents=True)
    with zipfile.ZipFile(archive, "w") as content:
        content.writestr("terraform-provider-aws_v5_x5", "provider")
    assert toolchain.find_provider(fake.machine) is None
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    fake.lock.write_text(fake.lock.read_text().replace("hashes = [", f'hashes = [\n    "zh:{digest}",'))
    assert _folder(fake.machine) == mirror


def test_named_folder_without_the_provider_is_refused_in_one_sentence(fake: Fake) -> None:
    fake.provider("opt/mirror")  # It would be found, but the operator said otherwise.
    machine = fake.variables(**{toolchain.PROVIDER_VARIABLE: str(fake.base / "empty")})
    with pytest.raises(ToolchainError, match=r"names .*empty, which does not hold .*: correct it or unset it\.$"):
        toolchain.environment(machine)


def test_remembered_folder_is_not_hashed_again(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    mirror = fake.provider("opt/mirror")
    assert _folder(fake.machine) == mirror

    def never(*_: object) -> bool:
        raise AssertionError("hashed again")

    monkeypatch.setattr(toolchain, "verified", never)
    assert _folder(fake.machine) == mirror


def test_provider_of_another_version_is_looked_for_after_the_lock_changed(
    fake: Fake, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake.provider("opt/mirror")
    assert toolchain.find_provider(fake.machine) is not None
    monkeypatch.setattr(toolchain, "PROVIDER_VERSION", "5.101.0")
    assert toolchain.find_provider(fake.machine) is None


def test_scan_is_bounded_in_depth_and_survives_loops(fake: Fake) -> None:
    fake.provider("opt/1/2/3/4/too-deep")
    (fake.base / "opt" / "1" / "loop").symlink_to(fake.base / "opt")
    assert list(toolchain.scan(fake.machine)) == []
    near = fake.provider("opt/1/2/near")
    assert list(toolchain.scan(fake.machine)) == [near]


def test_operators_own_configuration_is_left_alone(fake: Fake) -> None:
    fake.provider("opt/mirror")
    own = fake.base / "own.rc"
    own.write_text('plugin_cache_dir = "/somewhere"\n')
    variables = toolchain.environment(fake.variables(TF_CLI_CONFIG_FILE=str(own)))
    assert variables["TF_CLI_CONFIG_FILE"] == str(own)
    assert "TF_PLUGIN_CACHE_DIR" not in variables
    home = fake.machine.home / ".terraformrc"
    home.write_text("disable_checkpoint = true\n")
    variables = toolchain.environment(fake.machine)
    assert variables["TF_CLI_CONFIG_FILE"] == str(home)
    assert variables["TF_PLUGIN_CACHE_DIR"] == str(fake.machine.downloads)
    assert not (fake.machine.tools / "terraform.rc").exists()


def test_configuration_that_does_not_exist_is_no_configuration(fake: Fake) -> None:
    """Terraform warns of a missing file in every output; on one machine that broke each parser of its output."""
    mirror = fake.provider("opt/mirror")
    variables = toolchain.environment(fake.variables(TF_CLI_CONFIG_FILE=str(fake.base / "gone.rc")))
    written = Path(variables["TF_CLI_CONFIG_FILE"])
    assert written == fake.machine.tools / "terraform.rc"
    assert f'"{mirror}"' in written.read_text()
    again = fake.variables(TF_CLI_CONFIG_FILE=str(written))
    assert toolchain.users_configuration(again) is None, "what was generated was taken for the operator's own"


def test_no_provider_is_one_sentence_and_setup_runs_anew(fake: Fake) -> None:
    mirror = fake.provider("opt/mirror")
    toolchain.environment(fake.machine)
    (fake.machine.tools / "ready").write_text("set up")
    shutil.rmtree(mirror)
    with pytest.raises(
        ToolchainError,
        match=r"^The AWS provider 5\.100\.0 is in no folder known here: .* in DJANGO_AWS_PROVIDER_MIRROR\.$",
    ):
        toolchain.environment(replace(fake.machine))
    assert not (fake.machine.tools / "ready").exists()


def test_tools_folder_that_cannot_be_written_costs_speed_and_nothing_else(fake: Fake) -> None:
    fake.machine.tools.parent.mkdir()
    fake.machine.tools.write_text("a file where the folder should be")
    path = fake.terraform("1.11.4")
    assert [toolchain.terraform(fake.machine), toolchain.terraform(fake.machine)] == [path, path]
    assert fake.asked() == 2


@needs_terraform
def test_folder_hash_is_the_one_that_terraform_computes(fake: Fake) -> None:
    mirror = fake.provider("mirror")
    work = _root(fake)
    command = ["terraform", "providers", "lock", f"-fs-mirror={mirror}", f"-platform={fake.machine.platform}"]
    subprocess.run(command, cwd=work, env=_clean(), check=True, capture_output=True)
    digest = toolchain._directory_hash(toolchain.unpacked(mirror, fake.machine))
    assert f'"{digest}"' in (work / ".terraform.lock.hcl").read_text()


@needs_terraform
def test_terraform_installs_from_the_mirror_and_keeps_the_lock(fake: Fake) -> None:
    """Quotes, backslashes and dollars in the folder's name are the mirror's own business."""
    fake.provider('opt/a "quoted" \\ ${HOME} mirror')
    work = _root(fake)
    shutil.copy(fake.lock, work / ".terraform.lock.hcl")
    ran = subprocess.run(
        ["terraform", "init", "-lockfile=readonly", "-no-color"],
        cwd=work,
        env={**_clean(), **toolchain.environment(fake.machine)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert "Warning" not in ran.stdout + ran.stderr
    assert (work / ".terraform.lock.hcl").read_text() == fake.lock.read_text()


def test_import_is_quick_and_pulls_in_nothing_heavy() -> None:
    """Every verb imports it; the budget of a verb's start is 0.3 s."""
    script = "import sys; from scripts import toolchain; print(*sorted({name.split('.')[0] for name in sys.modules}))"
    ran = subprocess.run([sys.executable, "-c", script], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    heavy = {"boto3", "hcl2", "invoke", "rich", "ssl", "subprocess", "urllib3"}
    assert not heavy & set(ran.stdout.split())


def _folder(machine: Machine) -> Path:
    found = toolchain.find_provider(machine)
    assert found is not None
    return found.folder


def _root(fake: Fake) -> Path:
    work = fake.base / "work"
    work.mkdir()
    (work / "main.tf").write_text(
        'terraform {\n  required_providers {\n    aws = {\n      source = "hashicorp/aws"\n      version = "~> 5.100"\n'
        "    }\n  }\n}\n"
    )
    return work


def _clean() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TF_")}
    return {**kept, "TF_CLI_CONFIG_FILE": os.devnull, "CHECKPOINT_DISABLE": "1"}
