"""The direction of the library's imports: pure modules know no edge, one module knows each outside tool."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
MODULES = {
    ".".join(file.relative_to(REPOSITORY).with_suffix("").parts).removesuffix(".__init__"): ast.parse(file.read_text())
    for file in sorted((REPOSITORY / "scripts").rglob("*.py"))
}
PURE = {"scripts.errors", "scripts.plan", "scripts.gates", "scripts.report", "scripts.progress", "scripts.overview"}
EDGES = {
    "boto3",
    "botocore",
    "subprocess",
    "urllib",
    "socket",
    "os",
    "shutil",
    "scripts.terraform",
    "scripts.operations",
}
ONLY_IN = {
    "python_terraform": {"scripts.terraform"},
    "cdktf": set[str](),
    "invoke": set[str](),
    "moto": {name for name in MODULES if name.startswith("scripts.emulator")},
}


def imported(tree: ast.Module) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def uses(tree: ast.Module, package: str) -> bool:
    return any(name == package or name.startswith(f"{package}.") for name in imported(tree))


@pytest.mark.parametrize("package", sorted(ONLY_IN))
def test_an_outside_tool_is_known_where_it_may_be(package: str) -> None:
    assert {name for name, tree in MODULES.items() if uses(tree, package)} <= ONLY_IN[package]


def test_python_terraform_is_really_used() -> None:
    assert uses(MODULES["scripts.terraform"], "python_terraform")


@pytest.mark.parametrize("name", sorted(PURE))
def test_a_pure_module_knows_no_edge(name: str) -> None:
    assert not {edge for edge in EDGES if uses(MODULES[name], edge)}


@pytest.mark.parametrize("name", sorted(MODULES))
def test_the_library_neither_prints_nor_exits(name: str) -> None:
    """`tasks.py` alone speaks and exits; what runs as a program of its own (server, set-up) returns its exit code."""
    calls = [node.func for node in ast.walk(MODULES[name]) if isinstance(node, ast.Call)]
    assert not [
        call.id for call in calls if isinstance(call, ast.Name) and call.id in {"print", "exit", "quit", "input"}
    ]
    exits = [call.attr for call in calls if isinstance(call, ast.Attribute) and call.attr in {"exit", "_exit"}]
    assert not exits or _is_program(MODULES[name])


def _is_program(tree: ast.Module) -> bool:
    return any(isinstance(node, ast.If) and "__main__" in ast.dump(node.test) for node in tree.body)


def test_the_environments_are_nowhere_listed_in_python() -> None:
    """A folder in terraform/envs is an environment; code that names staging or prod would be a second list."""
    for name, tree in MODULES.items():
        literals = {
            node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)
        }
        assert not literals & {"staging", "prod"}, name
