"""Two emulators for all tests of the folder: mended, as everybody uses it, and moto as it is."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts.emulator import control
from scripts.emulator.home import Home
from tests.emulator.asking import Asking

ACCOUNT = "123456789012"


@pytest.fixture(scope="session")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[control.Emulator]:
    home = tmp_path_factory.mktemp("mended")
    yield control.start(home, account_id=ACCOUNT)
    control.stop(home)


@pytest.fixture(scope="session")
def mended(emulator: control.Emulator) -> Asking:
    return Asking(emulator.endpoint)


@pytest.fixture(scope="session")
def unmended(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asking]:
    home = Home(tmp_path_factory.mktemp("unmended"))
    command = [sys.executable, "-m", "scripts.emulator.server", f"--home={home.folder}", f"--account-id={ACCOUNT}"]
    with (home.folder / "server.log").open("wb") as log:
        server = subprocess.Popen([*command, "--unmended"], cwd=Path(__file__).parents[2], stdout=log, stderr=log)
    deadline = time.monotonic() + 30
    while (address := home.get_address()) is None:
        assert server.poll() is None, home.log_file.read_text()
        assert time.monotonic() < deadline
        time.sleep(0.05)
    yield Asking(address.endpoint)
    server.terminate()
    server.wait(timeout=10)
