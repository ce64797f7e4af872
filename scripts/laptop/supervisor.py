"""Keep the processes of a run: `python -m scripts.laptop.supervisor --home=…`.

It is told what to start, a JSON line each on standard input, so that secrets are in no file and no argument. Like ECS it
starts anew what ends by itself, and stops with SIGTERM, the task's own stop timeout, then SIGKILL. When standard input
ends before a line {"do": "detach"}, whoever started it is gone: it stops everything. SIGTERM makes it do so at any time.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import pwd
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from scripts.laptop.home import Home, Ran, Status, started

_PAUSE_SECONDS_MAX = 30.0
_STEADY_SECONDS = 60.0
"""A process that ran this long starts anew at once when it ends."""


@dataclass(frozen=True, kw_only=True)
class Spec:
    """A process to keep.

    `stage` orders the end: higher stages stop first, each stage together. `feed` is what it reads on standard input.
    `user` is who it runs as, None for whoever runs the supervisor.
    """

    name: str
    command: tuple[str, ...]
    environment: dict[str, str] = field(repr=False)
    folder: str
    stage: int
    stop_seconds: float
    stop_signal: int = field(default=int(signal.SIGTERM))
    feed: str = field(default="", repr=False)
    user: str | None = field(default=None)

    def order(self) -> dict[str, object]:
        """Return the order that starts it."""
        return {"do": "start", "process": asdict(self)}

    @classmethod
    def parse(cls, raw: dict[str, object]) -> Spec:
        """Read what `order` says."""
        return cls(**{**raw, "command": tuple(raw["command"])})  # type: ignore[arg-type]  # our own writing


class Supervisor:
    """The processes of one home."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._specs: dict[str, Spec] = {}
        self._ran: dict[str, Ran] = {}
        self._children: dict[str, subprocess.Popen[bytes]] = {}
        self._keepers: list[asyncio.Task[None]] = []
        self._ending = asyncio.Event()

    async def run(self) -> None:
        """Follow orders until the end is asked for, then stop everything."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._ending.set)
        loop.add_signal_handler(signal.SIGHUP, lambda: None)
        self._tell()
        listening = asyncio.create_task(self._listen())
        await self._ending.wait()
        listening.cancel()
        await self._stop_all()

    async def _listen(self) -> None:
        reader = asyncio.StreamReader(limit=2**24)
        await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
        while line := await reader.readline():
            order = json.loads(line)
            if order["do"] == "detach":
                return
            spec = Spec.parse(order["process"])
            self._specs[spec.name] = spec
            self._keepers.append(asyncio.create_task(self._keep(spec)))
        self._ending.set()

    async def _keep(self, spec: Spec) -> None:
        """Start a process, and again whenever it ends, after a pause that grows while it does not last."""
        pause, restarts = 1.0, 0
        while not self._ending.is_set():
            began = time.monotonic()
            code = await self._once(spec, restarts)
            if self._ending.is_set():
                return
            self._ran[spec.name] = replace(self._ran[spec.name], state="ended", last_exit=code, since="")
            self._tell()
            pause = 1.0 if time.monotonic() - began > _STEADY_SECONDS else min(pause * 2, _PAUSE_SECONDS_MAX)
            self._note(f"{spec.name} ended with code {code}; starting it again in {pause:.0f} s", spec.name)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._ending.wait(), pause)
            restarts += 1

    async def _once(self, spec: Spec, restarts: int) -> int:
        try:
            child = self._start(spec)
        except OSError as error:
            self._note(f"{spec.name} can't be started: {error}", spec.name)
            self._ran[spec.name] = Ran(name=spec.name, pid=0, since="", state="ended", restarts=restarts, last_exit=127)
            return 127
        self._children[spec.name] = child
        self._ran[spec.name] = Ran(
            name=spec.name, pid=child.pid, since=started(child.pid), state="running", restarts=restarts
        )
        self._tell()
        code = await asyncio.to_thread(child.wait)
        with suppress(ProcessLookupError, PermissionError):
            # Whatever it left behind ends with it, as with a container.
            os.killpg(child.pid, signal.SIGKILL)
        return code

    def _start(self, spec: Spec) -> subprocess.Popen[bytes]:
        uid, gid, groups = as_user(spec.user)
        with self._home.log(spec.name).open("ab") as log:
            child = subprocess.Popen(
                spec.command,
                cwd=spec.folder,
                env=spec.environment,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                user=uid,
                group=gid,
                extra_groups=groups,
            )
        stdin = child.stdin
        if stdin is not None:
            with suppress(BrokenPipeError):
                stdin.write(spec.feed.encode())
                stdin.close()
        return child

    async def _stop_all(self) -> None:
        for stage in sorted({spec.stage for spec in self._specs.values()}, reverse=True):
            await asyncio.gather(*(self._stop(spec) for spec in self._specs.values() if spec.stage == stage))
        await asyncio.gather(*self._keepers, return_exceptions=True)
        self._ran.clear()
        self._home.forget()

    async def _stop(self, spec: Spec) -> None:
        child = self._children.get(spec.name)
        if child is None:
            return
        # send_signal asks first whether the child has ended, so that its number can't be another's.
        child.send_signal(spec.stop_signal)
        deadline = time.monotonic() + spec.stop_seconds
        while child.poll() is None and time.monotonic() < deadline:
            await asyncio.sleep(0.05)
        if child.poll() is None:
            self._note(f"{spec.name} did not stop within {spec.stop_seconds:.0f} s and is killed", spec.name)
            with suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)

    def _tell(self) -> None:
        self._home.write_status(Status(supervisor=os.getpid(), processes=tuple(self._ran.values())))

    def _note(self, message: str, name: str) -> None:
        with self._home.log(name).open("a") as log:
            log.write(json.dumps({"level": "WARNING", "logger": "supervisor", "message": message}) + "\n")


def as_user(user: str | None) -> tuple[int | None, int | None, list[int] | None]:
    """Return user, group and further groups with which subprocess runs something as another user; None is oneself."""
    if user is None:
        return None, None, None
    entry = pwd.getpwnam(user)
    return entry.pw_uid, entry.pw_gid, []


def main(arguments: list[str] | None = None) -> int:
    """Keep the processes of a home until told to stop."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, required=True)
    home = Home(parser.parse_args(arguments).home)
    home.make()
    if home.claim() is None:
        sys.stderr.write(f"Another supervisor lives in {home.folder}\n")
        return 1
    home.forget()
    asyncio.run(Supervisor(home).run())
    return 0


if __name__ == "__main__":
    sys.exit(main())
