"""gunicorn as the stack starts it, while what it needs comes and goes."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from typing import Self, TypeAlias

import pytest

from tests import machine

pytestmark = pytest.mark.slow

Web: TypeAlias = Callable[..., tuple[str, machine.Process]]


class Visitors:
    """Some threads that ask for an address again and again, and count the statuses."""

    def __init__(self, url: str, count: int = 4) -> None:
        self.statuses: Counter[int] = Counter()
        self._url = url
        self._leave = threading.Event()
        self._busy = [threading.Lock() for _ in range(count)]
        self._threads = [threading.Thread(target=self._visit, args=(busy,)) for busy in self._busy]

    def _visit(self, busy: threading.Lock) -> None:
        while not self._leave.is_set():
            with busy:
                self.statuses[machine.get(self._url)[0]] += 1
            # A lock is not fair: let whoever waits for a moment between requests have it.
            time.sleep(0.002)

    @contextmanager
    def between_requests(self) -> Iterator[None]:
        """Hold the visitors back when each has its answer."""
        with ExitStack() as held:
            for busy in self._busy:
                held.enter_context(busy)
            yield

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._leave.set()
        for thread in self._threads:
            thread.join()


def set_password(postgres: machine.Postgres, password: str) -> None:
    with postgres.connect() as connection:
        connection.execute(f"ALTER ROLE app PASSWORD '{password}'")


def cut_connections(postgres: machine.Postgres) -> None:
    with postgres.connect() as connection:
        connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'app'")


@pytest.mark.parametrize("first", ["secret", "database"])
def test_a_rotation_drops_no_request(
    web: Web, aws: machine.Aws, postgres: machine.Postgres, first: str
) -> None:
    """Whichever of the two changes first, and although every connection has to be made anew."""
    address, process = web()
    new = {"username": "app", "password": f"apps-new-{first}"}
    steps = {
        "secret": lambda: aws.put_secret("gallery-test/database-app", new),
        "database": lambda: set_password(postgres, new["password"]),
    }
    if first == "database":
        # As AWS's rotation functions do: the new version is staged before the database is told.
        aws.client("secretsmanager").put_secret_value(
            SecretId="gallery-test/database-app",
            SecretString=json.dumps(new),
            VersionStages=["AWSPENDING"],
        )
    with Visitors(f"{address}/api/pictures") as visitors:
        time.sleep(1)
        for step in (first, "database" if first == "secret" else "secret"):
            steps[step]()
            for _ in range(3):
                with visitors.between_requests():
                    cut_connections(postgres)
                time.sleep(0.5)
    statuses = visitors.statuses
    machine.APP["password"] = new["password"]
    assert set(statuses) == {200}, (statuses, process.said()[-3000:])
    assert statuses[200] > 50
    assert "the ones that work now are in use" in process.said()
    assert new["password"] not in process.said()


def test_a_database_that_is_down_is_503_at_once_and_comes_back_by_itself(
    web: Web, postgres: machine.Postgres
) -> None:
    address, process = web()
    assert machine.get(f"{address}/api/pictures")[0] == 200
    postgres.stop()
    try:
        # The pool's own patience is 30 s, and the load balancer's 60 s.
        status, body, headers = machine.get(f"{address}/api/pictures", seconds=20)
        assert (status, headers["Retry-After"]) == (503, "5"), process.said()[-3000:]
        assert b"waking up" in body
        assert machine.get(f"{address}/healthz")[0] == 200
        assert machine.get(f"{address}/readyz")[0] == 503
        assert [json.loads(line) for line in process.said().splitlines()], "each line is JSON"
        time.sleep(8)
    finally:
        postgres.start()
    machine.eventually(
        lambda: machine.get(f"{address}/api/pictures")[0] == 200,
        seconds=10,
        what="an answer after the restart",
    )
    with Visitors(f"{address}/api/pictures") as visitors:
        time.sleep(2)
    statuses = visitors.statuses
    assert set(statuses) == {200}, (statuses, process.said()[-3000:])


def test_a_restart_under_traffic_leaves_no_broken_connection_behind(
    web: Web, postgres: machine.Postgres
) -> None:
    address, process = web()
    with Visitors(f"{address}/api/pictures") as visitors:
        time.sleep(1)
        postgres.stop()
        postgres.start()
        time.sleep(4)
        visitors.statuses.clear()
        time.sleep(2)
    statuses = visitors.statuses
    assert set(statuses) == {200}, (statuses, process.said()[-3000:])


def test_nothing_stays_open_without_visitors(run: Callable[..., machine.Process], released: str) -> None:
    """The settings that let Aurora pause, as Django sees them."""
    code = (
        "from django.conf import settings; pool = settings.DATABASES['default']['OPTIONS']['pool'];"
        " print(pool['min_size'], pool['max_idle'])"
    )
    shell = run("web", "python", "manage.py", "shell", "--no-imports", "--command", code)
    assert shell.end(None) == 0, shell.said()
    assert shell.said().strip() == "0 60"


def test_sigterm_fails_no_request_that_is_under_way(web: Web, postgres: machine.Postgres) -> None:
    """ECS takes a task out of the load balancer before it sends SIGTERM: what is left is under way."""
    address, process = web()
    with ThreadPoolExecutor(6) as threads:
        with postgres.connect("gallery") as lock:
            lock.execute("BEGIN; LOCK TABLE gallery_picture IN ACCESS EXCLUSIVE MODE")
            answers = [threads.submit(machine.get, f"{address}/api/pictures") for _ in range(6)]
            time.sleep(1)
            assert not any(answer.done() for answer in answers)
            ended = threads.submit(process.end)
            time.sleep(1)
            assert not ended.done()
            lock.execute("COMMIT")
        assert [answer.result()[0] for answer in answers] == [200] * 6
        assert ended.result() == 0, "within 30 s, and Fargate kills after 60"


def test_a_missing_variable_ends_gunicorn_with_the_sentence(run: Callable[..., machine.Process]) -> None:
    process = run("web", "gunicorn", "config.wsgi:application", "--no-control-socket", MEDIA_BUCKET="")
    assert process.end(None) == 78
    assert process.said().strip().startswith("The web process can't start: MEDIA_BUCKET must be set")
