"""`scripts/run`: from anywhere, under any name, on a machine with Python alone, and nearly free the second time."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

from scripts import install
from scripts.toolchain import REPOSITORY
from tests.setup.test_install import checkout

TOOLS = ("cat", "cmp", "dirname", "env", "readlink", "sh")


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A checkout that is set up, whose `invoke` prints its arguments, in a folder with a space."""
    root = checkout(tmp_path / "my clone")
    (root / "scripts").mkdir()
    shutil.copy(REPOSITORY / "scripts" / "run", root / "scripts" / "run")
    (root / ".venv" / "bin").mkdir(parents=True)
    for name in ("invoke", "python"):
        program = root / ".venv" / "bin" / name
        program.write_text('#!/bin/sh\nprintf "<%s>" "$@"\n')
        program.chmod(0o755)
    (root / ".tools").mkdir()
    (root / ".tools" / "ready").write_bytes(install.stamp_text(root))
    return root


def run(program: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [program, *arguments],
        cwd="/",
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_arguments_reach_invoke_as_they_are_from_any_folder(clone: Path) -> None:
    ran = run(clone / "scripts" / "run", "plan", "--env=staging", "--reason=two words", "")
    assert ran.stdout == f"<--search-root><{clone}><plan><--env=staging><--reason=two words><>"
    assert ran.stderr == ""


def test_links_to_it_are_followed(clone: Path, tmp_path: Path) -> None:
    (tmp_path / "first link").symlink_to(clone / "scripts" / "run")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "second").symlink_to("../first link")
    assert run(tmp_path / "elsewhere" / "second", "x").stdout == f"<--search-root><{clone}><x>"


def test_set_up_checkout_costs_less_than_half_a_second(clone: Path) -> None:
    seconds = []
    for _ in range(3):
        started = time.monotonic()
        run(clone / "scripts" / "run", "x")
        seconds.append(time.monotonic() - started)
    assert min(seconds) < 0.5


@pytest.mark.parametrize("change", ["requirements.lock", "terraform.sha256", "moved", "no python"])
def test_what_was_set_up_for_something_else_is_set_up_again(clone: Path, change: str) -> None:
    if change == "moved":
        clone = clone.rename(clone.with_name("moved clone"))
    elif change == "no python":
        (clone / ".venv" / "bin" / "python").unlink()
    else:
        (clone / change).write_text("changed")
    ran = run(clone / "scripts" / "run", "x", PYTHON=str(clone / "no such python"))
    assert ran.returncode == 1
    assert ran.stdout == ""
    assert "Python >= 3.11 is needed" in ran.stderr


def test_machine_without_python_is_told_so(clone: Path, tmp_path: Path) -> None:
    (clone / ".tools" / "ready").unlink()
    path = tmp_path / "bin"
    path.mkdir()
    for tool in TOOLS:
        found = shutil.which(tool)
        assert found is not None
        (path / tool).symlink_to(found)
    for shim in ("python3", "python3.13"):  # As pyenv leaves them: they exist and don't run.
        (path / shim).write_text("#!/bin/sh\necho 'pyenv: command not found' >&2\nexit 127\n")
        (path / shim).chmod(0o755)
    ran = run(clone / "scripts" / "run", "x", PATH=str(path), PYTHON="")
    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr == (
        "Python >= 3.11 is needed and PATH has none: install it, or name it in PYTHON=/path/to/python.\n"
    )


@pytest.mark.e2e
def test_fresh_clone_sets_itself_up_even_after_being_killed(tmp_path: Path) -> None:
    """Kill the first set-up in the middle of pip, run it again twice at once, and then a verb."""
    clone = tmp_path / "a fresh clone"
    subprocess.run(["git", "clone", "--quiet", REPOSITORY, clone], check=True)
    program = clone / "scripts" / "run"
    with subprocess.Popen(
        [program, "--list"], cwd="/", stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as first:
        assert first.stderr is not None
        for line in first.stderr:
            if "Installing" in line:
                break
        time.sleep(5)
        os.killpg(first.pid, signal.SIGKILL)
    assert not (clone / ".tools" / "ready").exists()
    variables = {**os.environ, "TF_CLI_CONFIG_FILE": str(tmp_path / "does not exist")}
    both = [
        subprocess.Popen(
            [program, "--list"], cwd="/", env=variables, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    outputs = [process.communicate(timeout=600) for process in both]
    assert [process.returncode for process in both] == [0, 0], outputs
    assert all("emulator.start" in output for output, _ in outputs)
    told = "".join(errors for _, errors in outputs)
    assert told.count("Making .venv") == 1
    assert "waiting for it" in told
    again = run(program, "--list")
    assert (again.returncode, again.stderr) == (0, "")
    status = subprocess.run(["git", "status", "--porcelain"], cwd=clone, capture_output=True, text=True, check=True)
    assert status.stdout == "", "set-up leaves files that git sees"
