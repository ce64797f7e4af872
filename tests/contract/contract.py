"""What the application says it reads, what an environment's plan injects, and where the two differ."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

BACKEND = Path(__file__).parents[2] / "app" / "backend"
STAND_IN = "known-after-apply"
"""Stands for what AWS names: host of the database, ARNs of secrets. All of it is text to the application."""

_READ = """
import json, sys
from config import contract
for environ in json.load(sys.stdin):
    try:
        contract.read(environ)
    except contract.ContractError as error:
        print(error)
    else:
        print()
"""


@dataclass(frozen=True, kw_only=True)
class Injected:
    """One task's container, as the root's output `tasks` tells it."""

    role: str
    plain: Mapping[str, str]
    secrets: frozenset[str]
    command: tuple[str, ...]
    health_command: tuple[str, ...]
    task_role: str

    @property
    def names(self) -> set[str]:
        """Return the names of everything that the process finds."""
        return {*self.plain, *self.secrets}

    @property
    def environ(self) -> dict[str, str]:
        """Return the process's environment."""
        return {**dict.fromkeys(self.secrets, STAND_IN), **self.plain}


def injected(document: Mapping[str, Any]) -> list[Injected]:
    """Read the tasks of a plan; none where the root has no output `tasks`."""
    tasks = document.get("output_changes", {}).get("tasks", {}).get("after") or {}
    return [
        Injected(
            role=role,
            plain={item["name"]: item.get("value", STAND_IN) for item in task["container"]["environment"]},
            secrets=frozenset(item["name"] for item in task["container"]["secrets"]),
            command=tuple(task["container"]["command"]),
            health_command=tuple(task["container"].get("healthCheck", {}).get("command", ())),
            task_role=task["task_role_arn"],
        )
        for role, task in sorted(tasks.items())
    ]


def declared() -> dict[str, dict[str, Any]]:
    """Return the application's own declaration, by the name of the variable; needs neither Django nor a variable."""
    told = subprocess.run(
        [sys.executable, "-m", "config.contract", "--json"], cwd=BACKEND, env={}, capture_output=True, check=True
    )
    return {variable["name"]: variable for variable in json.loads(told.stdout)["variables"]}


def differences(tasks: Iterable[Injected], variables: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """Yield each variable that a task lacks, gets in vain, or gets where a secret belongs.

    What a role can do without (a queue, where there are workers) is for all that read it, or for none.
    """
    tasks = list(tasks)
    given = {name for task in tasks for name in task.names}
    for task in tasks:
        read = {
            name: variable
            for name, variable in variables.items()
            if variable["source"] == "stack" and task.role in variable["roles"]
        }
        if task.plain.get("TASK_ROLE") != task.role:
            yield f"{task.role} is told that it is {task.plain.get('TASK_ROLE')}"
        for name, variable in read.items():
            optional = variable["default"] is None and task.role not in variable["required_in"]
            if name not in task.names and (name in given or not optional):
                yield f"{task.role} lacks {name}"
            if name in task.plain and variable["secret"]:
                yield f"{task.role} gets {name} in plain text"
            if name in task.secrets and not variable["secret"]:
                yield f"{task.role} gets {name} as a secret, and it is none"
        for name in sorted(task.names - set(read)):
            yield f"{task.role} gets {name} and does not read it: declare it in app/backend/config/contract.py"


def complaints(tasks: Iterable[Injected]) -> Iterator[str]:
    """Yield what the application itself says against the values, one sentence a task."""
    environs = json.dumps([task.environ for task in tasks])
    told = subprocess.run(
        [sys.executable, "-c", _READ], cwd=BACKEND, env={}, input=environs, capture_output=True, text=True, check=True
    )
    yield from filter(None, told.stdout.splitlines())
