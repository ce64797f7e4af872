"""Every variable and secret that the application reads, declared once.

Nothing else in the project looks at the process environment. The platform's tests read this declaration with
`python -m config.contract --json`, which needs neither Django nor a single variable, and prove that the stack
injects exactly these into each task.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NoReturn, TypeAlias

Value: TypeAlias = str | int | bool | tuple[str, ...]


class Role(StrEnum):
    """What a process is for: the four kinds of task, and the build of the image."""

    WEB = "web"
    WORKER = "worker"
    BEAT = "beat"
    MIGRATE = "migrate"
    BUILD = "build"


class Kind(StrEnum):
    """How the text of a variable is read."""

    TEXT = "text"
    INTEGER = "integer"
    BOOLEAN = "boolean"
    LIST = "list"
    ORIGIN = "origin"
    URL = "url"
    CHOICE = "choice"


class Source(StrEnum):
    """Who gives a variable its value."""

    STACK = "stack"
    """Terraform, in the task definition."""
    PLATFORM = "platform"
    """The container agent, wherever there is one."""
    DEVELOPER = "developer"
    """Whoever starts a process by hand; never set in an environment."""


class ContractError(Exception):
    """The environment lacks something or is unreadable; the text is one sentence with all of it."""


_TASKS: Final = frozenset({Role.WEB, Role.WORKER, Role.BEAT, Role.MIGRATE})
_DATABASE: Final = frozenset({Role.WEB, Role.WORKER, Role.MIGRATE})

# Collecting static files, writing migrations and describing the API need settings, but no environment.
_AT_BUILD: Final = {
    "ALLOWED_HOSTS": "build.invalid",
    "API_ORIGIN": "https://build.invalid",
    "AWS_REGION": "us-east-1",
    "DJANGO_SECRET_KEY": "the-image-is-built-without-any-secret-and-this-key-signs-nothing",
    "MEDIA_BUCKET": "build.invalid",
    "SITE_ORIGIN": "https://build.invalid",
}


@dataclass(frozen=True, kw_only=True)
class Variable:
    """One variable of the environment.

    `roles` are the tasks that get it, `optional_in` those of them that also run without it, with `default`.
    """

    name: str
    kind: Kind
    description: str
    roles: frozenset[Role] = _TASKS
    optional_in: frozenset[Role] = frozenset()
    default: str | None = None
    secret: bool = False
    source: Source = Source.STACK
    choices: tuple[str, ...] = ()

    def required_in(self, role: Role) -> bool:
        """Say whether a process of this role refuses to start without it."""
        return self.source is Source.STACK and self.default is None and role in self.roles - self.optional_in

    def parse(self, text: str) -> Value:
        """Read a value; raise ValueError with the rest of the sentence "NAME …"."""
        match self.kind:
            case Kind.INTEGER:
                if not re.fullmatch(r"[0-9]{1,9}", text):
                    raise ValueError(f"must be a whole number, not {text!r}")
                return int(text)
            case Kind.BOOLEAN:
                if text not in {"true", "false"}:
                    raise ValueError(f"must be true or false, not {text!r}")
                return text == "true"
            case Kind.LIST:
                items = tuple(item.strip() for item in text.split(","))
                if not all(items):
                    raise ValueError(f"must be a comma-separated list without empty items, not {text!r}")
                return items
            case Kind.ORIGIN:
                if not re.fullmatch(r"https?://[^/\s]+", text):
                    raise ValueError(f"must be an origin such as https://example.org, not {text!r}")
                return text
            case Kind.URL:
                if not re.fullmatch(r"(https?://[^/\s]+)?/\S*", text):
                    raise ValueError(f"must be an address or an absolute path, not {text!r}")
                return text
            case Kind.CHOICE:
                if text not in self.choices:
                    raise ValueError(f"must be one of {', '.join(self.choices)}, not {text!r}")
                return text
            case Kind.TEXT:
                return text


VARIABLES: Final[tuple[Variable, ...]] = (
    Variable(
        name="ALLOWED_HOSTS",
        kind=Kind.LIST,
        description="Host names that the API answers to.",
    ),
    Variable(
        name="API_ORIGIN",
        kind=Kind.ORIGIN,
        description="Where browsers reach the API; https turns on secure cookies, the redirect and HSTS.",
    ),
    Variable(
        name="AWS_REGION",
        kind=Kind.TEXT,
        description="Region of the queue, the media bucket and the secrets.",
    ),
    Variable(
        name="CELERY_CONCURRENCY",
        kind=Kind.INTEGER,
        description="Jobs that one worker task runs side by side.",
        roles=frozenset({Role.WORKER}),
    ),
    Variable(
        name="CELERY_QUEUE_URL",
        kind=Kind.URL,
        description="The SQS queue of jobs; without one the web task does them within the request.",
        optional_in=frozenset({Role.WEB, Role.MIGRATE}),
    ),
    Variable(
        name="CELERY_TASK_TIME_LIMIT_SECONDS",
        kind=Kind.INTEGER,
        description="After this a job is killed; the queue's visibility timeout is longer.",
        optional_in=frozenset({Role.WEB, Role.MIGRATE}),
    ),
    Variable(
        name="DATABASE_APP_SECRET_ID",
        kind=Kind.TEXT,
        description="Secret with {username, password} of the role that a release makes for the others.",
        roles=frozenset({Role.MIGRATE}),
    ),
    Variable(
        name="DATABASE_CONNECT_TIMEOUT_SECONDS",
        kind=Kind.INTEGER,
        description="How long one attempt to connect may take; a paused database needs 40.",
        roles=_DATABASE,
    ),
    Variable(
        name="DATABASE_HOST",
        kind=Kind.TEXT,
        description="The database's writer endpoint.",
        roles=_DATABASE,
    ),
    Variable(
        name="DATABASE_NAME",
        kind=Kind.TEXT,
        description="The database's name.",
        roles=_DATABASE,
    ),
    Variable(
        name="DATABASE_POOL_SIZE",
        kind=Kind.INTEGER,
        description="Connections that one web process opens at most; the other tasks open one a process.",
        roles=frozenset({Role.WEB}),
    ),
    Variable(
        name="DATABASE_PORT",
        kind=Kind.INTEGER,
        description="The database's port.",
        roles=_DATABASE,
    ),
    Variable(
        name="DATABASE_SECRET_ID",
        kind=Kind.TEXT,
        description="Secret with {username, password} of the role to connect as; it may be rotated.",
        roles=_DATABASE,
    ),
    Variable(
        name="DEBUG",
        kind=Kind.BOOLEAN,
        description="Django's debug pages, for a developer's own machine.",
        default="false",
        source=Source.DEVELOPER,
    ),
    Variable(
        name="DJANGO_SECRET_KEY",
        kind=Kind.TEXT,
        description="Signs sessions and tokens.",
        secret=True,
    ),
    Variable(
        name="DJANGO_SETTINGS_MODULE",
        kind=Kind.TEXT,
        description="Read by Django itself.",
        default="config.settings",
    ),
    Variable(
        name="ECS_AGENT_URI",
        kind=Kind.URL,
        description="The container agent, told not to stop a task while it runs a job.",
        roles=frozenset({Role.WORKER}),
        optional_in=frozenset({Role.WORKER}),
        source=Source.PLATFORM,
    ),
    Variable(
        name="LOG_LEVEL",
        kind=Kind.CHOICE,
        description="The least severe messages that are logged.",
        default="INFO",
        choices=("DEBUG", "INFO", "WARNING", "ERROR"),
    ),
    Variable(
        name="MEDIA_BUCKET",
        kind=Kind.TEXT,
        description="Private bucket of uploads and thumbnails.",
    ),
    Variable(
        name="SITE_ORIGIN",
        kind=Kind.ORIGIN,
        description="Where browsers find the single-page site, which alone may call the API across origins.",
    ),
    Variable(
        name="STATIC_URL",
        kind=Kind.URL,
        description="Where browsers find the static files.",
        default="/static/",
    ),
    Variable(
        name="TASK_ROLE",
        kind=Kind.CHOICE,
        description="What this process is for.",
        choices=tuple(_role.value for _role in Role),
    ),
)


class Environment:
    """The values of one process, checked; asking for what its role does not get is a mistake in the code."""

    def __init__(self, role: Role, values: Mapping[str, Value | None]) -> None:
        self.role = role
        self._values = values

    def __contains__(self, name: str) -> bool:
        """Say whether a declared variable has a value here."""
        return self._values.get(name) is not None

    def text(self, name: str) -> str:
        """Give a variable of kind text, origin, URL or choice."""
        value = self._find(name)
        if not isinstance(value, str):
            raise TypeError(f"{name} is not declared as text in config/contract.py")
        return value

    def integer(self, name: str) -> int:
        """Give a variable of kind integer."""
        value = self._find(name)
        if not isinstance(value, int) or isinstance(value, bool):
            raise TypeError(f"{name} is not declared as integer in config/contract.py")
        return value

    def boolean(self, name: str) -> bool:
        """Give a variable of kind boolean."""
        value = self._find(name)
        if not isinstance(value, bool):
            raise TypeError(f"{name} is not declared as boolean in config/contract.py")
        return value

    def items(self, name: str) -> tuple[str, ...]:
        """Give a variable of kind list."""
        value = self._find(name)
        if not isinstance(value, tuple):
            raise TypeError(f"{name} is not declared as list in config/contract.py")
        return value

    def _find(self, name: str) -> Value:
        value = self._values.get(name)
        if value is None:
            raise KeyError(
                f"{name} has no value for the role {self.role}: ask `in` first, or declare it in the contract"
            )
        return value


def read(environ: Mapping[str, str]) -> Environment:
    """Read and check what the process's role needs; raise ContractError with all that is wrong at once."""
    role = _role_of(environ)
    if role is Role.BUILD:
        environ = {**_AT_BUILD, **environ}
    missing: list[str] = []
    unreadable: list[str] = []
    values: dict[str, Value | None] = {}
    for variable in VARIABLES:
        # An empty value is how a shell or a template says "not set".
        text = environ.get(variable.name) or variable.default
        if text is None:
            if variable.required_in(role):
                missing.append(variable.name)
            continue
        if role not in variable.roles and not (role is Role.BUILD and variable.roles == _TASKS):
            continue
        try:
            values[variable.name] = variable.parse(text)
        except ValueError as error:
            unreadable.append(f"{variable.name} {error if not variable.secret else 'is not readable'}")
    problems = unreadable
    if missing:
        problems = [
            f"{' and '.join([', '.join(missing[:-1]), missing[-1]] if missing[1:] else missing)} must be set",
            *unreadable,
        ]
    if problems:
        raise ContractError(
            f"The {role} process can't start: {'; '.join(problems)}"
            " (`python -m config.contract` says what each is for)."
        )
    return Environment(role, values)


