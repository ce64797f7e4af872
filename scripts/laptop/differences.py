"""Everything that differs between a task in AWS and its process on a laptop: one table, each row with its reason. Pure.

What is not in the table is used as it was applied. A row changes what is there and adds nothing that Terraform forgot.
Not played at all: the image and its user, the read-only root file system, limits of CPU and memory, scaling (one
process per service), security groups, the firewall.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

LOOPBACK = "127.0.0.1"
_TMP = re.compile(r"(?<![\w.])/tmp(?=/|$)")


@dataclass(frozen=True, kw_only=True)
class Laptop:
    """The places of one run.

    `hosts` are the environment's own names, `port` is where the edge answers for all of them, and for AWS under the
    loopback address. `media_hosts` are the buckets' own names in AWS that browsers use.
    """

    hosts: tuple[str, ...]
    port: int
    media_hosts: tuple[str, ...]
    database_hosts: tuple[str, ...]
    database_port: int
    task_port: int
    tmp: Path

    @property
    def aws(self) -> str:
        """Return where processes and browsers reach AWS."""
        return f"http://{LOOPBACK}:{self.port}"


@dataclass(frozen=True, kw_only=True)
class Row:
    """One difference: what `change` makes of a text as it was applied, and why it must."""

    what: str
    why: str
    change: Callable[[Laptop, str], str]


def _origins(laptop: Laptop, text: str) -> str:
    names = "|".join(re.escape(host) for host in laptop.hosts)
    return re.sub(rf"https://({names})(?![\w.:-])", rf"http://\1:{laptop.port}", text)


def _media(laptop: Laptop, text: str) -> str:
    names = "|".join(re.escape(host) for host in laptop.media_hosts)
    return re.sub(rf"https://({names})(?![\w.:-])", laptop.aws, text) if names else text


def _database_host(laptop: Laptop, text: str) -> str:
    return LOOPBACK if text in laptop.database_hosts else text


def _database_port(laptop: Laptop, _text: str) -> str:
    return str(laptop.database_port)


def _listening(laptop: Laptop, text: str) -> str:
    return re.sub(r"(?<![\d.])0\.0\.0\.0:\d+", f"{LOOPBACK}:{laptop.task_port}", text)


def _temporary(laptop: Laptop, text: str) -> str:
    return _TMP.sub(lambda _: str(laptop.tmp), text)


ORIGINS = Row(
    what="https://HOST of the environment becomes http://HOST:PORT",
    why="No browser trusts a certificate made on a laptop, and port 443 is the administrator's.",
    change=_origins,
)
MEDIA = Row(
    what="https://BUCKET.s3.REGION.amazonaws.com becomes http://127.0.0.1:PORT",
    why="Browsers upload to the bucket of the embedded AWS, which answers on loopback.",
    change=_media,
)
VALUES = (
    ORIGINS,
    Row(
        what="The database's host becomes 127.0.0.1",
        why="The embedded AWS has no PostgreSQL behind its RDS; the laptop's own takes its place.",
        change=_database_host,
    ),
)
"""What changes in the value of any variable."""

NAMED: Mapping[str, Row] = {
    "DATABASE_PORT": Row(
        what="DATABASE_PORT becomes a free port",
        why="5432 may be another PostgreSQL's.",
        change=_database_port,
    ),
}
"""What changes in the value of a variable of that name."""

ARGUMENTS = (
    Row(
        what="Listening on 0.0.0.0:8000 becomes 127.0.0.1 and a free port",
        why="A task has an address of its own; a laptop must not serve its network.",
        change=_listening,
    ),
    Row(
        what="/tmp becomes a folder of the task's own",  # noqa: S108 - a name in a sentence
        why="A task has a /tmp of its own; a laptop's is shared, and another run may be writing there.",
        change=_temporary,
    ),
)
"""What changes in the arguments of a command."""

RESPONSES = (ORIGINS, MEDIA)
"""What changes in the headers of an answer, and in the origins that a bucket lets in."""

ADDED: Mapping[str, str] = {
    "AWS_ENDPOINT_URL": "Leads the AWS SDKs to the embedded AWS, by way of the role's permissions.",
    "AWS_ACCESS_KEY_ID": "Of the task role; in AWS the container agent hands these out.",
    "AWS_SECRET_ACCESS_KEY": "The same.",
    "AWS_SESSION_TOKEN": "The same.",
    "AWS_EC2_METADATA_DISABLED": "Nobody looks for a machine's role on a laptop.",
    "AWS_CONFIG_FILE": "The developer's own profile must not lead a task elsewhere.",
    "AWS_SHARED_CREDENTIALS_FILE": "The same.",
    "NO_PROXY": "Loopback is not reached through a proxy.",
    "PATH": "Leads to the application's virtual environment; in the image it is there.",
    "HOME": "The task's own folder: nothing of the developer's is read.",
    "TMPDIR": "The task's own /tmp.",
    "PYTHONUNBUFFERED": "As in the image.",
    "PYTHONDONTWRITEBYTECODE": "As in the image.",
}
"""The variables that a process gets beside those of its task definition, and why; their values are `surroundings`."""


def command(laptop: Laptop, applied: tuple[str, ...]) -> list[str]:
    """Return a task's command as it runs on the laptop."""
    return [_through(ARGUMENTS, laptop, argument) for argument in applied]


def environment(laptop: Laptop, applied: Mapping[str, str]) -> dict[str, str]:
    """Return the variables of a task definition as they are on the laptop; secrets are passed through untouched elsewhere."""
    changed = {name: _through(VALUES, laptop, value) for name, value in applied.items()}
    for name, row in NAMED.items():
        if name in changed:
            changed[name] = row.change(laptop, changed[name])
    return changed


def response(laptop: Laptop, text: str) -> str:
    """Return a header's value or an allowed origin as it is on the laptop."""
    return _through(RESPONSES, laptop, text)


def surroundings(laptop: Laptop, *, programs: Path, credentials: Mapping[str, str]) -> dict[str, str]:
    """Return the variables of `ADDED`; `programs` is the folder of the application's Python."""
    return {
        "AWS_ENDPOINT_URL": laptop.aws,
        **credentials,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": "/dev/null",
        "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
        "NO_PROXY": f"{LOOPBACK},localhost",
        "PATH": f"{programs}:/usr/bin:/bin",
        "HOME": str(laptop.tmp),
        "TMPDIR": str(laptop.tmp),
        "PYTHONUNBUFFERED": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def _through(rows: tuple[Row, ...], laptop: Laptop, text: str) -> str:
    for row in rows:
        text = row.change(laptop, text)
    return text
