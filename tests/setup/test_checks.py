"""The checks find what they are for, and say what mends it."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from scripts import checks, toolchain
from scripts.checks import Check
from tests.setup.test_toolchain import needs_terraform

pytestmark = needs_terraform


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A small repository: one root without any provider, and one Python file."""
    root = tmp_path / "terraform" / "envs" / "local"
    root.mkdir(parents=True)
    (root / ".terraform.lock.hcl").touch()
    (root / "main.tf").write_text('output "name" {\n  value = "gallery"\n}\n')
    (tmp_path / "scripts").mkdir()
    (tmp_path / "scripts" / "__init__.py").write_text('"""A library."""\n')
    (tmp_path / "pyproject.toml").write_text('[tool.ruff.lint]\nselect = ["F"]\n')
    return tmp_path


def results(tree: Path, name: str) -> checks.Result:
    checks.prepare(tree)
    (check,) = [check for check in checks.checks(tree) if check.name == name]
    return checks.run(check)


def test_clean_tree_passes_every_check(tree: Path) -> None:
    checks.prepare(tree)
    assert [result.check.name for result in checks.run_all(checks.checks(tree)) if not result.passed] == []


@pytest.mark.parametrize(
    ("name", "file", "text", "found"),
    [
        ("Terraform format", "terraform/envs/local/main.tf", 'output "name" {\nvalue = "x"\n}\n', "+  value"),
        (
            "Terraform valid: envs/local",
            "terraform/envs/local/main.tf",
            'output "x" {\n  value = var.none\n}\n',
            "none",
        ),
        ("Python lint", "scripts/__init__.py", "import os\n", "F401"),
        ("Python format", "scripts/__init__.py", "x = 'single'\n", '+x = "single"'),
        ("Python types", "scripts/__init__.py", 'x: int = "text"\n', "Incompatible types"),
    ],
)
def test_each_check_finds_its_fault(tree: Path, name: str, file: str, text: str, found: str) -> None:
    (tree / file).write_text(text)
    result = results(tree, name)
    assert not result.passed
    assert found in result.output
    assert result.check.mend


def test_validation_leaves_nothing_beside_the_sources(tree: Path) -> None:
    before = sorted((tree / "terraform").rglob("*"))
    assert results(tree, "Terraform valid: envs/local").passed
    assert sorted((tree / "terraform").rglob("*")) == before


def test_every_root_of_this_repository_is_validated() -> None:
    names = {check.name for check in checks.checks()}
    environments = [path.parent.name for path in (toolchain.REPOSITORY / "terraform" / "envs").glob("*/main.tf")]
    assert {f"Terraform valid: envs/{name}" for name in environments} <= names
    assert "Terraform valid: bootstrap" in names


def test_results_come_in_the_order_of_the_checks_and_are_told_as_they_end(tmp_path: Path) -> None:
    script = "import sys, time; time.sleep(float(sys.argv[1]))"
    slow, quick = (
        Check(name=name, commands=((sys.executable, "-c", script, seconds),), mend="-", folder=tmp_path)
        for name, seconds in (("slow", "0.4"), ("quick", "0"))
    )
    told: list[str] = []
    found = checks.run_all([slow, quick], on_result=lambda result: told.append(result.check.name), workers=2)
    assert [result.check.name for result in found] == ["slow", "quick"]
    assert told == ["quick", "slow"]


def test_a_check_stops_at_its_first_failing_command(tmp_path: Path) -> None:
    fail = (sys.executable, "-c", "print('first'); raise SystemExit(3)")
    never = (sys.executable, "-c", "import pathlib; pathlib.Path('ran').touch()")
    result = checks.run(Check(name="two", commands=(fail, never), mend="-", folder=tmp_path))
    assert (result.passed, result.output.strip()) == (False, "first")
    assert os.listdir(tmp_path) == []  # noqa: PTH208  # names are all that matters
