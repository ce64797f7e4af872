"""The folder in which one emulator lives: its files, its locks and its address."""

from __future__ import annotations

import fcntl
import json
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Address:
    """Where a running server answers and how it proves that it is the one that wrote this.

    `identity` is new at every start, so that a foreign process on a reused port or a restarted (and so empty)
    emulator is never taken for the one that was known.
    """

    endpoint: str
    pid: int
    account_id: str
    identity: str


_CLAIM_TRIES = 50
"""A look at whether somebody lives here holds the lock for an instant: a new server tries again for a second."""


class Home:
    """Name the files of one emulator's folder and take its locks."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        self.address_file = self.folder / "address.json"
        self.log_file = self.folder / "server.log"
        self._server_lock = self.folder / "server.lock"
        self.requests_file = self.folder / "requests.jsonl"

    def make(self) -> None:
        """Create the folder, readable by its owner only: the address holds the identity that admits to it."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def write_address(self, address: Address) -> None:
        """Write the address in one step, so that nobody reads half of it."""
        handle, path = tempfile.mkstemp(dir=self.folder, prefix=".address-")
        with os.fdopen(handle, "w") as file:
            json.dump(asdict(address), file)
        Path(path).replace(self.address_file)

    def get_address(self) -> Address | None:
        """Read the address, or None where there is none or it is not one of ours."""
        try:
            return Address(**json.loads(self.address_file.read_text()))
        except (OSError, ValueError, TypeError):
            return None

    def forget_address(self) -> None:
        """Remove the address of a server that is gone."""
        self.address_file.unlink(missing_ok=True)

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Hold the right to start or stop the server of this folder; others wait."""
        self.make()
        with (self.folder / "changing.lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def claim(self) -> int | None:
        """Take the server's lock for the life of this process; None where another process lives here.

        The system drops the lock with its holder, however it ends: whether a server lives needs no guess about
        process numbers.
        """
        descriptor = os.open(self._server_lock, os.O_RDWR | os.O_CREAT, 0o600)
        for _ in range(_CLAIM_TRIES):
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                time.sleep(0.02)
            else:
                return descriptor
        os.close(descriptor)
        return None

    def inhabited(self) -> bool:
        """Tell whether a server process lives here, answering or not."""
        try:
            descriptor = os.open(self._server_lock, os.O_RDWR)
        except FileNotFoundError:
            return False
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            return True
        finally:
            os.close(descriptor)
        return False
