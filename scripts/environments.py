"""Read what the roots in `terraform/envs/` say of themselves.

A folder there is an environment; its `main.tf` is the only place that names its account, region and state.
"""

from __future__ import annotations

import difflib
import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from scripts.errors import UsageError

REPOSITORY = Path(__file__).resolve().parent.parent
WORK = REPOSITORY / ".work"
LOCAL = "local"
PLACEHOLDER_ZONE = "Z00EXAMPLE0000000000"
PLACEHOLDER_ACCOUNTS = frozenset({"111111111111", "222222222222", "333333333333"})


@dataclass(frozen=True, kw_only=True)
class State:
    """Where an environment keeps its state: an S3 object with a lock file beside it."""

    bucket: str
    key: str
    region: str


@dataclass(frozen=True, kw_only=True)
class Environment:
    """One folder of `terraform/envs/`.

    `state` is None where the state is a file beside the root. `protected` environments keep their data: `destroy` is
    refused, and their name is typed before an apply. `domain` and `zone_id` are None where the root has no stack.
    """

    name: str
    root: Path
    project: str
    account_id: str
    region: str
    protected: bool
    state: State | None
    domain: str | None
    zone_id: str | None

    @property
    def is_local(self) -> bool:
        """Say whether this environment lives in the embedded AWS."""
        return self.name == LOCAL

    @property
    def prefix(self) -> str:
        """Return what the names of its resources begin with, such as `gallery-staging`."""
        return f"{self.project}-{self.name}"

    @property
    def work(self) -> Path:
        """Return the folder for what the verbs make for it: plans, logs, the emulator's home."""
        return WORK / "env" / self.name

    def placeholders(self) -> list[str]:
        """Name the values of this template that a team must replace before its first apply to AWS."""
        found = []
        if self.account_id in PLACEHOLDER_ACCOUNTS:
            found.append(f"account {self.account_id}")
        if self.domain is not None and (self.domain == "example.com" or self.domain.endswith(".example.com")):
            found.append(f"domain {self.domain}")
        if self.zone_id == PLACEHOLDER_ZONE:
            found.append(f"hosted zone {self.zone_id}")
        return found


def names(repository: Path = REPOSITORY) -> list[str]:
    """List the environments: the folders of `terraform/envs/` that hold a `main.tf`."""
    folders = (repository / "terraform" / "envs").glob("*/main.tf")
    return sorted(folder.parent.name for folder in folders)


def find(name: str | None, repository: Path = REPOSITORY) -> Environment:
    """Return the environment of that name; raise UsageError, with the names there are, if there is none."""
    known = names(repository)
    if name not in known:
        listed = ", ".join(known)
        if not name:
            raise UsageError(f"Which environment? Say --env=NAME, with one of: {listed}.")
        close = difflib.get_close_matches(name, known, n=1)
        hint = f" Did you mean --env={close[0]}?" if close else ""
        shown = name if len(name) <= 40 and name.isprintable() else f"{name[:40]!r}…"
        raise UsageError(f"There is no environment {shown}; terraform/envs/ has: {listed}.{hint}")
    return _read(repository / "terraform" / "envs" / name, repository)


def _read(root: Path, repository: Path) -> Environment:
    source = root / "main.tf"
    text = source.read_bytes()
    facts = _facts(text, cache=repository / ".work" / "roots", source=source)
    state = facts.pop("state")
    return Environment(name=root.name, root=root, state=State(**state) if state else None, **facts)


def _facts(text: bytes, *, cache: Path, source: Path) -> dict[str, Any]:
    """Parse a root, or take what the same text gave before: the parser builds its grammar for a second."""
    kept = cache / f"{hashlib.sha256(text + Path(__file__).read_bytes()).hexdigest()[:32]}.json"
    try:
        facts: dict[str, Any] = json.loads(kept.read_text())
    except (OSError, ValueError):
        facts = _parse(text.decode(), source)
        cache.mkdir(parents=True, exist_ok=True)
        kept.write_text(json.dumps(facts))
    return facts


def _parse(text: str, source: Path) -> dict[str, Any]:
    import hcl2

    try:
        document = _plain(hcl2.loads(text))
    except Exception as error:  # the parser raises what its grammar library raises
        raise UsageError(
            f"{source} is not valid HCL ({str(error).splitlines()[0]}): run `terraform fmt` on it."
        ) from error
    try:
        provider = next(block["aws"] for block in document["provider"] if "alias" not in block["aws"])
        backend = next((block["s3"] for item in document["terraform"] for block in item.get("backend", [])), None)
        stack = next((block["stack"] for block in document.get("module", []) if "stack" in block), None)
        (account_id,) = provider["allowed_account_ids"]
        return {
            "project": provider["default_tags"][0]["tags"]["Project"],
            "account_id": account_id,
            "region": provider["region"],
            "protected": True if stack is None else stack["environment"]["protected"],
            "state": asdict(State(bucket=backend["bucket"], key=backend["key"], region=backend["region"]))
            if backend
            else None,
            "domain": stack["domain"]["name"] if stack else None,
            "zone_id": stack["domain"]["zone_id"] if stack else None,
        }
    except (KeyError, StopIteration, ValueError, TypeError) as error:
        raise UsageError(
            f'{source} must hold, as literals, a provider "aws" with region, one allowed_account_ids and a Project tag,'
            f" an s3 backend (but for local), and the stack's environment and domain: {error!r} is missing."
        ) from error


def _plain(value: Any) -> Any:
    """Undo the quotes and block marks that python-hcl2 keeps for writing a file back."""
    if isinstance(value, dict):
        return {_plain(key): _plain(item) for key, item in value.items() if key != "__is_block__"}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, str) and len(value) >= 2 and value[0] == value[-1] == '"':
        return value[1:-1]
    return value
