"""Find the Terraform binary and the AWS provider on this machine; standard library only, nothing is downloaded here.

What was found is kept in `.tools/toolchain.json`, so that a verb pays for a few `stat` calls; what has gone away since
is looked for again. `scripts/install.py` downloads what no machine has.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import os
import re
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from scripts.errors import OperatorError

REPOSITORY = Path(__file__).resolve().parent.parent
CHECKSUMS = REPOSITORY / "terraform.sha256"
"""SHA-256 of the Terraform zips that set-up may install, as HashiCorp publishes them; also says which version."""
PROVIDER_LOCK = REPOSITORY / "terraform" / "envs" / "local" / ".terraform.lock.hcl"
PROVIDER = "registry.terraform.io/hashicorp/aws"
PROVIDER_VARIABLE = "DJANGO_AWS_PROVIDER_MIRROR"
"""Names a folder that holds the provider, as `terraform providers mirror` or `terraform init` lays it out."""

_OLDEST = (1, 11)  # The roots use native S3 lock files and write-only arguments.
_TOO_NEW = (2,)
_SCAN_DEPTH = 3
_SCAN_FOLDERS = 5_000
_SCAN_SKIPPED = frozenset(
    # Big, or guarded by a question to the user on macOS.
    {".cache", ".git", ".npm", ".venv", "Desktop", "Documents", "Downloads", "Library", "Movies", "Music"}
    | {"Pictures", "containers", "docker", "doc", "locale", "man", "node_modules", "proc", "site-packages", "zoneinfo"}
)


def _pinned_terraform() -> str:
    found = re.search(r"  terraform_([0-9.]+)_", CHECKSUMS.read_text())
    if found is None:
        raise ToolchainError(f"{CHECKSUMS.name} names no Terraform version: restore it from git.")
    return found[1]


def _locked_provider() -> str:
    found = re.search(r'version\s+= "([0-9.]+)"', PROVIDER_LOCK.read_text())
    if found is None:
        raise ToolchainError(f"{PROVIDER_LOCK} names no provider version: restore it from git.")
    return found[1]


class ToolchainError(OperatorError):
    """Report that Terraform or its provider is not on this machine."""


TERRAFORM_VERSION = _pinned_terraform()
"""The version that set-up downloads where PATH has none that is acceptable."""
PROVIDER_VERSION = _locked_provider()


def platform() -> str:
    """Return this machine's platform as Terraform names it, e.g. `linux_amd64`."""
    machine = os.uname()
    processor = {"x86_64": "amd64", "aarch64": "arm64"}.get(machine.machine, machine.machine)
    return f"{machine.sysname.lower()}_{processor}"


@dataclass(frozen=True, kw_only=True)
class Machine:
    """Where to look: this machine unless a test says otherwise.

    `roots` are searched for a provider mirror as a last resort; `data` are the folders that Terraform itself would
    search; `releases` and `registry` are HashiCorp's addresses.
    """

    tools: Path = REPOSITORY / ".tools"
    variables: Mapping[str, str] = field(default_factory=lambda: os.environ)
    home: Path = field(default_factory=Path.home)
    roots: tuple[Path, ...] = tuple(map(Path, ("/opt", "/usr/local", "/usr/share", "/srv", "/var/lib")))
    data: tuple[Path, ...] = tuple(map(Path, ("/usr/local/share", "/usr/share", "/Library/Application Support")))
    platform: str = field(default_factory=platform)
    releases: str = "https://releases.hashicorp.com"
    registry: str = "https://registry.terraform.io"

    @property
    def downloads(self) -> Path:
        """Return the folder into which set-up downloads the provider; it has a mirror's layout."""
        return self.tools / "providers"

    @property
    def own_terraform(self) -> Path:
        """Return where set-up puts the Terraform that it downloads."""
        return self.tools / f"terraform-{TERRAFORM_VERSION}" / "terraform"


