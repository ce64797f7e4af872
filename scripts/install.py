"""Set a checkout up: virtual environment, locked packages, Terraform, provider. Standard library only.

`scripts/run` runs `program` with the machine's Python when `.tools/ready` doesn't match the locks. Every part is
complete or absent: what is interrupted is made anew by the next run, and a second run waits for the first.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import io
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from scripts import toolchain
from scripts.errors import OperatorError
from scripts.toolchain import Machine

if TYPE_CHECKING:
    import ssl

Report = Callable[[str], None]
"""Takes one line for the operator."""

_SOURCE_ONLY = "python-terraform"
_BUILDER = "setuptools"
_HEARTBEAT_SECONDS = 5.0
_REGISTRY_SECONDS = 5.0
_DOWNLOAD_SECONDS = 30.0
_CHUNK = 1 << 18
_ASTRAY = ("PIP_PREFIX", "PIP_TARGET", "PIP_USER", "PYTHONHOME", "PYTHONPATH")
"""Variables that would send packages elsewhere than into `.venv`."""


class SetupError(OperatorError):
    """Report that this checkout could not be set up."""


def program(root: str, stream: TextIO) -> int:
    """Set up the checkout at `root`, tell of it on `stream`, and return an exit code."""

    def report(line: str) -> None:
        stream.write(f"{line}\n")
        stream.flush()

    with contextlib.suppress(ValueError):
        signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        set_up(Path(root), report)
    except KeyboardInterrupt:
        report("Set-up was interrupted; the next run does it again.")
        return 130
    except OperatorError as error:
        report(str(error))
        return error.exit_code
    except OSError as error:
        if error.errno not in {errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EROFS}:
            raise
        report(f"Set-up of {root} stopped ({error.strerror}: {error.filename}): mend that and run it again.")
        return 1
    return 0


def set_up(root: Path, report: Report, machine: Machine | None = None) -> None:
    """Bring a checkout to the state that its locks describe."""
    machine = machine or Machine(tools=root / ".tools")
    started = time.monotonic()
    with alone(machine.tools / "lock", report):
        stamp = machine.tools / "ready"
        wanted = stamp_text(root)
        if _read(stamp) == wanted and (root / ".venv" / "bin" / "python").exists():
            return  # Another run has just done it.
        stamp.unlink(missing_ok=True)
        ensure_packages(root, machine, report)
        ensure_terraform(machine, report)
        ensure_provider(machine, report)
        draft = stamp.with_name("ready.new")
        draft.write_bytes(wanted)
        draft.replace(stamp)
    report(f"Set up in {time.monotonic() - started:.0f} s.")


def packages_are_complete(root: Path) -> bool:
    """Say whether `.venv` holds exactly what `requirements.lock` says, was made here, and was made to the end."""
    return (root / ".venv" / "bin" / "python").exists() and _read(root / ".venv" / "complete") == _packages_text(root)


def stamp_text(root: Path) -> bytes:
    """Return what `.tools/ready` holds when the checkout is set up; `scripts/run` compares it with `cmp`."""
    locks = (
        root / "requirements.lock",
        root / "terraform.sha256",
        root / toolchain.PROVIDER_LOCK.relative_to(toolchain.REPOSITORY),
    )
    return f"{root}\n".encode() + b"".join(lock.read_bytes() for lock in locks)


@contextlib.contextmanager
def alone(path: Path, report: Report) -> Iterator[None]:
    """Hold a lock that ends with this process, waiting for whoever has it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            report("Another run is setting up this checkout; waiting for it.")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def ensure_packages(root: Path, machine: Machine, report: Report) -> None:
    """Make `.venv` with exactly the packages of `requirements.lock`, unless it is so already."""
    environment = root / ".venv"
    lock = root / "requirements.lock"
    if packages_are_complete(root):
        return
    _remove(environment)
    report(f"Making .venv with Python {sys.version.split()[0]} ({sys.executable})")
    variables = {name: value for name, value in os.environ.items() if name not in _ASTRAY} | {"PYTHONUNBUFFERED": "1"}
    _run([sys.executable, "-m", "venv", environment], "venv", machine, report, variables=variables)
    names = re.findall(r"^([A-Za-z0-9_.-]+)==", lock.read_text(), re.MULTILINE)
    report(f"Installing {len(names)} locked Python packages (about 200 MB, once)")
    pip: list[str | Path] = [
        environment / "bin" / "python",
        "-m",
        "pip",
        "install",
        "--disable-pip-version-check",
        "--no-input",
    ]
    pip += ["--require-hashes", "--no-deps"]
    with tempfile.TemporaryDirectory(dir=machine.tools) as folder:
        builder = Path(folder) / "builder.lock"
        builder.write_text(_stanza(lock.read_text(), _BUILDER))
        _run([*pip, "--only-binary=:all:", "-r", builder], "pip", machine, report, variables=variables)
    # What is published as source only is built with the locked builder, not with whatever is newest today.
    build = ["--only-binary=:all:", f"--no-binary={_SOURCE_ONLY}", "--no-build-isolation"]
    counted = (("Collecting ", "Processing ", "Ignoring ", "Requirement already"), len(names))
    _run([*pip, *build, "-r", lock], "pip", machine, report, variables=variables, counted=counted)
    (environment / "complete").write_bytes(_packages_text(root))