def start() -> Environment:
    """Read the process's own environment, or end the process with one sentence on what is wrong with it."""
    try:
        return read(os.environ)
    except ContractError as error:
        _refuse(str(error))


def document(roles: Collection[Role] = _TASKS) -> dict[str, object]:
    """Describe the contract as data: each variable, and for each role what must, may and must not be set."""
    return {
        "roles": sorted(roles),
        "variables": [
            {
                "name": variable.name,
                "kind": variable.kind,
                "secret": variable.secret,
                "source": variable.source,
                "default": variable.default,
                "choices": list(variable.choices),
                "roles": sorted(variable.roles),
                "required_in": sorted(role for role in roles if variable.required_in(role)),
                "description": variable.description,
            }
            for variable in VARIABLES
        ],
    }


def _role_of(environ: Mapping[str, str]) -> Role:
    text = environ.get("TASK_ROLE", "")
    try:
        return Role(text)
    except ValueError:
        known = ", ".join(Role)
        raise ContractError(
            f"The process can't start: TASK_ROLE is {text!r} and must be one of {known},"
            " because it decides what else is needed."
        ) from None


def _refuse(sentence: str) -> NoReturn:
    sys.stderr.write(f"{sentence}\n")
    # EX_CONFIG of sysexits.h, so that a supervisor can tell it from a crash.
    raise SystemExit(78)


def _table() -> str:
    lines = []
    for variable in VARIABLES:
        roles = ", ".join(
            f"{role} (optional)" if not variable.required_in(role) else role
            for role in Role
            if role in variable.roles
        )
        default = "" if variable.default is None else f" Default: {variable.default}."
        origin = {Source.STACK: "secret" if variable.secret else "stack"}.get(
            variable.source, variable.source.value
        )
        lines.append(
            f"{variable.name}  [{variable.kind}, {origin}]\n    {variable.description}{default}\n    {roles}"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    sys.stdout.write((json.dumps(document(), indent=2) if "--json" in sys.argv[1:] else _table()) + "\n")