@dataclass(frozen=True, kw_only=True)
class Terraform:
    """A Terraform binary and the version it reported."""

    path: Path
    version: str


@dataclass(frozen=True, kw_only=True)
class Provider:
    """A folder that holds the locked AWS provider for this platform, and how it came to be known."""

    folder: Path
    source: str


def terraform(machine: Machine | None = None) -> Path:
    """Return the Terraform binary to run; raise ToolchainError where there is none of an acceptable version."""
    return find_terraform(machine).path


def find_terraform(machine: Machine | None = None) -> Terraform:
    """Return the first acceptable Terraform on PATH, else the one that set-up downloaded."""
    machine = machine or Machine()
    known = _remembered(machine).get("terraform", {})
    with contextlib.suppress(OSError, KeyError):
        path = Path(known["path"])
        if _fingerprint(path) == known["fingerprint"] and acceptable(known["version"]):
            return Terraform(path=path, version=known["version"])
    refused = []
    for path in _terraform_candidates(machine):
        version = version_of(path)
        if version is not None and acceptable(version):
            _remember(machine, terraform={"path": str(path), "version": version, "fingerprint": _fingerprint(path)})
            return Terraform(path=path, version=version)
        refused.append(f"{path} is {version or 'not running'}")
    _forget_setup(machine)
    raise ToolchainError(
        f"Terraform >= {_dotted(_OLDEST)}, < {_dotted(_TOO_NEW)} is needed and "
        f"{'; '.join(refused) if refused else 'PATH has none'}: `scripts/run doctor` installs {TERRAFORM_VERSION}."
    )


def acceptable(version: str) -> bool:
    """Say whether the roots work with this version of Terraform."""
    numbers = tuple(int(number) for number in re.findall(r"\d+", version)[:3])
    return _OLDEST <= numbers < _TOO_NEW


def version_of(path: Path) -> str | None:
    """Ask a Terraform binary for its version; None where it doesn't run."""
    import subprocess

    try:
        ran = subprocess.run(
            [path, "version", "-json"],
            cwd=REPOSITORY,
            env={**os.environ, "CHECKPOINT_DISABLE": "1", "TF_CLI_CONFIG_FILE": os.devnull},
            capture_output=True,
            timeout=20,
            check=True,
        )
        return str(json.loads(ran.stdout)["terraform_version"])
    except (OSError, subprocess.SubprocessError, ValueError, KeyError):
        return None


def environment(machine: Machine | None = None) -> dict[str, str]:
    """Return the variables that Terraform must run with, beside those of this process.

    Raise ToolchainError where the provider is on no folder of this machine.
    """
    machine = machine or Machine()
    result = {"CHECKPOINT_DISABLE": "1", "TF_IN_AUTOMATION": "1"}
    own = users_configuration(machine)
    if own is not None:
        result["TF_CLI_CONFIG_FILE"] = str(own)
        if not machine.variables.get("TF_PLUGIN_CACHE_DIR") and "plugin_cache_dir" not in own.read_text():
            machine.downloads.mkdir(parents=True, exist_ok=True)
            result["TF_PLUGIN_CACHE_DIR"] = str(machine.downloads)
        return result
    provider = find_provider(machine)
    if provider is None:
        _forget_setup(machine)
        raise ToolchainError(
            f"The AWS provider {PROVIDER_VERSION} is in no folder known here: `scripts/run doctor` fetches it, or name"
            f" one that holds {PROVIDER} in {PROVIDER_VARIABLE}."
        )
    result["TF_CLI_CONFIG_FILE"] = str(write_configuration(machine, provider.folder))
    return result


def users_configuration(machine: Machine) -> Path | None:
    """Return the operator's own Terraform CLI configuration, which then decides where providers come from.

    A file that doesn't exist is no configuration: Terraform would warn of it in every output. Naming a mirror in
    DJANGO_AWS_PROVIDER_MIRROR comes before it.
    """
    if machine.variables.get(PROVIDER_VARIABLE):
        return None
    named = machine.variables.get("TF_CLI_CONFIG_FILE") or machine.variables.get("TERRAFORM_CONFIG")
    for path in (Path(named) if named else None, machine.home / ".terraformrc"):
        if path is not None and path.is_file() and not path.is_relative_to(machine.tools):
            return path
    return None


