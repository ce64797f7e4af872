"""Set-up installs what the locks say or nothing, tells why it can't, and can be interrupted anywhere."""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import shutil
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from scripts import install, toolchain
from scripts.toolchain import REPOSITORY
from tests.setup.conftest import Fake
from tests.setup.test_toolchain import needs_terraform

VERSION = toolchain.TERRAFORM_VERSION


@contextlib.contextmanager
def serving(content: bytes) -> Iterator[str]:
    """Serve the same content at every path on loopback, and yield the address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Keep the tests' output clean."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


def release(version: str = VERSION) -> bytes:
    """Return a zip with a Terraform that says this version."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("terraform", f'#!/bin/sh\necho \'{{"terraform_version": "{version}"}}\'\n')
        archive.writestr("LICENSE.txt", "licence")
    return content.getvalue()


def test_download_with_the_committed_checksum_is_installed(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    content = release()
    checksums = fake.base / "terraform.sha256"
    checksums.write_text(f"{hashlib.sha256(content).hexdigest()}  terraform_{VERSION}_{fake.machine.platform}.zip\n")
    monkeypatch.setattr(toolchain, "CHECKSUMS", checksums)
    told: list[str] = []
    with serving(content) as address:
        install.ensure_terraform(replace(fake.machine, releases=address), told.append)
    assert toolchain.terraform(fake.machine) == fake.machine.own_terraform
    assert told[-1] == f"Terraform {VERSION} ({fake.machine.own_terraform})"


def test_download_with_another_checksum_is_not_installed(fake: Fake) -> None:
    with serving(release()) as address, pytest.raises(install.SetupError, match="it was not installed"):
        install.download_terraform(replace(fake.machine, releases=address), print)
    assert not fake.machine.own_terraform.exists()


def test_no_terraform_and_no_network_is_one_sentence(fake: Fake) -> None:
    with pytest.raises(install.SetupError, match=r"could not be downloaded \(.*refused.*\): connect .* on PATH\.$"):
        install.ensure_terraform(fake.machine, lambda _: None)


def test_machine_without_a_checksum_is_told_to_bring_its_own_terraform(fake: Fake) -> None:
    with pytest.raises(install.SetupError, match="for plan9_mips has no checksum"):
        install.download_terraform(replace(fake.machine, platform="plan9_mips"), print)


def test_no_provider_and_no_network_is_one_sentence(fake: Fake) -> None:
    fake.terraform(VERSION)
    with pytest.raises(install.SetupError, match=r"in no folder .* http://127\.0\.0\.1:1 is out of reach: connect"):
        install.ensure_provider(fake.machine, print)


def test_provider_found_by_the_scan_is_used_when_the_registry_is_out_of_reach(fake: Fake) -> None:
    mirror = fake.provider("opt/mirror")
    told: list[str] = []
    install.ensure_provider(fake.machine, told.append)
    assert told == [f"AWS provider {toolchain.PROVIDER_VERSION} ({mirror}, found on this machine)"]
    assert str(mirror) in (fake.machine.tools / "terraform.rc").read_text()


@needs_terraform
def test_operators_own_mirror_fills_the_cache_once(fake: Fake) -> None:
    """The same way takes a provider from the registry: Terraform installs it, checks it, and leaves a mirror."""
    mirror = fake.provider("network-share")
    machine = fake.variables(TF_CLI_CONFIG_FILE=str(fake.base / "own.rc"), PATH=os.environ["PATH"])
    (fake.base / "own.rc").write_text(
        f'provider_installation {{\n  filesystem_mirror {{\n    path = "{mirror}"\n  }}\n}}\n'
    )
    install.ensure_provider(machine, lambda _: None)
    assert toolchain.verified(machine.downloads, machine)
    assert sorted(path.name for path in machine.tools.iterdir()) == ["logs", "providers", "toolchain.json"]


@needs_terraform
def test_operators_own_configuration_without_the_provider_is_one_sentence(fake: Fake) -> None:
    (fake.base / "nothing").mkdir()
    machine = fake.variables(TF_CLI_CONFIG_FILE=str(fake.base / "own.rc"), PATH=os.environ["PATH"])
    (fake.base / "own.rc").write_text(
        f'provider_installation {{\n  filesystem_mirror {{\n    path = "{fake.base}/nothing"\n  }}\n}}\n'
    )
    with pytest.raises(install.SetupError, match=r"can't be had by way of .*own\.rc \(terraform failed: "):
        install.ensure_provider(machine, lambda _: None)


def checkout(folder: Path) -> Path:
    """Make a folder that set-up takes for a checkout."""
    for name in ("requirements.lock", "terraform.sha256", "terraform/envs/local/.terraform.lock.hcl"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(REPOSITORY / name, folder / name)
    return folder


@pytest.mark.parametrize("step", ["ensure_packages", "ensure_terraform", "ensure_provider"])
def test_interrupted_setup_is_not_taken_for_complete(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    root = checkout(tmp_path)
    (root / ".tools").mkdir()
    (root / ".tools" / "ready").write_text("of an older lock")
    for name in ("ensure_packages", "ensure_terraform", "ensure_provider"):
        monkeypatch.setattr(install, name, lambda *_: None)

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(install, step, interrupted)
    told = io.StringIO()
    assert install.program(str(root), told) == 130
    assert "interrupted" in told.getvalue()
    assert not (root / ".tools" / "ready").exists()
    monkeypatch.setattr(install, step, lambda *_: None)
    assert install.program(str(root), told) == 0
    assert (root / ".tools" / "ready").read_bytes() == install.stamp_text(root)


def test_full_disk_is_one_sentence_and_keeps_nothing_half(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = checkout(tmp_path)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device", "/somewhere")

    monkeypatch.setattr(install, "ensure_packages", full)
    told = io.StringIO()
    assert install.program(str(root), told) == 1
    assert "No space left on device" in told.getvalue()
    assert not (root / ".tools" / "ready").exists()


def test_half_made_environment_is_made_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = checkout(tmp_path)
    (root / ".venv" / "bin").mkdir(parents=True)
    (root / ".venv" / "bin" / "python").write_text("half")
    commands: list[list[str]] = []

    def instead(command: list[str | Path], *_: object, **__: object) -> None:
        commands.append([str(part) for part in command])
        (root / ".venv" / "bin").mkdir(parents=True, exist_ok=True)
        (root / ".venv" / "bin" / "python").touch()

    monkeypatch.setattr(install, "_run", instead)
    machine = replace(toolchain.Machine(), tools=root / ".tools")
    machine.tools.mkdir()
    install.ensure_packages(root, machine, lambda _: None)
    assert [command[2] for command in commands] == ["venv", "pip", "pip"]
    assert all("--require-hashes" in command for command in commands[1:])
    assert install.packages_are_complete(root)
    install.ensure_packages(root, machine, lambda _: None)
    assert len(commands) == 3, "a complete environment was made again"
    (root / "requirements.lock").write_text("changed")
    assert not install.packages_are_complete(root)


def test_second_setup_waits_for_the_first(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from scripts import install\n"
        "with install.alone(Path(sys.argv[1]), lambda line: print(line, flush=True)):\n    print('inside', flush=True)\n"
    )
    command = [sys.executable, "-c", script, str(tmp_path / "lock")]
    with install.alone(tmp_path / "lock", print):
        second = subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True)
        assert second.stdout is not None
        assert "waiting for it" in second.stdout.readline()
        with pytest.raises(subprocess.TimeoutExpired):
            second.wait(0.2)
    assert second.communicate(timeout=10)[0] == "inside\n"


@pytest.mark.parametrize(
    ("log", "expected"),
    [
        ("ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device\n", "no space left"),
        ("ensurepip is not available. On Debian/Ubuntu systems,\nyou need to install\n", "python3-venv"),
        ("Collecting x\nERROR: THESE PACKAGES DO NOT MATCH THE HASHES\n  detail\n", "THESE PACKAGES DO NOT MATCH"),
        ("╷\n│ Error: Failed to query available provider packages\n│ \n╵\n", "Failed to query available"),
        ("", "it printed nothing"),
    ],
)
def test_failed_command_says_why_in_a_few_words(tmp_path: Path, log: str, expected: str) -> None:
    path = tmp_path / "log"
    path.write_text(log)
    assert expected in install._why(path)
