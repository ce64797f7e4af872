"""The seal on a saved plan: what it was made from, so that nothing else is ever applied.

A plan and its seal lie side by side in the environment's work folder. The plan file itself is a zip archive in which
Terraform keeps the state it started from (`tfstate`), so serial and lineage are read without asking the backend.
"""

from __future__ import annotations

import hashlib
import json
import time
import zipfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from scripts.environments import Environment
from scripts.errors import OperatorError

FRESH_SECONDS = 24 * 3600
_FORMAT = 1


class SealError(OperatorError):
    """Report a saved plan without a readable seal."""


@dataclass(frozen=True, kw_only=True)
class Seal:
    """What a saved plan was made from.

    `made_at` is seconds since the epoch; hashes are SHA-256 in hexadecimal; `serial` and `lineage` identify the state it
    starts from (0 and "" for none); an `offline` plan started from an empty state and can't be applied.
    """

    environment: str
    made_at: float
    plan: str
    configuration: str
    image_digest: str | None
    serial: int
    lineage: str
    offline: bool
    destroys: bool = False
    empty: bool = False
    versions: dict[str, str] = field(default_factory=dict)
    format: int = _FORMAT


@dataclass(frozen=True, kw_only=True)
class SavedPlan:
    """A plan file and its seal."""

    file: Path
    seal: Seal


def save(
    file: Path,
    environment: Environment,
    *,
    offline: bool,
    image_digest: str | None,
    destroys: bool = False,
    empty: bool = False,
    configuration: str | None = None,
    versions: dict[str, str] | None = None,
) -> SavedPlan:
    """Seal the plan in `file`; raise SealError if it is no plan of Terraform's.

    `configuration` is the hash from before the plan was made, so that an edit made meanwhile breaks the seal.
    """
    try:
        serial, lineage = _starting_state(file)
    except SealError:
        discard(file)
        raise
    seal = Seal(
        environment=environment.name,
        made_at=time.time(),
        plan=_sha256(file),
        configuration=configuration or configuration_hash(environment),
        image_digest=image_digest,
        serial=serial,
        lineage=lineage,
        offline=offline,
        destroys=destroys,
        empty=empty,
        versions=versions or {},
    )
    written = _seal_file(file)
    part = written.with_suffix(".part")
    try:
        part.write_text(json.dumps(asdict(seal), indent=2) + "\n")
        part.replace(written)
    except OSError as error:
        discard(file)
        part.unlink(missing_ok=True)
        raise SealError(
            f"The seal of {file} could not be written ({error.strerror}): is the disk full? Plan again."
        ) from error
    return SavedPlan(file=file, seal=seal)


def load(file: Path) -> SavedPlan | None:
    """Return the saved plan, None if there is none; raise SealError if its seal can't be read."""
    if not file.exists():
        return None
    try:
        document = json.loads(_seal_file(file).read_text())
        if not isinstance(document, dict) or document.get("format") != _FORMAT:
            raise ValueError("format")
        return SavedPlan(file=file, seal=Seal(**document))
    except (OSError, ValueError, TypeError) as error:
        raise SealError(
            f"The saved plan {file} has no seal that can be read, so nobody knows what it was made from: plan again."
        ) from error


def discard(file: Path) -> None:
    """Remove a saved plan and its seal."""
    file.unlink(missing_ok=True)
    _seal_file(file).unlink(missing_ok=True)


def breaches(
    saved: SavedPlan,
    environment: Environment,
    *,
    state: dict[str, Any] | None,
    image_digest: str | None,
    now: float | None = None,
) -> list[str]:
    """Say why a saved plan must not be applied any more; an empty list means that its seal holds.

    `state` is the present state as the backend holds it, `image_digest` the digest that the ledger says runs.
    """
    seal, found = saved.seal, []
    if seal.offline:
        found.append("It was planned offline, from an empty state, and can't be applied.")
    if seal.environment != environment.name:
        found.append(f"It was made for {seal.environment}, not for {environment.name}.")
    if _sha256(saved.file) != seal.plan:
        found.append("The plan file is not the one that was sealed.")
    if configuration_hash(environment) != seal.configuration:
        found.append("The configuration has changed since it was made.")
    if seal.image_digest != image_digest:
        found.append("Another image was released since it was made.")
    age = (time.time() if now is None else now) - seal.made_at
    if not 0 <= age <= FRESH_SECONDS:
        found.append(f"It is {age / 3600:.0f} hours old; a plan is good for {FRESH_SECONDS // 3600}.")
    if not seal.offline:
        serial, lineage = (int(state["serial"]), str(state["lineage"])) if state else (0, "")
        if seal.lineage and (serial, lineage) != (seal.serial, seal.lineage):
            found.append(
                f"Something else was applied since it was made: the state is at serial {serial}, it started from {seal.serial}."
            )
        if not seal.lineage and state and state.get("resources"):
            found.append("It was made when nothing was applied yet, and now something is.")
    return found


def configuration_hash(environment: Environment) -> str:
    """Hash every file that Terraform reads for an environment: modules, stack, its root and lock file."""
    digest = hashlib.sha256()
    terraform = environment.root.parent.parent
    for folder in (terraform / "modules", terraform / "stack", environment.root):
        for file in sorted(_read_by_terraform(folder)):
            digest.update(file.relative_to(terraform).as_posix().encode() + b"\0")
            digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


def _read_by_terraform(folder: Path) -> Iterator[Path]:
    for file in folder.rglob("*"):
        hidden = any(part.startswith(".") for part in file.relative_to(folder).parts[:-1])
        if file.is_file() and not hidden and file.suffix != ".md" and "tfstate" not in file.name:
            yield file


def _starting_state(file: Path) -> tuple[int, str]:
    try:
        with zipfile.ZipFile(file) as archive:
            state = json.loads(archive.read("tfstate"))
        return int(state.get("serial", 0)), str(state.get("lineage", ""))
    except (OSError, zipfile.BadZipFile, KeyError, ValueError) as error:
        raise SealError(
            f"{file} is not a plan that Terraform could save (is the disk full?): look, and plan again."
        ) from error


def _sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _seal_file(file: Path) -> Path:
    return file.with_name(file.name + ".seal.json")