def find_provider(machine: Machine | None = None, *, scanning: bool = True) -> Provider | None:
    """Return where the locked provider is; None where no folder holds it.

    In this order: the folder named in DJANGO_AWS_PROVIDER_MIRROR (which must hold it), what was found before,
    Terraform's implied mirrors, set-up's downloads and, when `scanning`, a folder under the usual roots. A folder is
    believed only after its contents matched a checksum of the lock file.
    """
    machine = machine or Machine()
    named = machine.variables.get(PROVIDER_VARIABLE)
    known = _remembered(machine).get("provider", {})
    remembered = Path(known["folder"]) if known.get("version") == PROVIDER_VERSION else None
    if named:
        folder = Path(named).expanduser()
        if folder != remembered and not verified(folder, machine):
            raise ToolchainError(
                f"{PROVIDER_VARIABLE} names {folder}, which does not hold {PROVIDER} {PROVIDER_VERSION} for"
                f" {machine.platform} as the lock file knows it: correct it or unset it."
            )
        return _believed(machine, Provider(folder=folder, source=PROVIDER_VARIABLE), known)
    if remembered is not None and known["source"] != PROVIDER_VARIABLE and holds(remembered, machine):
        return Provider(folder=remembered, source=known["source"])
    candidates = [
        *(Provider(folder=folder, source="Terraform's own mirror folder") for folder in implied_mirrors(machine)),
        Provider(folder=machine.downloads, source="downloaded"),
    ]
    for candidate in candidates:
        if verified(candidate.folder, machine):
            return _believed(machine, candidate, known)
    for folder in scan(machine) if scanning else ():
        if verified(folder, machine):
            return _believed(machine, Provider(folder=folder, source="found on this machine"), known)
    return None


def implied_mirrors(machine: Machine) -> list[Path]:
    """Return the folders in which Terraform itself looks for providers when nothing is configured.

    See https://developer.hashicorp.com/terraform/cli/config/config-file#implied-local-mirror-directories.
    """
    data = Path(machine.variables.get("XDG_DATA_HOME") or machine.home / ".local" / "share")
    shared = machine.variables.get("XDG_DATA_DIRS")
    folders = [
        machine.home / ".terraform.d" / "plugins",
        data / "terraform" / "plugins",
        machine.home / "Library" / "Application Support" / "io.terraform" / "plugins",
        *(Path(folder) / "terraform" / "plugins" for folder in (shared.split(":") if shared else machine.data)),
        *(folder / "io.terraform" / "plugins" for folder in machine.data),
    ]
    return [folder for folder in folders if holds(folder, machine)]


def scan(machine: Machine) -> Iterator[Path]:
    """Yield folders under the usual roots that hold the provider; a bounded walk, nearest first."""
    waiting = deque((root, 0) for root in (*machine.roots, machine.home))
    seen = 0
    while waiting and seen < _SCAN_FOLDERS:
        folder, depth = waiting.popleft()
        seen += 1
        if holds(folder, machine):
            yield folder
            continue
        if depth == _SCAN_DEPTH:
            continue
        with contextlib.suppress(OSError), os.scandir(folder) as entries:
            waiting.extend(
                (Path(entry.path), depth + 1)
                for entry in entries
                if entry.name not in _SCAN_SKIPPED and entry.is_dir(follow_symlinks=False)
            )


def unpacked(folder: Path, machine: Machine) -> Path:
    """Return the folder of the provider's files in a mirror of the unpacked layout."""
    return folder / PROVIDER / PROVIDER_VERSION / machine.platform


