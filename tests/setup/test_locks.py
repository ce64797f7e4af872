"""The committed locks say exactly what is installed, and say the same everywhere."""

from __future__ import annotations

import re

import pytest
import yaml

from scripts import toolchain
from scripts.toolchain import REPOSITORY

LOCKS = sorted((REPOSITORY / "terraform").glob("**/.terraform.lock.hcl"))
PLATFORMS = ["darwin_amd64", "darwin_arm64", "linux_amd64", "linux_arm64"]


def test_every_root_locks_the_same_provider() -> None:
    roots = {path.parent for path in (REPOSITORY / "terraform").glob("envs/*/main.tf")}
    assert roots | {REPOSITORY / "terraform" / "bootstrap"} == {lock.parent for lock in LOCKS}
    assert len({lock.read_text() for lock in LOCKS}) == 1


def test_provider_lock_serves_registry_and_mirrors_on_every_platform() -> None:
    """A registry is checked by the zips' hashes, an unpacked mirror by its folder's: both must be there."""
    text = toolchain.PROVIDER_LOCK.read_text()
    hashes = re.findall(r'"((h1|zh):[^"]+)"', text)
    assert len({whole for whole, _ in hashes}) == len(hashes)
    # 14 platforms; the list of zips has one more, the manifest.
    assert [sum(kind == wanted for _, kind in hashes) for wanted in ("h1", "zh")] == [14, 15]


def test_provider_on_this_machine_is_the_locked_one() -> None:
    machine = toolchain.Machine()
    found = toolchain.find_provider(machine)
    if found is None:
        pytest.skip("the provider comes by way of the operator's own Terraform configuration")
    assert toolchain.verified(found.folder, machine)


def test_terraform_has_a_checksum_for_every_platform_served() -> None:
    lines = toolchain.CHECKSUMS.read_text().splitlines()
    found = [re.fullmatch(r"[0-9a-f]{64}  terraform_([0-9.]+)_(\w+)\.zip", line) for line in lines]
    assert sorted(match[2] for match in found if match) == PLATFORMS
    assert {match[1] for match in found if match} == {toolchain.TERRAFORM_VERSION}
    assert len(found) == len(PLATFORMS)


def test_every_python_package_is_pinned_and_hashed_and_comes_from_the_index() -> None:
    """An address or a path in the lock would tie it to the machine on which it was made."""
    text = (REPOSITORY / "requirements.lock").read_text()
    body = "".join(line for line in text.splitlines(keepends=True) if not line.startswith("#"))
    stanzas = re.split(r"\n(?=\S)", body.strip())
    unhashed = [
        stanza.splitlines()[0]
        for stanza in stanzas
        if not re.match(r"[a-z0-9-]+==[^ ]+( ; [^\\]+)? \\\n    --hash=sha256:[0-9a-f]{64}", stanza)
    ]
    assert unhashed == []
    assert not re.search(r"://|^-|file:|@ ", body, re.MULTILINE)


def test_declared_packages_are_in_the_lock() -> None:
    import tomllib

    declared = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]["dependencies"]
    locked = set(re.findall(r"^([a-z0-9-]+)==", (REPOSITORY / "requirements.lock").read_text(), re.MULTILINE))
    names = {re.split(r"[\[=<>~]", item)[0].lower() for item in declared}
    assert names - locked == set()


def test_workflows_pin_actions_by_commit_and_may_only_read() -> None:
    for workflow in (REPOSITORY / ".github" / "workflows").glob("*.yml"):
        text = workflow.read_text()
        uses = re.findall(r"uses: (.+)", text)
        assert uses
        assert [line for line in uses if not re.fullmatch(r"[\w/-]+@[0-9a-f]{40} # v[0-9.]+", line)] == []
        assert yaml.safe_load(text)["permissions"] == {"contents": "read"}


def test_ci_runs_the_command_of_the_readme() -> None:
    command = "scripts/run test"
    assert f"{command}" in (REPOSITORY / "README.md").read_text()
    ci = (REPOSITORY / ".ci" / "run").read_text()
    assert 'scripts/run" test --all' in ci
    assert "bash .ci/run" in (REPOSITORY / ".github" / "workflows" / "ci.yml").read_text()