def ensure_terraform(machine: Machine, report: Report) -> None:
    """Use an acceptable Terraform on PATH, or download the pinned one."""
    try:
        found = toolchain.find_terraform(machine)
    except toolchain.ToolchainError as error:
        report(str(error).split(":")[0] + f"; downloading {toolchain.TERRAFORM_VERSION}")
        download_terraform(machine, report)
        found = toolchain.find_terraform(machine)
    report(f"Terraform {found.version} ({found.path})")


def download_terraform(machine: Machine, report: Report) -> Path:
    """Download the pinned Terraform into `.tools`, checked against the committed SHA-256, and return its path."""
    version = toolchain.TERRAFORM_VERSION
    name = f"terraform_{version}_{machine.platform}.zip"
    found = re.search(rf"^(\w{{64}})  {re.escape(name)}$", toolchain.CHECKSUMS.read_text(), re.MULTILINE)
    if found is None:
        raise SetupError(
            f"Terraform {version} for {machine.platform} has no checksum in {toolchain.CHECKSUMS.name}: install"
            " Terraform >= 1.11, < 2 on PATH."
        )
    address = f"{machine.releases}/terraform/{version}/{name}"
    content = download(address, report)
    actual, wanted = hashlib.sha256(content).hexdigest(), found[1]
    if actual != wanted:
        raise SetupError(
            f"{address} came with SHA-256 {actual} and not {wanted} as {toolchain.CHECKSUMS.name} says: it was not"
            " installed; find out what stands between this machine and HashiCorp, or install Terraform on PATH."
        )
    target = machine.own_terraform
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name("terraform.new")
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        draft.write_bytes(archive.read("terraform"))
    draft.chmod(0o755)
    draft.replace(target)
    return target