def packed(folder: Path, machine: Machine) -> Path:
    """Return the provider's zip in a mirror of the packed layout."""
    return folder / PROVIDER / f"terraform-provider-aws_{PROVIDER_VERSION}_{machine.platform}.zip"


def holds(folder: Path, machine: Machine) -> bool:
    """Say whether a folder looks like a mirror of the locked provider for this platform."""
    try:
        return unpacked(folder, machine).is_dir() or packed(folder, machine).is_file()
    except OSError:
        return False


def verified(folder: Path, machine: Machine) -> bool:
    """Say whether a mirror's provider has a checksum that the lock file names (about a second for 700 MB)."""
    if not holds(folder, machine):
        return False
    locked = set(re.findall(r'"((?:h1|zh):[^"]+)"', PROVIDER_LOCK.read_text()))
    try:
        files = unpacked(folder, machine)
        if files.is_dir():
            return _directory_hash(files) in locked
        with packed(folder, machine).open("rb") as archive:
            return f"zh:{hashlib.file_digest(archive, 'sha256').hexdigest()}" in locked
    except OSError:
        return False


def write_configuration(machine: Machine, folder: Path) -> Path:
    """Write the CLI configuration that takes the AWS provider from `folder`, and return its path."""
    path = machine.tools / "terraform.rc"
    text = f"""\
# Made by scripts/toolchain.py: the AWS provider comes from this folder, everything else from its registry.
disable_checkpoint = true

provider_installation {{
  filesystem_mirror {{
    path    = {json.dumps(str(folder.absolute()))}
    include = ["{PROVIDER}"]
  }}
  direct {{
    exclude = ["{PROVIDER}"]
  }}
}}
"""
    with contextlib.suppress(OSError):
        if path.read_text() == text:
            return path
    _write(path, text)
    return path


def _directory_hash(folder: Path) -> str:
    """Return Terraform's `h1:` hash of a folder: SHA-256 over the sorted `digest  name` lines of its files.

    The scheme is Go's dirhash.Hash1 (https://pkg.go.dev/golang.org/x/mod/sumdb/dirhash#Hash1).
    """
    lines = []
    for path in sorted(item for item in folder.rglob("*") if item.is_file()):
        with path.open("rb") as content:
            digest = hashlib.file_digest(content, "sha256").hexdigest()
        lines.append(f"{digest}  {path.relative_to(folder).as_posix()}\n")
    return "h1:" + base64.b64encode(hashlib.sha256("".join(lines).encode()).digest()).decode()


def _terraform_candidates(machine: Machine) -> list[Path]:
    folders = [folder for folder in machine.variables.get("PATH", "").split(os.pathsep) if folder]
    paths = [Path(folder) / "terraform" for folder in folders]
    usable = [
        path.absolute() for path in (*paths, machine.own_terraform) if os.access(path, os.X_OK) and path.is_file()
    ]
    return list(dict.fromkeys(usable))


def _fingerprint(path: Path) -> list[int]:
    known = path.stat()
    return [known.st_size, known.st_mtime_ns]


def _believed(machine: Machine, provider: Provider, known: Mapping[str, Any]) -> Provider:
    wanted = {"folder": str(provider.folder), "version": PROVIDER_VERSION, "source": provider.source}
    if wanted != known:
        _remember(machine, provider=wanted)
    return provider


def _remembered(machine: Machine) -> dict[str, Any]:
    try:
        known = json.loads((machine.tools / "toolchain.json").read_text())
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}


def _remember(machine: Machine, **found: Any) -> None:
    text = json.dumps(_remembered(machine) | found, indent=2) + "\n"
    with contextlib.suppress(OSError):  # What can't be kept is found again next time.
        _write(machine.tools / "toolchain.json", text)


def _forget_setup(machine: Machine) -> None:
    """Make the next `scripts/run` set up again, since something that it had made or found is gone."""
    with contextlib.suppress(OSError):
        (machine.tools / "ready").unlink()


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    draft.write_text(text)
    draft.replace(path)


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))
