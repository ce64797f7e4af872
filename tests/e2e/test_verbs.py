"""The verbs as a person types them, in a checkout of their own: what they print, and the code they exit with."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("verbs")]  # one checkout, one after the other


class Checkout:
    """A copy of the tree in which verbs are run without credentials."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def run(self, *verb: str, **more: str) -> subprocess.CompletedProcess[str]:
        variables = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        return subprocess.run(
            [sys.executable, "-m", "invoke", *verb],
            cwd=self.folder,
            env={**variables, "HOME": str(self.folder), **more},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Checkout]:
    folder = tmp_path_factory.mktemp("checkout") / "a copy with spaces"
    left_out = shutil.ignore_patterns(
        ".git", ".venv", ".work", "node_modules", ".terraform", "*.tfstate*", "app", ".*_cache"
    )
    shutil.copytree(REPOSITORY, folder, ignore=left_out, symlinks=True)
    made = Checkout(folder)
    yield made
    made.run("emulator.stop")


def test_a_plan_without_credentials_is_offline_and_says_so_first(checkout: Checkout) -> None:
    ran = checkout.run("plan", "--env=staging")
    assert ran.returncode == 0, ran.stderr
    assert ran.stderr.splitlines()[0].startswith("OFFLINE plan of staging")
    assert "to create." in ran.stdout
    assert "rehearse --env=staging" in ran.stdout


def test_a_plan_for_a_machine_is_one_document(checkout: Checkout) -> None:
    ran = checkout.run("plan", "--env=staging", "--json")
    document = json.loads(ran.stdout)
    assert document["offline"]
    assert document["counts"]["create"] > 200
    assert document["refusals"] == []


def test_an_apply_without_credentials_says_what_can_be_done(checkout: Checkout) -> None:
    ran = checkout.run("apply", "--env=prod", "--yes")
    assert ran.returncode == 4
    assert "333333333333" in ran.stderr
    assert "invoke rehearse --env=prod" in ran.stderr


def test_destroying_prod_is_refused(checkout: Checkout) -> None:
    ran = checkout.run("destroy", "--env=prod", "--yes")
    assert ran.returncode == 3
    assert "protected" in ran.stderr


@pytest.mark.parametrize(
    "verb", ["plan", "apply", "destroy", "output", "init", "rehearse", "bootstrap", "secrets.list"]
)
def test_an_unknown_environment_names_those_there_are(checkout: Checkout, verb: str) -> None:
    ran = checkout.run(verb, "--env=stagin")
    assert ran.returncode == 2
    assert "Did you mean --env=staging?" in ran.stderr
    assert "Traceback" not in ran.stderr


@pytest.mark.parametrize("verb", ["output", "secrets.list", "destroy"])
def test_asking_what_is_applied_starts_nothing(checkout: Checkout, verb: str) -> None:
    ran = checkout.run(verb, "--env=local")
    assert ran.returncode == 1
    assert "invoke apply --env=local starts it" in ran.stderr
    assert not json.loads(checkout.run("emulator.status", "--json").stdout)["running"]


def test_every_verb_teaches(checkout: Checkout) -> None:
    listed = json.loads(checkout.run("--list", "--list-format=json").stdout)
    names = [task["name"] for task in listed["tasks"]]
    names += [f"{group['name']}.{task['name']}" for group in listed["collections"] for task in group["tasks"]]
    assert {"plan", "apply", "rehearse", "emulator.start", "secrets.set"} <= set(names)
    for name in names:
        ran = checkout.run("--help", name)
        assert ran.returncode == 0, name
        assert "Docstring:\n  none" not in ran.stdout, name


def test_local_from_nothing_and_healed_after_its_aws_died(checkout: Checkout) -> None:
    """The README's first command; then its emulator is killed, and the same command heals it."""
    ran = checkout.run("apply", "--env=local")
    assert ran.returncode == 0, ran.stderr
    assert "https://api.gallery.localhost/" in ran.stdout
    assert "Name servers" in ran.stdout
    assert "Generated a value for: database-app, django-secret-key." in ran.stderr

    again = checkout.run("plan", "--env=local", "--json")
    assert json.loads(again.stdout)["empty"], again.stdout
    secrets = json.loads(checkout.run("secrets.list", "--env=local", "--json").stdout)
    assert all(secret["has_value"] for secret in secrets.values())

    status = json.loads(checkout.run("emulator.status", "--json").stdout)
    os.kill(status["pid"], 9)
    healed = checkout.run("apply", "--env=local")
    assert healed.returncode == 0, healed.stderr
    assert json.loads(checkout.run("plan", "--env=local", "--json").stdout)["empty"]
    assert checkout.run("emulator.stop").stdout == "Stopped.\n"


def test_a_mirror_that_is_gone_is_one_sentence(checkout: Checkout, tmp_path: Path) -> None:
    ran = checkout.run("plan", "--env=staging", DJANGO_AWS_PROVIDER_MIRROR=str(tmp_path / "none"))
    assert "Traceback" not in ran.stderr
    if ran.returncode:
        assert "hashicorp/aws" in ran.stderr
