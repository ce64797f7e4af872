"""Build the application's image with whichever of Docker, Podman and Buildah works on this machine."""

from __future__ import annotations

import contextlib
import json
import os
import platform
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from scripts.errors import OperatorError, UsageError

REPOSITORY = Path(__file__).resolve().parents[1]
CONTEXT = REPOSITORY / "app" / "backend"
NAME = "gallery/backend"
FARGATE = "linux/arm64"
"""What the task definitions ask for (terraform/stack/services.tf)."""
_ASK_SECONDS = 20
_TAIL_LINES = 15
_CERTIFICATES = ("PIP_CERT", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE")
_PROCESSORS = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}
Say = Callable[[str], None]


class ImageError(OperatorError):
    """Report that no image could be built, and why."""


@dataclass(frozen=True, kw_only=True)
class Builder:
    """A program that builds images, and the question that it answers only if it works."""

    name: str
    question: tuple[str, ...]
    build: tuple[str, ...]
    inspect: tuple[str, ...]


BUILDERS = (
    # The client alone can't build: its server has to answer.
    Builder(
        name="docker",
        question=("version", "--format={{.Server.Version}}"),
        build=("build", "--progress=plain"),
        inspect=("image", "inspect"),
    ),
    Builder(name="podman", question=("info", "--format=json"), build=("build",), inspect=("image", "inspect")),
    # Layers are kept, as the others do by themselves.
    Builder(name="buildah", question=("info",), build=("build", "--layers"), inspect=("inspect", "--type=image")),
)


@dataclass(frozen=True, kw_only=True)
class Image:
    """An image in the builder's own store. `digest` is None where only a registry gives one."""

    tag: str
    id: str
    digest: str | None
    platform: str
    builder: str
    labels: Mapping[str, str] = field(default_factory=dict)

    def document(self) -> dict[str, Any]:
        """Describe it as data."""
        return {**vars(self), "labels": dict(self.labels)}


def own_platform() -> str:
    """Name what this machine runs without emulation, as builders write it."""
    machine = platform.machine().lower()
    return f"linux/{_PROCESSORS.get(machine, machine)}"


def find_builder(name: str | None = None) -> Builder:
    """Return the builder of that name, or the first that works; raise ImageError with what each said."""
    if name is not None and name not in {builder.name for builder in BUILDERS}:
        raise UsageError(
            f"--builder={name} is not known: it is one of {', '.join(builder.name for builder in BUILDERS)}."
        )
    complaints = []
    for builder in BUILDERS:
        if name in (None, builder.name):
            complaint = _complaint(builder)
            if complaint is None:
                return builder
            complaints.append(f"{builder.name} {complaint}")
    raise ImageError(
        f"No image can be built on this machine, because {', '.join(complaints)}: start Docker, or install one of them"
        " (on Debian and Ubuntu `apt-get install buildah`), or leave it to the pipeline."
    )


def build(
    *,
    tag: str | None = None,
    platform_name: str | None = None,
    base_image: str | None = None,
    builder: str | None = None,
    on_line: Say | None = None,
) -> Image:
    """Build app/backend and return the image; without a tag it is named by the commit.

    `on_line` hears each line that the builder prints. Certificates that pip trusts on this machine are passed on as a
    build secret, of which nothing stays in the image.
    """
    if platform_name is not None and not re.fullmatch(r"linux/(amd64|arm64)", platform_name):
        raise UsageError(f"--platform={platform_name} is not one that Fargate runs: linux/amd64 or linux/arm64.")
    with_ = find_builder(builder)
    labels = labels_of(REPOSITORY)
    tag = tag or f"{NAME}:{labels.get('org.opencontainers.image.revision', 'unknown')[:12]}{_dirt(labels)}"
    wanted = platform_name or own_platform()
    command = [with_.name, *with_.build, f"--tag={tag}", f"--platform={wanted}", f"--file={CONTEXT / 'Dockerfile'}"]
    command += [f"--label={name}={value}" for name, value in sorted(labels.items())]
    if base_image is not None:
        command.append(f"--build-arg=BASE_IMAGE={base_image}")
    if certificates := _certificates():
        command.append(f"--secret=id=ca-certificates,src={certificates}")
    with tempfile.TemporaryDirectory(prefix="image-") as folder:
        identity = Path(folder) / "id"
        _run([*command, f"--iidfile={identity}", str(CONTEXT)], with_, wanted, on_line)
        found = identity.read_text().strip()
    return _inspect(with_, found, tag=tag, platform_name=wanted)


