"""Starting, finding and stopping: one server for a folder, whatever happens to processes, files and ports."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from scripts.emulator import control
from scripts.emulator.control import EmulatorError
from scripts.emulator.home import Address, Home

ROOT = Path(__file__).parents[2]
ACCOUNT = "123456789012"


def test_control_imports_only_what_python_brings() -> None:
    """Every verb that asks whether the emulator runs pays for this import."""
    code = (
        "import sys; from scripts.emulator import control; "
        "heavy = {name.split('.')[0] for name in sys.modules} & {'moto', 'boto3', 'botocore', 'werkzeug', 'flask'}; "
        "print(sorted(heavy))"
    )
    assert subprocess.check_output([sys.executable, "-c", code], cwd=ROOT, text=True).strip() == "[]"


def test_one_home_has_one_server_found_again_and_gone_after_stop(tmp_path: Path) -> None:
    told: list[str] = []
    with ThreadPoolExecutor(2) as starters:
        futures = [starters.submit(control.start, tmp_path, account_id=ACCOUNT, on_event=told.append) for _ in range(2)]
        first, second = [future.result() for future in futures]
    try:
        assert first == second == control.find(tmp_path)
        assert told.count("Starting the embedded AWS") == 1
        assert os.getsid(first.pid) == first.pid, "it must outlive whoever started it"
        with pytest.raises(EmulatorError, match="is account 123456789012, not 222222222222: stop it first"):
            control.start(tmp_path, account_id="222222222222")
    finally:
        assert control.stop(tmp_path)
    assert control.find(tmp_path) is None
    assert not control.stop(tmp_path)
    with pytest.raises(EmulatorError, match="does not answer"):
        first.resources()


def test_a_hung_server_is_replaced_and_a_killed_one_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(control, "HANG_SECONDS", 0.1)
    monkeypatch.setattr(control, "STOP_SECONDS", 0.5)
    monkeypatch.setattr(control, "HEALTH_SECONDS", 0.2)
    hung = control.start(tmp_path, account_id=ACCOUNT)
    os.kill(hung.pid, signal.SIGSTOP)
    assert control.find(tmp_path) is None
    told: list[str] = []
    monkeypatch.setattr(control, "HEALTH_SECONDS", 1)
    again = control.start(tmp_path, account_id=ACCOUNT, on_event=told.append)
    assert told[0] == "The embedded AWS lives but does not answer: replacing it"
    assert again.identity != hung.identity
    os.kill(again.pid, signal.SIGKILL)
    while Home(tmp_path).inhabited():
        time.sleep(0.01)
    assert control.find(tmp_path) is None
    assert not control.stop(tmp_path)
    assert Home(tmp_path).get_address() is None


def test_a_foreign_server_on_a_reused_port_is_not_taken_for_ours(tmp_path: Path) -> None:
    class Foreign(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps({"identity": "another", "pid": os.getpid()}).encode())

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Foreign) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        home = Home(tmp_path)
        claimed = home.claim()
        assert claimed is not None
        endpoint = f"http://127.0.0.1:{server.server_port}"
        home.write_address(Address(endpoint=endpoint, pid=os.getpid(), account_id=ACCOUNT, identity="ours"))
        assert control.find(tmp_path) is None
        os.close(claimed)
        server.shutdown()


@pytest.mark.parametrize("content", ["", "{", "[]", '{"pid": 1}', '{"endpoint": null}'])
def test_a_broken_address_is_no_address(tmp_path: Path, content: str) -> None:
    Home(tmp_path).address_file.write_text(content)
    assert Home(tmp_path).get_address() is None
    assert control.find(tmp_path) is None


def test_a_server_that_dies_is_reported_with_the_end_of_its_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(control, "MODULE", "scripts.emulator.absent")
    with pytest.raises(EmulatorError, match=r"ended with code 1 .*No module named 'scripts\.emulator\.absent'|absent"):
        control.start(tmp_path, account_id=ACCOUNT)


def test_two_homes_do_not_meet(emulator: control.Emulator, tmp_path: Path) -> None:
    other = control.start(tmp_path, account_id="222222222222")
    try:
        assert other.endpoint != emulator.endpoint
        other.seed_bucket("only-there")
        assert control.find(emulator.home) == emulator
    finally:
        control.stop(tmp_path)
    assert control.find(emulator.home) == emulator


def test_the_environment_leads_to_the_emulator_and_nowhere_else(emulator: control.Emulator) -> None:
    base = {
        "AWS_PROFILE": "prod",
        "AWS_SESSION_TOKEN": "real",
        "AWS_ENDPOINT_URL_DYNAMODB": "https://elsewhere",
        "AWS_REGION": "eu-west-1",
        "PATH": "/bin",
    }
    made = emulator.process_environment(base)
    assert made["AWS_ENDPOINT_URL"] == emulator.endpoint
    assert made["AWS_REGION"] == "eu-west-1"
    assert made["PATH"] == "/bin"
    assert {name for name in base if name not in made} == {
        "AWS_PROFILE",
        "AWS_SESSION_TOKEN",
        "AWS_ENDPOINT_URL_DYNAMODB",
    }
    assert not set(control.UNSET) & set(emulator.environment())


def test_it_listens_on_loopback_only(emulator: control.Emulator) -> None:
    assert emulator.endpoint.startswith("http://127.0.0.1:")
    port = int(emulator.endpoint.rsplit(":", 1)[1])
    others = {address[4][0] for address in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)}
    for other in others - {"127.0.0.1"}:
        with socket.socket() as knock:
            knock.settimeout(1)
            assert knock.connect_ex((str(other), port)) != 0
