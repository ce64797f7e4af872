"""The environment that the tests run in, as the stack would give it, and the services behind it.

Ports are chosen here, before Django reads its settings; services start for the first test that needs them.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import django
import pytest

from tests import machine

_POSTGRES_PORT = machine.free_port()
_AWS_PORT = machine.free_port()

_AWS_ENVIRONMENT = {
    "AWS_ENDPOINT_URL": f"http://127.0.0.1:{_AWS_PORT}",
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_EC2_METADATA_DISABLED": "true",
}
_EVERY_TASK = {
    "ALLOWED_HOSTS": "testserver,127.0.0.1",
    "API_ORIGIN": "http://127.0.0.1:8000",
    "AWS_REGION": machine.REGION,
    "CELERY_QUEUE_URL": f"http://127.0.0.1:{_AWS_PORT}/{machine.ACCOUNT}/gallery-test-tasks",
    "CELERY_TASK_TIME_LIMIT_SECONDS": "20",
    "DJANGO_SECRET_KEY": machine.SECRET_KEY,
    "DJANGO_SETTINGS_MODULE": "config.settings",
    "LOG_LEVEL": "INFO",
    "MEDIA_BUCKET": machine.BUCKET,
    "SITE_ORIGIN": "http://site.test",
    "STATIC_URL": "https://static.test/",
}
_DATABASE = {
    "DATABASE_CONNECT_TIMEOUT_SECONDS": "5",
    "DATABASE_HOST": "127.0.0.1",
    "DATABASE_NAME": "gallery",
    "DATABASE_PORT": str(_POSTGRES_PORT),
}
ROLES = {
    "web": {"DATABASE_POOL_SIZE": "4", "DATABASE_SECRET_ID": "gallery-test/database-app"},
    "worker": {"CELERY_CONCURRENCY": "2", "DATABASE_SECRET_ID": "gallery-test/database-app"},
    "beat": {},
    "migrate": {
        "DATABASE_APP_SECRET_ID": "gallery-test/database-app",
        "DATABASE_SECRET_ID": "gallery-test/database-master",
    },
}


def environment(role: str) -> dict[str, str]:
    """Give what the stack gives a task."""
    database = {} if role == "beat" else _DATABASE
    return {"TASK_ROLE": role, **_AWS_ENVIRONMENT, **_EVERY_TASK, **database, **ROLES[role]}


# The tests themselves make and drop databases, which the app's role can't.
for _name, _value in {**environment("web"), "DATABASE_SECRET_ID": "gallery-test/database-master"}.items():
    os.environ[_name] = _value
django.setup()


@pytest.fixture(scope="session")
def aws() -> Iterator[machine.Aws]:
    """Give the emulated AWS with what the stack makes there: the media bucket, the secrets, the queue."""
    emulator = machine.Aws(_AWS_PORT)
    emulator.start()
    emulator.client("s3").create_bucket(
        Bucket=machine.BUCKET, CreateBucketConfiguration={"LocationConstraint": machine.REGION}
    )
    emulator.put_secret("gallery-test/database-master", machine.MASTER)
    emulator.put_secret("gallery-test/database-app", machine.APP)
    emulator.make_queue("gallery-test-tasks")
    yield emulator
    emulator.stop()


@pytest.fixture(scope="session")
def postgres() -> Iterator[machine.Postgres]:
    """Give a PostgreSQL cluster."""
    cluster = machine.Postgres(_POSTGRES_PORT)
    try:
        cluster.create()
        yield cluster
    finally:
        cluster.remove()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(aws: machine.Aws, postgres: machine.Postgres) -> None:
    """Start what the test database needs before it is made."""


@pytest.fixture(scope="session")
def released(aws: machine.Aws, postgres: machine.Postgres, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Release once into the database of the app's processes, as the migrate task does; give what it said."""
    with postgres.connect() as connection:
        connection.execute("CREATE DATABASE gallery")
    release = machine.Process(
        ["python", "manage.py", "release"], environment("migrate"), tmp_path_factory.mktemp("release")
    )
    assert release.end(None, seconds=60) == 0, release.said()
    return release.said()


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Callable[..., machine.Process]]:
    """Give a function that starts one of the app's processes for a role; it ends with the test."""
    processes: list[machine.Process] = []

    def start(role: str, *command: str, **changes: str) -> machine.Process:
        process = machine.Process(list(command), {**environment(role), **changes}, tmp_path)
        processes.append(process)
        return process

    yield start
    for process in processes:
        process.end(signal.SIGKILL)


@pytest.fixture
def web(run: Callable[..., machine.Process], released: str) -> Callable[..., tuple[str, machine.Process]]:
    """Give a function that starts gunicorn as the stack does, and gives its address."""

    def start(**changes: str) -> tuple[str, machine.Process]:
        port = machine.free_port()
        process = run(
            "web", "gunicorn", "config.wsgi:application", f"--bind=127.0.0.1:{port}",
            "--worker-class=gthread",
            "--workers=2", "--threads=4", "--timeout=30", "--graceful-timeout=30", "--keep-alive=75",
            "--no-control-socket", **changes,
        )  # fmt: skip
        address = f"http://127.0.0.1:{port}"
        machine.eventually(
            lambda: machine.get(f"{address}/healthz")[0] == 200, seconds=20, what="a healthy gunicorn"
        )
        return address, process

    return start


@pytest.fixture
def worker(run: Callable[..., machine.Process], released: str) -> Callable[..., machine.Process]:
    """Give a function that starts a worker as the stack does, and waits until it polls."""

    def start(**changes: str) -> machine.Process:
        process = run(
            "worker",
            "celery",
            "--app=config",
            "worker",
            "--concurrency=2",
            "--without-gossip",
            "--without-mingle",
            **changes,
        )
        process.wait_for("ready.")
        return process

    return start


@pytest.fixture(autouse=True)
def _quick_passwords(settings: Any) -> None:
    """Hash passwords at once; that it takes long is what the real hashers are for."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def fresh_cache() -> Iterator[None]:
    """Forget how often anybody tried."""
    from django.core.cache import cache

    cache.clear()
    yield
    cache.clear()


def pytest_collection_modifyitems(items: list[Any]) -> None:
    """Run the quick ones first."""
    items.sort(key=lambda item: bool(item.get_closest_marker("slow")))
