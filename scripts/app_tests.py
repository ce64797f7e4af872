"""Test the application with its own tools: the back end in an environment of its own lock, the front end with npm."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from scripts.environments import REPOSITORY, WORK

BACKEND = REPOSITORY / "app" / "backend"
FRONTEND = REPOSITORY / "app" / "frontend"
_LOCK = BACKEND / "requirements-dev.lock"
_ENVIRONMENT = WORK / "app-tests" / "venv"


@dataclass(frozen=True, kw_only=True)
class Suite:
    """Commands that test one part of the application, run in `folder` until one fails."""

    name: str
    folder: Path
    commands: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a suite came to: the exit code of its last command, and where everything it printed is."""

    suite: Suite
    code: int
    log: Path


def suites() -> list[Suite]:
    """List the application's suites that this machine can run; the front end's needs Node.js."""
    python = str(_ENVIRONMENT / "bin" / "python")
    found = [
        Suite(
            name="back end",
            folder=BACKEND,
            commands=(
                *_installing(),
                (python, "-m", "ruff", "check", "."),
                ("env", "TASK_ROLE=build", python, "-m", "mypy", "."),  # its plugin loads the settings
                ("env", "TASK_ROLE=build", python, "manage.py", "collectstatic", "--noinput", "--verbosity=0"),
                (python, "-m", "pytest", "-q"),
            ),
        )
    ]
    npm = shutil.which("npm")
    if npm is not None:
        scripts = (("ci", "--no-audit", "--no-fund"), ("run", "lint"), ("test",), ("run", "build"))
        found.append(Suite(name="front end", folder=FRONTEND, commands=tuple((npm, *script) for script in scripts)))
    return found


def run(suite: Suite) -> Outcome:
    """Run one suite to its end or to its first failure."""
    log = WORK / "app-tests" / f"{suite.name.replace(' ', '-')}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    code = 0
    with log.open("w") as out:
        for command in suite.commands:
            out.write(f"$ {' '.join(command)}\n")
            out.flush()
            code = subprocess.run(
                command, cwd=suite.folder, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, check=False
            ).returncode
            if code:
                break
    return Outcome(suite=suite, code=code, log=log)


def _installing() -> tuple[tuple[str, ...], ...]:
    """Return the commands that make the back end's environment for tests; none where it is what its lock says."""
    mark, wanted = _ENVIRONMENT / "made-from", hashlib.sha256(_LOCK.read_bytes()).hexdigest()
    if mark.exists() and mark.read_text().strip() == wanted:
        return ()
    python = str(_ENVIRONMENT / "bin" / "python")
    return (
        (sys.executable, "-m", "venv", "--clear", str(_ENVIRONMENT)),
        (python, "-m", "pip", "install", "-q", "--require-hashes", "-r", str(_LOCK)),
        (python, "-c", "import pathlib, sys; pathlib.Path(sys.argv[1]).write_text(sys.argv[2])", str(mark), wanted),
    )