def labels_of(repository: Path) -> dict[str, str]:
    """Return the labels that say where an image comes from; fewer where there is no git repository."""
    labels = {"org.opencontainers.image.title": NAME}
    commit = _git(repository, "rev-parse", "HEAD")
    if commit:
        labels["org.opencontainers.image.revision"] = commit
        if _git(repository, "status", "--porcelain", "--", str(CONTEXT.relative_to(REPOSITORY))):
            labels["org.opencontainers.image.version"] = "uncommitted"
    source = _git(repository, "config", "--get", "remote.origin.url")
    if source:
        labels["org.opencontainers.image.source"] = _without_credentials(source)
    return labels


def _dirt(labels: Mapping[str, str]) -> str:
    return "-uncommitted" if "org.opencontainers.image.version" in labels else ""


def _git(repository: Path, *arguments: str) -> str:
    try:
        ran = subprocess.run(["git", "-C", str(repository), *arguments], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return ""
    return ran.stdout.strip() if ran.returncode == 0 else ""


def _without_credentials(address: str) -> str:
    """Remove user and password: a label is read by everybody who may pull."""
    parts = urlsplit(address)
    if not parts.scheme or "@" not in parts.netloc:
        return address
    return urlunsplit(parts._replace(netloc=parts.netloc.rsplit("@", 1)[1]))


def _certificates() -> str | None:
    files = (os.environ.get(name) for name in _CERTIFICATES)
    return next((file for file in files if file and Path(file).is_file() and "," not in file), None)


def _complaint(builder: Builder) -> str | None:
    """Say why a builder does not work, or None."""
    if shutil.which(builder.name) is None:
        return "is not installed"
    try:
        ran = subprocess.run(
            [builder.name, *builder.question],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_ASK_SECONDS,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    except subprocess.TimeoutExpired:
        return f"does not answer within {_ASK_SECONDS} s"
    except OSError as error:
        return f"does not start ({error.strerror})"
    if ran.returncode == 0:
        return None
    said = (ran.stderr.strip() or ran.stdout.strip() or f"exit code {ran.returncode}").splitlines()[-1]
    return f"does not work ({said.rstrip('.')[:200]})"


def _run(command: list[str], builder: Builder, wanted: str, on_line: Say | None) -> None:
    environment = {**os.environ, "DOCKER_BUILDKIT": "1"}
    last: list[str] = []
    process = subprocess.Popen(
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    with _ended(process):
        for line in process.stdout or ():
            last = [*last[-_TAIL_LINES:], line.rstrip()]
            if on_line is not None:
                on_line(line.rstrip())
        code = process.wait()
    if code == 0:
        return
    said = "\n".join(last)
    if "exec format error" in said.lower() and wanted != own_platform():
        raise ImageError(
            f"{builder.name} can't run programs of {wanted} here: build on such a machine, register an emulator (`docker run"
            " --privileged --rm tonistiigi/binfmt --install all`, or the package qemu-user-static), or leave it to the pipeline."
        )
    raise ImageError(
        f"{builder.name} could not build app/backend/Dockerfile (exit code {code}), and this was its last word:\n{said}"
    )


@contextlib.contextmanager
def _ended(process: subprocess.Popen[str]) -> Iterator[None]:
    """Leave no builder behind, whatever ends the wait."""
    try:
        yield
    finally:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _inspect(builder: Builder, identity: str, *, tag: str, platform_name: str) -> Image:
    ran = subprocess.run([builder.name, *builder.inspect, identity], capture_output=True, text=True, check=False)
    try:
        parsed = json.loads(ran.stdout)
        found: dict[str, Any] = parsed[0] if isinstance(parsed, list) else parsed
    except (ValueError, IndexError) as error:
        raise ImageError(
            f"{builder.name} built {tag} and then could not tell about it: {ran.stderr.strip() or 'no answer'}"
        ) from error
    if builder.name == "buildah":
        labels = (found.get("OCIv1") or {}).get("config", {}).get("Labels") or {}
        digest = found.get("FromImageDigest")
    else:
        labels = (found.get("Config") or {}).get("Labels") or found.get("Labels") or {}
        digest = found.get("Digest")
    return Image(
        tag=tag,
        id=identity if identity.startswith("sha256:") else f"sha256:{identity}",
        digest=digest or None,
        platform=platform_name,
        builder=builder.name,
        labels=labels,
    )
