"""The environments are read from their roots, and a wrong name gets a sentence that helps."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts import access, environments
from scripts.errors import UsageError


def test_each_root_states_its_own_facts() -> None:
    found = {name: environments.find(name) for name in environments.names()}
    assert set(found) == {"local", "prod", "shared", "staging"}
    assert found["local"].state is None
    assert found["local"].is_local
    assert found["prod"].protected
    assert not found["staging"].protected
    assert found["shared"].protected, "what all environments stand on is protected without a word"
    assert found["staging"].domain == "staging.example.com"


def test_no_two_environments_share_a_state_or_an_account() -> None:
    """Two roots on one state destroy each other; two on one account can't be told apart by their credentials."""
    found = [environments.find(name) for name in environments.names()]
    states = [environment.state for environment in found if environment.state]
    assert len({(state.bucket, state.key) for state in states}) == len(states)
    assert len({environment.account_id for environment in found}) == len(found)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("stagin", "Did you mean --env=staging"),
        (None, "Say --env=NAME"),
        ("", "Say --env=NAME"),
        ("--help", r"There is no environment --help"),
        ("../etc", "There is no environment"),
        ("x\ny", r"'x\\ny'"),
        ("p" * 10_000, "There is no environment"),
    ],
)
def test_an_unknown_name_is_answered_with_what_there_is(name: str | None, sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence) as caught:
        environments.find(name)
    assert "local, prod, shared, staging" in str(caught.value)
    assert len(str(caught.value)) < 300


def root(repository: Path, text: str) -> Path:
    folder = repository / "terraform" / "envs" / "mine"
    folder.mkdir(parents=True)
    (folder / "main.tf").write_text(text)
    return repository


def test_a_root_that_is_no_hcl_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"mine/main\.tf is not valid HCL"):
        environments.find("mine", root(tmp_path, 'module "stack" {'))


def test_a_root_without_an_account_is_told_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="allowed_account_ids"):
        environments.find("mine", root(tmp_path, 'terraform {}\nprovider "aws" { region = "eu-west-1" }\n'))


def test_the_template_placeholders_are_known() -> None:
    assert environments.find("prod").placeholders()
    assert environments.find("local").placeholders() == []


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({}, False),
        ({"AWS_ACCESS_KEY_ID": ""}, False),
        ({"AWS_ACCESS_KEY_ID": "x"}, True),
        ({"AWS_PROFILE": "team"}, True),
        ({"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/v2"}, True),
    ],
)
def test_credentials_are_seen_where_the_sdk_looks(variables: dict[str, str], expected: object, tmp_path: Path) -> None:
    assert access.has_credentials(variables, home=tmp_path) is expected


def test_a_shared_file_counts_unless_it_is_empty(tmp_path: Path) -> None:
    (tmp_path / ".aws").mkdir()
    file = tmp_path / ".aws" / "credentials"
    file.touch()
    assert not access.has_credentials({}, home=tmp_path)
    file.write_text("[default]\n")
    assert access.has_credentials({}, home=tmp_path)
