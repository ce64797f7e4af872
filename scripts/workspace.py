"""Copy an environment's Terraform out of the way, so that working on it leaves the checkout alone.

A copy keeps the layout of `terraform/`, so that a root finds its modules. Copying again into the same folder brings the
copy up to date and keeps what Terraform put beside it: `.terraform`, the state, saved plans.
"""

from __future__ import annotations

import filecmp
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from scripts.environments import REPOSITORY
from scripts.errors import OperatorError, UsageError

OFFLINE_OVERRIDE = "offline_override.tf"
_SOURCES = (".tf", ".tf.json", ".tfvars", ".tfvars.json")
_ALIAS = re.compile(r'^\s*alias\s*=\s*"([^"]+)"', re.MULTILINE)
_PROVIDER = re.compile(r'^provider\s+"aws"\s*\{.*?^\}', re.MULTILINE | re.DOTALL)


class WorkspaceError(OperatorError):
    """Report a copy that could not be written."""


def tree_copy(environment_name: str, into: Path, *, tree: Path = REPOSITORY) -> Path:
    """Copy an environment's root with the stack and the modules; return the root in the copy.

    `tree` is the checkout to copy from. Raise UsageError if it has no such environment.
    """
    return _copied(("modules", "stack"), f"envs/{environment_name}", into, tree)


def offline_copy(environment_name: str, into: Path, *, tree: Path = REPOSITORY) -> Path:
    """Copy an environment so that it plans with no account and no network; return the root in the copy.

    An override file beside the root puts its state in a local file, and lets every provider accept dummy credentials.
    """
    root = tree_copy(environment_name, into, tree=tree)
    _write(root / OFFLINE_OVERRIDE, offline_override(_own_sources(root)))
    return root


def bootstrap_copy(into: Path, *, tree: Path = REPOSITORY) -> Path:
    """Copy `terraform/bootstrap` with the modules; return the root in the copy."""
    return _copied(("modules",), "bootstrap", into, tree)


def offline_override(sources: str) -> str:
    """Write the override file that makes a root with this text plan offline.

    `allowed_account_ids` must go: the provider asks STS for the account even when it may skip every other question.
    """
    aliases: list[str | None] = []
    for block in _PROVIDER.findall(sources):
        alias = _ALIAS.search(block)
        aliases.append(alias.group(1) if alias else None)
    return "\n".join(['terraform {\n  backend "local" {}\n}\n', *(offline_provider(alias) for alias in aliases)])


def offline_provider(alias: str | None = None, region: str | None = None) -> str:
    """Write a provider block that asks AWS nothing: to override one with that alias, or with a region to stand alone."""
    arguments = {
        **({} if alias is None else {"alias": f'"{alias}"'}),
        **({} if region is None else {"region": f'"{region}"'}),
        "access_key": '"offline"',
        "secret_key": '"offline"',
        "allowed_account_ids": "null",
        "skip_credentials_validation": "true",
        "skip_metadata_api_check": "true",
        "skip_requesting_account_id": "true",
    }
    width = max(len(name) for name in arguments)
    lines = [f"  {name:<{width}} = {value}" for name, value in arguments.items()]
    return "\n".join(['provider "aws" {', *lines, "}\n"])


def _copied(libraries: tuple[str, ...], root: str, into: Path, tree: Path) -> Path:
    source, target = tree / "terraform", into / "terraform"
    if not (source / root).is_dir():
        raise UsageError(f"{source / root} is not there, so it can't be copied: name one of the roots that are.")
    try:
        for folder in (*libraries, root):
            _mirror(source / folder, target / folder)
    except OSError as error:
        raise WorkspaceError(f"terraform/{root} could not be copied to {into}: {error}.") from error
    return target / root


def _mirror(source: Path, target: Path) -> None:
    """Make `target` hold the files of `source`: write what differs, remove the configuration that is gone."""
    wanted = set(_files(source))
    for name in sorted(wanted):
        file = target / name
        if not file.exists() or not filecmp.cmp(source / name, file, shallow=False):
            file.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source / name, file)
    if target.is_dir():
        for name in set(_files(target)) - wanted:
            if name.name.endswith(_SOURCES):
                (target / name).unlink()


def _files(folder: Path) -> Iterator[Path]:
    """Yield what belongs to a configuration, relative to the folder: not what Terraform made, nor override files."""
    for file in folder.rglob("*"):
        name = file.relative_to(folder)
        made = ".terraform" in name.parts or ".tfstate" in file.name or file.suffix in (".tfplan", ".log")
        if file.is_file() and not made and not file.name.endswith("override.tf"):
            yield name


def _own_sources(root: Path) -> str:
    return "\n".join(file.read_text() for file in sorted(root.glob("*.tf")) if not file.name.endswith("override.tf"))


def _write(file: Path, text: str) -> None:
    try:
        file.write_text(text)
    except OSError as error:
        raise WorkspaceError(f"{file} could not be written: {error}.") from error
