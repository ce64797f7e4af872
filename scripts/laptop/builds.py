"""Make what the image and the site's build hold: the application's environment, its static files, the front end."""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from scripts import toolchain
from scripts.errors import OperatorError

BACKEND = toolchain.REPOSITORY / "app" / "backend"
FRONTEND = toolchain.REPOSITORY / "app" / "frontend"
_ENVIRONMENT = toolchain.REPOSITORY / ".work" / "backend"
"""It holds what the image holds; the environment of the application's tests has more, which a task must not find."""

_HEARTBEAT_SECONDS = 10.0
_NODE_OLDEST = (20, 19)
Say = Callable[[str], None]


class BuildError(OperatorError):
    """Report that a part of the application could not be made."""


def programs() -> Path:
    """Return the folder of the application's Python."""
    return _ENVIRONMENT / "bin"


def environment(say: Say, *, log: Path) -> None:
    """Make the application's virtual environment, as the image does, unless it is there for this lock and this Python."""
    mark, lock = _ENVIRONMENT / "made-from", BACKEND / "requirements.lock"
    wanted = f"{_ENVIRONMENT} {sys.version}\n" + hashlib.sha256(lock.read_bytes()).hexdigest()
    if mark.exists() and mark.read_text() == wanted:
        return
    say("making the application's virtual environment")
    if _ENVIRONMENT.exists():
        shutil.rmtree(_ENVIRONMENT)
    variables = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    run([sys.executable, "-m", "venv", _ENVIRONMENT], folder=BACKEND, variables=variables, log=log, say=say)
    options = ["--require-hashes", "--only-binary=:all:", "--disable-pip-version-check"]
    pip: list[str | Path] = [programs() / "python", "-m", "pip", "install", *options, "--requirement", lock]
    run(pip, folder=BACKEND, variables=variables, log=log, say=say)
    mark.write_text(wanted)


def static_files(say: Say, *, log: Path) -> Path:
    """Collect the static files as the image's build does, and return their folder."""
    folder, mark = BACKEND / "staticfiles", BACKEND / "staticfiles" / ".made-from"
    sources = [file for part in ("accounts", "config", "gallery", "runtime") for file in _sources(BACKEND / part)]
    wanted = _hash([*sources, BACKEND / "requirements.lock"])
    if mark.exists() and mark.read_text() == wanted:
        return folder
    say("collecting static files")
    command: list[str | Path] = [programs() / "python", "manage.py", "collectstatic", "--noinput", "--clear"]
    variables = {"PATH": f"{programs()}:/usr/bin:/bin", "TASK_ROLE": "build", "PYTHONDONTWRITEBYTECODE": "1"}
    run(command, folder=BACKEND, variables=variables, log=log, say=say)
    mark.write_text(wanted)
    return folder


def front_end(say: Say, *, log: Path) -> Path | None:
    """Build the front end unless its build is newer than what it is made of; None where there is no Node.js to do it."""
    dist, mark = FRONTEND / "dist", FRONTEND / "node_modules" / ".built-from"
    names = ("package.json", "package-lock.json", "index.html", "vite.config.ts", "tsconfig.json", "tsconfig.app.json")
    files = [FRONTEND / name for name in names] + [*_sources(FRONTEND / "src"), *_sources(FRONTEND / "public")]
    wanted = _hash(file for file in files if file.exists())
    if mark.exists() and mark.read_text() == wanted and (dist / "index.html").exists():
        return dist
    npm = _npm()
    if npm is None:
        return None
    installed, lock = FRONTEND / "node_modules" / ".installed-from", FRONTEND / "package-lock.json"
    locked = hashlib.sha256(lock.read_bytes()).hexdigest()
    if not installed.exists() or installed.read_text() != locked:
        say("installing what builds the front end")
        run([npm, "ci", "--no-audit", "--no-fund"], folder=FRONTEND, variables=os.environ, log=log, say=say)
        installed.write_text(locked)
    say("building the front end")
    run([npm, "run", "build"], folder=FRONTEND, variables=os.environ, log=log, say=say)
    mark.write_text(wanted)
    return dist


def _npm() -> str | None:
    """Return npm where a Node.js that is new enough comes with it."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        return None
    told = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout.strip()
    try:
        major, minor = (int(part) for part in told.lstrip("v").split(".")[:2])
    except ValueError:
        return None
    return npm if (major, minor) >= _NODE_OLDEST else None


def _sources(folder: Path) -> list[Path]:
    return [
        file
        for file in sorted(folder.rglob("*"))
        if file.is_file() and "__pycache__" not in file.parts and ".test." not in file.name
    ]


def _hash(files: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for file in files:
        digest.update(str(file.relative_to(toolchain.REPOSITORY)).encode() + b"\0")
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


def run(
    command: Sequence[str | Path],
    *,
    folder: Path,
    variables: Mapping[str, str],
    log: Path,
    say: Say,
    failure: type[OperatorError] = BuildError,
) -> None:
    """Run a command to its end with its output in a log, and say now and then that it is alive; raise where it fails."""
    name = " ".join(str(part).rsplit("/", 1)[-1] for part in command[:3])
    started = told = time.monotonic()
    with log.open("ab") as output:
        at = output.tell()
        process = subprocess.Popen(
            [str(part) for part in command],
            cwd=folder,
            env=dict(variables),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            while True:
                try:
                    code = process.wait(timeout=0.5)
                    break
                except subprocess.TimeoutExpired:
                    if time.monotonic() - told >= _HEARTBEAT_SECONDS:
                        told = time.monotonic()
                        say(f"  {name}: {told - started:.0f} s")
        except BaseException:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait()
            raise
    if code != 0:
        with log.open("rb") as written:
            written.seek(at)
            lines = written.read().decode(errors="replace").strip().splitlines()
        raise failure(
            f"`{name}` failed with code {code}: {lines[-1][:300] if lines else 'it said nothing'} (all of it: {log})."
        )
