"""The README's “Going live”, verb by verb, with credentials, against an AWS that starts empty."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts.emulator import control
from tests.e2e.test_verbs import REPOSITORY, Checkout

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("going-live")]
ACCOUNT = "210987654321"


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Return the variables of somebody who is logged in to the account of `shared`."""
    home = tmp_path_factory.mktemp("aws")
    yield control.start(home, account_id=ACCOUNT).environment()
    control.stop(home)


@pytest.fixture(scope="module")
def fork(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """Return a checkout whose root of `shared` names an account of the team's own."""
    folder = tmp_path_factory.mktemp("fork") / "fork"
    left_out = shutil.ignore_patterns(
        ".git", ".venv", ".work", "node_modules", ".terraform", "*.tfstate*", "app", ".*_cache"
    )
    shutil.copytree(REPOSITORY, folder, ignore=left_out, symlinks=True)
    root = folder / "terraform" / "envs" / "shared" / "main.tf"
    root.write_text(root.read_text().replace("111111111111", ACCOUNT))
    return Checkout(folder)


def test_from_nothing_to_an_applied_and_guarded_environment(fork: Checkout, aws: dict[str, str]) -> None:
    """One story: each step is refused, with the next step in the sentence, until the one before it is done."""
    early = fork.run("plan", "--env=shared", **aws)
    assert early.returncode == 1
    assert "run `invoke bootstrap" in early.stderr

    assert fork.run("bootstrap", "--env=shared", **aws).returncode == 3, "it asks, and nobody is there"
    made = fork.run("bootstrap", "--env=shared", "--yes", **aws)
    assert made.returncode == 0, made.stderr
    assert f"State bucket gallery-shared-state-{ACCOUNT}: made." in made.stdout

    unplanned = fork.run("apply", "--env=shared", **aws)
    assert unplanned.returncode == 3
    assert "There is no saved plan" in unplanned.stderr

    planned = fork.run("plan", "--env=shared", **aws)
    assert planned.returncode == 0, planned.stderr
    assert "Saved and sealed" in planned.stdout
    outputs = fork.folder / "terraform" / "envs" / "shared" / "outputs.tf"
    before = outputs.read_text()
    outputs.write_text(before + "\n# edited after the plan\n")
    edited = fork.run("apply", "--env=shared", "--yes", **aws)
    assert edited.returncode == 3
    assert "The configuration has changed" in edited.stderr
    outputs.write_text(before)

    nameless = fork.run("apply", "--env=shared", **aws)
    assert nameless.returncode == 3
    assert "no terminal to type its name on" in nameless.stderr
    applied = fork.run("apply", "--env=shared", "--yes", **aws)
    assert applied.returncode == 0, applied.stderr
    assert "Applying the saved plan: its seal holds." in applied.stderr
    assert f"{ACCOUNT}.dkr.ecr.eu-west-1.amazonaws.com/gallery/backend" in applied.stdout
    assert json.loads(fork.run("plan", "--env=shared", "--json", **aws).stdout)["empty"]

    main = fork.folder / "terraform" / "envs" / "shared" / "main.tf"
    main.write_text(main.read_text().replace('["gallery/backend"]', '["gallery/other"]'))
    losing = fork.run("plan", "--env=shared", **aws)
    assert "It would destroy the registry" in losing.stdout
    refused = fork.run("apply", "--env=shared", "--yes", **aws)
    assert refused.returncode == 3
    address = 'module.registry.aws_ecr_repository.this["gallery/backend"]'
    assert f"--allow='{address}'" in refused.stderr
    accepted = fork.run("apply", "--env=shared", "--yes", f"--allow={address}", "--reason=renamed", **aws)
    assert accepted.returncode == 0, accepted.stderr

    assert fork.run("destroy", "--env=shared", "--yes", **aws).returncode == 3, "it is protected"


def test_credentials_of_another_account_are_refused(fork: Checkout, tmp_path: Path) -> None:
    other = control.start(tmp_path / "other", account_id="109876543210")
    try:
        ran = fork.run("plan", "--env=shared", **other.environment())
    finally:
        control.stop(tmp_path / "other")
    assert ran.returncode == 1
    assert "109876543210" in ran.stderr
