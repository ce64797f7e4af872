"""What the app reads, and how it refuses to start without it. No Django here."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from config import contract
from config.contract import VARIABLES, ContractError, Role, Source
from tests import conftest, machine

BACKEND = machine.BACKEND
TASKS = [role for role in Role if role is not Role.BUILD]


@pytest.mark.parametrize("role", TASKS)
def test_what_the_tests_give_a_task_is_what_the_contract_asks_for(role: Role) -> None:
    """The environments in conftest stand for the stack's: none missing, none unused."""
    given = {
        name for name in conftest.environment(role) if not name.startswith("AWS_") or name == "AWS_REGION"
    }
    declared = {v.name for v in VARIABLES if role in v.roles and v.source is Source.STACK}
    assert given == declared
    contract.read(conftest.environment(role))


def test_everything_that_is_missing_or_unreadable_is_in_one_sentence() -> None:
    environ = {**conftest.environment("web"), "MEDIA_BUCKET": "", "DATABASE_PORT": "5432a"}
    del environ["DATABASE_HOST"]
    with pytest.raises(ContractError) as caught:
        contract.read(environ)
    assert str(caught.value) == (
        "The web process can't start: DATABASE_HOST and MEDIA_BUCKET must be set;"
        " DATABASE_PORT must be a whole number, not '5432a'"
        " (`python -m config.contract` says what each is for)."
    )


def test_a_secret_is_not_repeated_in_the_sentence() -> None:
    for variable in VARIABLES:
        if variable.secret:
            assert variable.kind is contract.Kind.TEXT, (
                "a secret of another kind could be unreadable, and then quoted"
            )


def test_a_role_does_not_get_what_is_not_its_own() -> None:
    environment = contract.read({**conftest.environment("beat"), "DATABASE_HOST": "somewhere"})
    assert "DATABASE_HOST" not in environment
    with pytest.raises(KeyError, match="role beat"):
        environment.text("DATABASE_HOST")


def test_the_image_is_built_without_an_environment() -> None:
    assert contract.read({"TASK_ROLE": "build"}).text("MEDIA_BUCKET")


def test_a_web_task_without_a_queue_may_start_and_a_worker_may_not() -> None:
    without = {
        name: value for name, value in conftest.environment("web").items() if not name.startswith("CELERY_")
    }
    assert "CELERY_QUEUE_URL" not in contract.read(without)
    with pytest.raises(ContractError, match="CELERY_QUEUE_URL"):
        contract.read({**without, "TASK_ROLE": "worker"})


def test_the_declaration_is_printed_with_neither_variables_nor_packages() -> None:
    # -S and -I: no site-packages, so an import of Django would fail.
    code = (
        "import runpy, sys; sys.path.insert(0, '.'); sys.argv = ['contract', '--json'];"
        " runpy.run_module('config.contract', run_name='__main__')"
    )
    printed = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code],
        cwd=BACKEND,
        env={},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    document = json.loads(printed)
    assert document["roles"] == ["beat", "migrate", "web", "worker"]
    assert [variable["name"] for variable in document["variables"]] == sorted(v.name for v in VARIABLES)


@pytest.mark.parametrize(
    "command",
    [["manage.py", "check"], ["-m", "gunicorn", "config.wsgi"], ["-m", "celery", "--app=config", "worker"]],
)
def test_every_entrance_refuses_with_the_sentence_alone(command: list[str]) -> None:
    environ = {"PATH": os.environ["PATH"], "TASK_ROLE": "worker"}
    done = subprocess.run(
        [sys.executable, *command],
        cwd=BACKEND,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
        timeout=20,
    )
    assert done.returncode == 78
    assert done.stderr.startswith("The worker process can't start: ALLOWED_HOSTS, ")
    assert done.stderr.count("\n") == 1


def test_nothing_else_reads_the_process_environment() -> None:
    readers = []
    for path in sorted(BACKEND.rglob("*.py")):
        parts = path.relative_to(BACKEND).parts
        if parts[0] in {".venv", "tests"}:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Attribute) or node.attr not in {"environ", "getenv"}:
                continue
            # Naming the settings module is how Django is told where its settings are.
            if "setdefault" not in path.read_text().splitlines()[node.lineno - 1]:
                readers.append("/".join(parts))
    assert readers == ["config/contract.py"]


def test_paths_of_this_machine_are_not_in_the_locks() -> None:
    for name in ("requirements.lock", "requirements-dev.lock"):
        assert "file://" not in (BACKEND / name).read_text()
        assert str(Path.home()) not in (BACKEND / name).read_text()
