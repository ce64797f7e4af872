from __future__ import annotations

from pathlib import Path

import pytest

from scripts import workspace
from scripts.errors import UsageError


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A checkout with one environment, one module, and what Terraform leaves in a root."""
    files = {
        "modules/queue/main.tf": "# queue\n",
        "modules/cdn/page.js": "// page\n",
        "stack/main.tf": "# stack\n",
        "bootstrap/main.tf": "# bootstrap\n",
        "envs/staging/main.tf": (
            'provider "aws" {\n  region = "eu-west-1"\n}\n\nprovider "aws" {\n  alias  = "us_east_1"\n  region = "us-east-1"\n}\n'
        ),
        "envs/staging/.terraform.lock.hcl": "# lock\n",
        "envs/staging/.terraform/providers": "",
        "envs/staging/terraform.tfstate": "{}",
        "envs/staging/my_override.tf": "# mine\n",
        "envs/prod/main.tf": 'provider "aws" {\n  region = "eu-west-1"\n}\n',
    }
    for name, text in files.items():
        file = tmp_path / "checkout" / "terraform" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return tmp_path / "checkout"


def listed(folder: Path) -> set[str]:
    return {str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file()}


def test_a_copy_has_what_the_root_needs_and_nothing_that_terraform_or_a_person_left_there(
    tree: Path, tmp_path: Path
) -> None:
    root = workspace.tree_copy("staging", tmp_path / "copy", tree=tree)

    assert root == tmp_path / "copy" / "terraform" / "envs" / "staging"
    assert listed(tmp_path / "copy" / "terraform") == {
        "modules/queue/main.tf",
        "modules/cdn/page.js",
        "stack/main.tf",
        "envs/staging/main.tf",
        "envs/staging/.terraform.lock.hcl",
    }


def test_an_offline_copy_overrides_every_provider_of_the_root_and_the_backend(tree: Path, tmp_path: Path) -> None:
    root = workspace.offline_copy("staging", tmp_path / "copy", tree=tree)

    text = (root / workspace.OFFLINE_OVERRIDE).read_text()
    assert text.count('provider "aws" {') == 2
    assert text.count('= "us_east_1"') == 1
    assert text.count("allowed_account_ids         = null") == 2
    assert 'backend "local" {}' in text


def test_an_override_names_no_provider_that_the_root_lacks(tree: Path, tmp_path: Path) -> None:
    root = workspace.offline_copy("prod", tmp_path / "copy", tree=tree)

    text = (root / workspace.OFFLINE_OVERRIDE).read_text()
    assert text.count('provider "aws" {') == 1
    assert "alias" not in text


def test_copying_again_follows_the_checkout_and_keeps_what_terraform_made(tree: Path, tmp_path: Path) -> None:
    root = workspace.offline_copy("staging", tmp_path / "copy", tree=tree)
    (root / ".terraform").mkdir()
    (root / ".terraform" / "initialised-from").write_text("x")
    (root / "terraform.tfstate").write_text('{"serial": 7}')
    (tree / "terraform/modules/queue/alarms.tf").write_text("# alarms\n")
    (tree / "terraform/modules/queue/main.tf").write_text("# queue, changed\n")
    (tree / "terraform/stack/main.tf").unlink()

    workspace.offline_copy("staging", tmp_path / "copy", tree=tree)

    modules = tmp_path / "copy" / "terraform" / "modules"
    assert (modules / "queue/alarms.tf").exists()
    assert (modules / "queue/main.tf").read_text() == "# queue, changed\n"
    assert not (tmp_path / "copy/terraform/stack/main.tf").exists()
    assert (root / ".terraform" / "initialised-from").exists()
    assert (root / "terraform.tfstate").read_text() == '{"serial": 7}'


def test_an_unchanged_file_is_not_written_again(tree: Path, tmp_path: Path) -> None:
    root = workspace.tree_copy("staging", tmp_path / "copy", tree=tree)
    before = (root / "main.tf").stat().st_mtime_ns

    workspace.tree_copy("staging", tmp_path / "copy", tree=tree)

    assert (root / "main.tf").stat().st_mtime_ns == before


def test_the_bootstrap_is_copied_with_the_modules_alone(tree: Path, tmp_path: Path) -> None:
    root = workspace.bootstrap_copy(tmp_path / "copy", tree=tree)

    assert root == tmp_path / "copy" / "terraform" / "bootstrap"
    assert not (tmp_path / "copy" / "terraform" / "stack").exists()


def test_an_environment_that_is_not_there_is_refused_with_the_path(tree: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="envs/nowhere"):
        workspace.tree_copy("nowhere", tmp_path / "copy", tree=tree)


def test_a_copy_that_cannot_be_written_says_where(tree: Path, tmp_path: Path) -> None:
    (tmp_path / "copy").write_text("a file in the way")

    with pytest.raises(workspace.WorkspaceError, match="copy"):
        workspace.tree_copy("staging", tmp_path / "copy", tree=tree)
