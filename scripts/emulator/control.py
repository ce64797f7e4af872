"""Start, find and stop the embedded AWS of a folder."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scripts.emulator.home import Address, Home
from scripts.errors import OperatorError

START_SECONDS = 60.0
"""Two busy cores need ~3 s; a laptop that swaps may need longer, and waiting beats a false alarm."""

HANG_SECONDS = 15.0
"""How long a living server may be silent before `start` replaces it: its health never waits for a request."""

STOP_SECONDS = 5.0

HEALTH_SECONDS = 5.0

MODULE = "scripts.emulator.server"

UNSET = (
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_SESSION_TOKEN",
    "AWS_SECURITY_TOKEN",
    "AWS_ROLE_ARN",
    "AWS_ROLE_SESSION_NAME",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
    "AWS_USE_FIPS_ENDPOINT",
    "AWS_USE_DUALSTACK_ENDPOINT",
    "AWS_CA_BUNDLE",
    "AWS_ENDPOINT_URL_S3",
    "AWS_ENDPOINT_URL_STS",
    "AWS_ENDPOINT_URL_SQS",
)
"""Names that would lead an AWS client past the emulator: remove them from a process that must stay on it."""

_REPOSITORY = Path(__file__).resolve().parents[2]


class EmulatorError(OperatorError):
    """Report that the embedded AWS could not be started, asked or stopped."""


@dataclass(frozen=True, kw_only=True)
class Emulator:
    """A running embedded AWS."""

    endpoint: str
    pid: int
    account_id: str
    home: Path
    identity: str

    def environment(self) -> dict[str, str]:
        """Return the variables that point any AWS client at the emulator and at nothing else.

        The user's own AWS files are hidden: a profile may name an endpoint, a role or a region of its own.
        """
        direct = [name for name in (os.environ.get("NO_PROXY") or os.environ.get("no_proxy"), "127.0.0.1") if name]
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": "emulator",
            "AWS_SECRET_ACCESS_KEY": "emulator",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "NO_PROXY": ",".join(direct),
        }

    def process_environment(self, base: Mapping[str, str]) -> dict[str, str]:
        """Return `base` for a process that must stay on the emulator: every other AWS_ name is dropped.

        AWS_REGION and AWS_DEFAULT_REGION stay: they say where, not who.
        """
        kept = {"AWS_REGION", "AWS_DEFAULT_REGION"}
        clean = {name: value for name, value in base.items() if not name.startswith("AWS_") or name in kept}
        return clean | self.environment()

    def resources(self) -> list[str]:
        """List everything that was created and still exists, sorted, as `service region collection key`.

        What the emulator has by itself (default network, managed policies, AWS-managed keys), what was seeded and
        what AWS itself keeps after a deletion (a key in its waiting period, an inactive task definition) is left
        out: an empty list is the proof that a destroy left nothing.
        """
        answer: list[str] = self._ask("GET", "resources")["resources"]
        return answer

    def seed_hosted_zone(self, zone_id: str, name: str) -> None:
        """Put a hosted zone with a known id in place, as a registrar or the shared account would have."""
        self._ask("POST", "seed", {"hosted_zone": {"zone_id": zone_id, "name": name}})

    def seed_bucket(self, name: str, region: str = "eu-west-1") -> None:
        """Put a versioned bucket in place, as the bootstrap would have."""
        self._ask("POST", "seed", {"bucket": {"name": name, "region": region}})

    def requests(self) -> list[dict[str, Any]]:
        """Return what was asked of the emulator, oldest first, as far as the bounded log reaches back.

        Each: at (epoch seconds), service (its signing name), region, operation (of REST services method and path),
        method, attempt (of the client's SDK), status, ms, waited_ms (of these, for its turn).
        """
        from scripts.emulator.journal import read

        return read(Home(self.home).requests_file)

    def _ask(self, method: str, route: str, document: object = None) -> Any:
        request = urllib.request.Request(  # noqa: S310 - the endpoint is always http://127.0.0.1
            f"{self.endpoint}/_emulator/{route}",
            method=method,
            data=None if document is None else json.dumps(document).encode(),
            headers={"X-Emulator-Identity": self.identity},
        )
        try:
            with _DIRECT.open(request, timeout=60) as response:
                return json.load(response)
        except urllib.error.HTTPError as error:
            told = error.read().decode(errors="replace").strip()[:300]
            raise EmulatorError(f"The embedded AWS refused {method} {route}: {told or error}.") from error
        except OSError as error:
            raise EmulatorError(
                f"The embedded AWS at {self.endpoint} does not answer {method} {route} ({error}); "
                f"see {Home(self.home).log_file} and start it again."
            ) from error


_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))
"""Loopback is never reached through a proxy, whatever the environment says."""


def find(home: Path) -> Emulator | None:
    """Return the emulator that lives in `home` and answers, or None; leftovers of a dead one are removed."""
    place = Home(home)
    if not place.inhabited():
        return None
    address = place.get_address()
    return _emulator(place, address) if address is not None and _answers(address) else None


def start(home: Path, *, account_id: str, on_event: Callable[[str], None] | None = None) -> Emulator:
    """Return the emulator of `home`, started if none answers; it outlives this process.

    Its AWS is one account, empty at the start and gone at the end. Raises EmulatorError if it dies before it
    answers (with the end of its log), if it does not answer in time, or if the running one has another account.
    """
    tell = on_event or (lambda _: None)
    place = Home(home)
    with place.changing():
        running = _wait_for_answer(place)
        if running is None:
            if place.inhabited():
                tell("The embedded AWS lives but does not answer: replacing it")
                _end(place)
            running = _launch(place, account_id, tell)
    if running.account_id != account_id:
        raise EmulatorError(
            f"The embedded AWS in {place.folder} is account {running.account_id}, not {account_id}: stop it first."
        )
    return running


def stop(home: Path) -> bool:
    """End the emulator of `home` with everything in it; tell whether one was running."""
    place = Home(home)
    if not place.folder.is_dir():
        return False
    with place.changing():
        running = place.inhabited()
        if running:
            _end(place)
        place.forget_address()
        return running


def _wait_for_answer(place: Home) -> Emulator | None:
    """Return the emulator that lives here, given time to come up if its starter was ended half-way."""
    deadline = time.monotonic() + HANG_SECONDS
    while place.inhabited():
        running = find(place.folder)
        if running is not None or time.monotonic() > deadline:
            return running
        time.sleep(0.1)
    return None


def _launch(place: Home, account_id: str, tell: Callable[[str], None]) -> Emulator:
    tell("Starting the embedded AWS")
    place.forget_address()
    command = [sys.executable, "-m", MODULE, f"--home={place.folder}", f"--account-id={account_id}"]
    with place.log_file.open("wb") as log:
        process = subprocess.Popen(
            command,
            cwd=_REPOSITORY,
            env={name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "MOTO_"))},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        address = place.get_address()
        if address is not None and address.pid == process.pid and _answers(address):
            tell(f"The embedded AWS answers at {address.endpoint}")
            return _emulator(place, address)
        if process.poll() is not None:
            raise EmulatorError(
                f"The embedded AWS ended with code {process.returncode} before it answered; "
                f"its log ({place.log_file}) ends: {_log_tail(place)}"
            )
        time.sleep(0.05)
    process.kill()
    process.wait()
    raise EmulatorError(
        f"The embedded AWS did not answer within {START_SECONDS:.0f} s and was ended; "
        f"its log ({place.log_file}) ends: {_log_tail(place)}"
    )


def _end(place: Home) -> None:
    """End the process that holds the server's lock: politely, then not."""
    address = place.get_address()
    if address is None:
        raise EmulatorError(
            f"A process holds {place.folder} without an address: it is starting, or it is not ours; wait or end it."
        )
    for sent in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.kill(address.pid, sent)
        deadline = time.monotonic() + STOP_SECONDS
        while time.monotonic() < deadline:
            if not place.inhabited():
                return
            time.sleep(0.02)
    raise EmulatorError(f"The embedded AWS (process {address.pid}) does not end: end it by hand.")


def _answers(address: Address) -> bool:
    """Ask the address for its identity: another process on a reused port answers differently or not at all."""
    try:
        with _DIRECT.open(f"{address.endpoint}/_emulator/health", timeout=HEALTH_SECONDS) as response:
            document = json.load(response)
    except (OSError, ValueError):
        return False
    return bool(document == {"identity": address.identity, "pid": address.pid})


def _emulator(place: Home, address: Address) -> Emulator:
    return Emulator(
        endpoint=address.endpoint,
        pid=address.pid,
        account_id=address.account_id,
        home=place.folder,
        identity=address.identity,
    )


def _log_tail(place: Home) -> str:
    try:
        lines = place.log_file.read_text(errors="replace").strip().splitlines()
    except OSError:
        lines = []
    return " | ".join(lines[-6:]) or "(empty)"
