"""The folder of one run: who keeps it, which processes it has, and what they say."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Ran:
    """A process of a run, as its status file has it; `since` tells it from a later one with the same number."""

    name: str
    pid: int
    since: str
    state: str
    restarts: int = field(default=0)
    last_exit: int | None = field(default=None)

    def lives(self) -> bool:
        """Say whether this very process still runs."""
        return self.since != "" and started(self.pid) == self.since


@dataclass(frozen=True, kw_only=True)
class Status:
    """What the supervisor says of itself and its processes."""

    supervisor: int
    processes: tuple[Ran, ...]


class Home:
    """Name the files of a run and take its lock, which the system drops with the supervisor however that ends."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        self.status_file = self.folder / "status.json"
        self.summary_file = self.folder / "summary.json"
        self._lock_file = self.folder / "supervisor.lock"

    def make(self) -> None:
        """Create the folder, for its owner alone."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def log(self, name: str) -> Path:
        """Return the log of a process."""
        return self.folder / f"{name}.log"

    def claim(self) -> int | None:
        """Take the supervisor's lock for the life of this process; None where another one lives."""
        descriptor = os.open(self._lock_file, os.O_RDWR | os.O_CREAT, 0o600)
        for _ in range(50):
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                time.sleep(0.02)
            else:
                return descriptor
        os.close(descriptor)
        return None

    def inhabited(self) -> bool:
        """Say whether a supervisor lives here."""
        try:
            descriptor = os.open(self._lock_file, os.O_RDWR)
        except FileNotFoundError:
            return False
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            return True
        finally:
            os.close(descriptor)
        return False

    def write_status(self, status: Status) -> None:
        """Replace the status in one step."""
        self._write(self.status_file, asdict(status))

    def get_status(self) -> Status | None:
        """Read the status, None where there is none."""
        try:
            raw = json.loads(self.status_file.read_text())
            return Status(supervisor=raw["supervisor"], processes=tuple(Ran(**item) for item in raw["processes"]))
        except (OSError, ValueError, TypeError, KeyError):
            return None

    def write_summary(self, summary: Mapping[str, Any]) -> None:
        """Keep what `up` tells at the end, for whoever asks later."""
        self._write(self.summary_file, summary)

    def get_summary(self) -> dict[str, Any] | None:
        """Read what `up` told, None where nothing was."""
        try:
            found: dict[str, Any] = json.loads(self.summary_file.read_text())
        except (OSError, ValueError):
            return None
        return found

    def forget(self) -> None:
        """Remove what only holds while something runs; the logs stay."""
        self.status_file.unlink(missing_ok=True)
        self.summary_file.unlink(missing_ok=True)

    def leftovers(self) -> list[Ran]:
        """List processes of a supervisor that is gone, which themselves still run."""
        status = self.get_status()
        return [] if status is None or self.inhabited() else [item for item in status.processes if item.lives()]

    def _write(self, file: Path, document: Any) -> None:
        handle, path = tempfile.mkstemp(dir=self.folder, prefix=f".{file.name}-")
        with os.fdopen(handle, "w") as target:
            json.dump(document, target)
        Path(path).replace(file)


def started(pid: int) -> str:
    """Return when a process began, in words that no other process of that number has; empty where there is none."""
    try:
        # After the program's name, which may hold anything: state is the first field, the start in ticks the 20th.
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        if Path("/proc/self/stat").exists():
            return ""
        told = subprocess.run(["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
        return told.stdout.strip()
    return "" if fields[0] == "Z" else fields[19]


def end(ran: Ran, *, seconds: float) -> None:
    """End a leftover and its process group: politely, then not. A stranger with its number is left alone."""
    for number, patience in ((signal.SIGTERM, seconds), (signal.SIGKILL, 5.0)):
        if not ran.lives():
            break
        with suppress(ProcessLookupError):
            if number == signal.SIGTERM:
                os.kill(ran.pid, number)
            else:
                os.killpg(ran.pid, number)
        deadline = time.monotonic() + patience
        while ran.lives() and time.monotonic() < deadline:
            time.sleep(0.05)