def download(address: str, report: Report) -> bytes:
    """Return what an address serves, saying how far it is every few seconds."""
    import http.client
    import urllib.error
    import urllib.request

    received = bytearray()
    told = time.monotonic()
    try:
        with urllib.request.urlopen(address, timeout=_DOWNLOAD_SECONDS, context=_tls()) as response:  # noqa: S310  # our own https addresses
            total = int(response.headers.get("Content-Length") or 0)
            while chunk := response.read(_CHUNK):
                received += chunk
                if time.monotonic() - told >= _HEARTBEAT_SECONDS:
                    told = time.monotonic()
                    report(f"  {len(received) / 1e6:.0f} of {total / 1e6:.0f} MB")
    except (OSError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", None) or error
        raise SetupError(
            f"{address} could not be downloaded ({reason}): connect this machine to the internet, or install Terraform"
            " >= 1.11, < 2 on PATH."
        ) from error
    return bytes(received)


def ensure_provider(machine: Machine, report: Report) -> None:
    """Make sure that Terraform will find the locked AWS provider, downloading it where no folder here holds it.

    The operator's own CLI configuration decides alone. Else: a folder named by the operator, Terraform's implied mirror
    folders, an earlier download, the registry, and where that is out of reach any folder under the usual roots.
    """
    wanted = f"AWS provider {toolchain.PROVIDER_VERSION}"
    own = toolchain.users_configuration(machine)
    if own is not None:
        report(f"{wanted} by way of {own}")
        failure = fetch_provider(machine, report)
        if failure is not None:
            raise SetupError(
                f"The {wanted} can't be had by way of {own} ({failure}): correct that file, or name a folder that holds"
                f" the provider in {toolchain.PROVIDER_VARIABLE}."
            )
        return
    # The registry comes before a folder somewhere on the disk, and after one that Terraform itself would take.
    found = toolchain.find_provider(machine, scanning=False)
    failure = None
    if found is None and reachable(machine):
        report(f"Downloading the {wanted} from the registry (150 MB, once)")
        failure = fetch_provider(machine, report)
        found = toolchain.find_provider(machine, scanning=False)
    if found is None:
        found = toolchain.find_provider(machine)
    if found is None:
        raise SetupError(
            f"The {wanted} is in no folder of this machine and {machine.registry} "
            f"{f'did not serve it ({failure})' if failure else 'is out of reach'}: connect to the internet, or name a"
            f" folder that holds {toolchain.PROVIDER} in {toolchain.PROVIDER_VARIABLE}."
        )
    toolchain.write_configuration(machine, found.folder)
    report(f"{wanted} ({found.folder}, {found.source})")


def reachable(machine: Machine) -> bool:
    """Say whether the provider registry answers."""
    import urllib.error
    import urllib.request

    try:
        address = f"{machine.registry}/.well-known/terraform.json"
        with urllib.request.urlopen(address, timeout=_REGISTRY_SECONDS, context=_tls()):  # noqa: S310  # our own https address
            return True
    except urllib.error.HTTPError:
        return True
    except (OSError, ValueError):
        return False


def fetch_provider(machine: Machine, report: Report) -> str | None:
    """Let Terraform install the locked provider into `.tools/providers`; return why it failed, None if it did not.

    Terraform verifies the signature and the lock file. Its plugin cache has the layout of a mirror.
    """
    draft = machine.tools / "providers.new"
    _remove(draft)
    draft.mkdir(parents=True)
    own = toolchain.users_configuration(machine)
    try:
        with tempfile.TemporaryDirectory(dir=machine.tools) as folder:
            root = Path(folder)
            (root / "main.tf").write_text(
                'terraform {\n  required_providers {\n    aws = {\n      source  = "hashicorp/aws"\n'
                '      version = "~> 5.100"\n    }\n  }\n}\n'
            )
            shutil.copy(toolchain.PROVIDER_LOCK, root / ".terraform.lock.hcl")
            (root / "empty.rc").write_text("disable_checkpoint = true\n")
            variables = {
                "TF_CLI_CONFIG_FILE": str(own or root / "empty.rc"),
                "TF_PLUGIN_CACHE_DIR": str(draft),
                "CHECKPOINT_DISABLE": "1",
                "TF_IN_AUTOMATION": "1",
                "TF_DATA_DIR": "",
            }
            options = ["-backend=false", "-input=false", "-lockfile=readonly", "-no-color"]
            try:
                _run(
                    [toolchain.terraform(machine), "init", *options],
                    "terraform",
                    machine,
                    report,
                    folder=root,
                    variables={**machine.variables, **variables},
                )
            except SetupError as error:
                return str(error)
        if toolchain.verified(draft, machine):
            _remove(machine.downloads)
            draft.replace(machine.downloads)
        return None
    finally:
        _remove(draft)


def _run(
    command: Sequence[str | Path],
    program: str,
    machine: Machine,
    report: Report,
    *,
    variables: Mapping[str, str],
    folder: Path | None = None,
    counted: tuple[tuple[str, ...], int] | None = None,
) -> None:
    """Run a command to its end, keep what it prints in `.tools/logs`, and say every few seconds that it is alive."""
    log = machine.tools / "logs" / f"{program}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    started = told = time.monotonic()
    with log.open("wb") as output:
        process = subprocess.Popen(
            [str(part) for part in command],
            cwd=folder,
            env=dict(variables),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            while True:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    code = process.wait(timeout=0.5)
                    break
                if time.monotonic() - told >= _HEARTBEAT_SECONDS:
                    told = time.monotonic()
                    done = f", {_lines(log, counted[0])} of {counted[1]} packages fetched" if counted else ""
                    report(f"  {told - started:.0f} s{done}")
        except BaseException:
            process.terminate()
            process.wait()
            raise
    if code != 0:
        raise SetupError(f"{program} failed: {_why(log)} (all of it: {log}).")


def _why(log: Path) -> str:
    """Return the sentence of a log that says why."""
    text = re.sub(r"\x1b\[[0-9;]*m", "", log.read_text(errors="replace"))
    if "No space left on device" in text:
        return "no space left on the device"
    if "ensurepip is not" in text or "No module named ensurepip" in text:
        return "this Python comes without ensurepip; install its venv package (Debian and Ubuntu: python3-venv)"
    lines = [" ".join(line.strip("│╷╵ ").split()) for line in text.splitlines()]
    lines = [line for line in lines if line]
    named = [line for line in lines if line.lower().startswith("error")]
    return (named or lines or ["it printed nothing"])[-1].removeprefix("ERROR: ").removeprefix("Error: ").rstrip(".")


def _lines(log: Path, start: tuple[str, ...]) -> int:
    with log.open(errors="replace") as lines:
        return sum(line.startswith(start) for line in lines)


def _stanza(lock: str, name: str) -> str:
    """Return the lines of one package in a lock."""
    found = re.search(rf"^{re.escape(name)}==.*(?:\n[ ]+.*)*", lock, re.MULTILINE)
    if found is None:
        raise SetupError(f"requirements.lock has no {name}: restore it from git.")
    return found[0] + "\n"


def _tls() -> ssl.SSLContext:
    """Return a TLS context that trusts the system's authorities, or certifi's where Python knows of none."""
    import ssl

    context = ssl.create_default_context()
    if not context.cert_store_stats()["x509_ca"] and not os.environ.get("SSL_CERT_DIR"):
        for bundle in toolchain.REPOSITORY.glob(".venv/lib/*/site-packages/certifi/cacert.pem"):
            context.load_verify_locations(bundle)
    return context


def _packages_text(root: Path) -> bytes:
    return f"{root}\n".encode() + (root / "requirements.lock").read_bytes()


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None


def _remove(folder: Path) -> None:
    if folder.is_symlink():
        folder.unlink()
    elif folder.exists():
        shutil.rmtree(folder)
