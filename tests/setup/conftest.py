"""A machine made of folders: its PATH, its home, its mirrors, and a provider small enough to copy."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from scripts import toolchain
from scripts.toolchain import Machine


@dataclass(frozen=True, kw_only=True)
class Fake:
    """The machine, and ways to put things on it."""

    machine: Machine
    base: Path
    lock: Path

    def variables(self, **more: str) -> Machine:
        """Return the machine with more environment variables."""
        return replace(self.machine, variables={**self.machine.variables, **more})

    def terraform(self, version: str, folder: str = "bin") -> Path:
        """Put a Terraform on PATH that says its version and counts how often it was asked."""
        path = self.base / folder / "terraform"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(
            f'#!/bin/sh\necho asked >> "{self.base}/asked"\necho \'{{"terraform_version": "{version}"}}\'\n'
        )
        path.chmod(0o755)
        return path

    def asked(self) -> int:
        """Return how often any Terraform was asked for its version."""
        log = self.base / "asked"
        return len(log.read_text().splitlines()) if log.exists() else 0

    def provider(self, folder: str | Path, content: str = "provider") -> Path:
        """Put a provider into a mirror folder of the unpacked layout and return that folder."""
        mirror = self.base / folder
        files = toolchain.unpacked(mirror, self.machine)
        files.mkdir(parents=True)
        (files / "terraform-provider-aws_v5_x5").write_text(content)
        (files / "LICENSE.txt").write_text("licence")
        return mirror

    def trust(self, mirror: Path) -> None:
        """Write the lock file that knows the provider of this mirror."""
        digest = toolchain._directory_hash(toolchain.unpacked(mirror, self.machine))
        self.lock.write_text(
            f'provider "{toolchain.PROVIDER}" {{\n  version     = "{toolchain.PROVIDER_VERSION}"\n'
            f'  constraints = "~> 5.100"\n  hashes = [\n    "{digest}",\n  ]\n}}\n'
        )


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fake:
    base = tmp_path / "a machine"  # Every path has a space in it.
    for name in ("home", "opt", "data", "bin"):
        (base / name).mkdir(parents=True)
    lock = base / "lock.hcl"
    monkeypatch.setattr(toolchain, "PROVIDER_LOCK", lock)
    machine = Machine(
        tools=base / "checkout" / ".tools",
        variables={"PATH": f"{base / 'bin'}:{base / 'bin2'}"},
        home=base / "home",
        roots=(base / "opt",),
        data=(base / "data",),
        registry="http://127.0.0.1:1",
        releases="http://127.0.0.1:1",
    )
    result = Fake(machine=machine, base=base, lock=lock)
    sample = result.provider("sample")
    result.trust(sample)
    shutil.rmtree(sample)
    return result
