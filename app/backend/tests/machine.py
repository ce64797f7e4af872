"""What the tests run against, on loopback: a PostgreSQL, an emulated AWS, the app's processes."""

from __future__ import annotations

import http.client
import json
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from email.message import Message
from pathlib import Path
from typing import Any

import boto3
import psycopg

BACKEND = Path(__file__).resolve().parent.parent
REGION = "eu-west-1"
ACCOUNT = "123456789012"
BUCKET = "gallery-test-media"
SECRET_KEY = "a-key-for-tests-that-is-long-enough-for-every-check-of-django"
MASTER = {"username": "migrator", "password": "migrators-own"}
APP = {"username": "app", "password": "apps-first"}


def free_port() -> int:
    """Find a port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def eventually(condition: Callable[[], Any], *, seconds: float, what: str) -> Any:
    """Wait until a condition gives something true, and give that; fail with what was waited for."""
    give_up_at = time.monotonic() + seconds
    while True:
        found = condition()
        if found:
            return found
        if time.monotonic() > give_up_at:
            raise AssertionError(f"after {seconds:g} s still not: {what}")
        time.sleep(0.1)


# --- PostgreSQL


def postgresql_programs() -> Path:
    """Find the folder of initdb and pg_ctl, wherever this system's packages put them."""
    candidates: list[Path] = []
    if program := shutil.which("initdb"):
        candidates.append(Path(program).resolve().parent)
    if config := shutil.which("pg_config"):
        said = subprocess.run([config, "--bindir"], capture_output=True, text=True, check=False)
        candidates.append(Path(said.stdout.strip()))
    for pattern in ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql*/bin"):
        candidates += sorted(
            Path("/").glob(pattern.lstrip("/")), key=lambda path: path.as_posix(), reverse=True
        )
    for folder in candidates:
        if (folder / "initdb").is_file() and (folder / "pg_ctl").is_file():
            return folder
    raise RuntimeError(
        "These tests need a real PostgreSQL server and found no initdb: install it, as in"
        " `apt-get install postgresql` or `brew install postgresql@16`; it need not run."
    )


class Postgres:
    """A cluster in a folder of its own, which asks for passwords as RDS does."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._programs = postgresql_programs()
        self._folder = Path(tempfile.mkdtemp(prefix="gallery-pg-"))
        self._data = self._folder / "data"
        # PostgreSQL refuses to run as root, which containers often are.
        self._user = self._unprivileged() if os.geteuid() == 0 else None

    @staticmethod
    def _unprivileged() -> str:
        for name in ("postgres", "nobody"):
            try:
                return pwd.getpwnam(name).pw_name
            except KeyError:
                continue
        raise RuntimeError(
            "PostgreSQL refuses to run as root, and there is no user postgres or nobody to run it as."
        )

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [str(self._programs / program), *arguments],
            user=self._user,
            cwd=self._folder,
            env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "TZ": "UTC"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"{program} failed: {done.stdout}")

    def create(self) -> None:
        """Make the cluster, its owner and the app's database, and start it."""
        password = self._folder / "password"
        password.write_text(MASTER["password"])
        if self._user:
            owner = pwd.getpwnam(self._user)
            os.chown(self._folder, owner.pw_uid, owner.pw_gid)
            os.chown(password, owner.pw_uid, owner.pw_gid)
        self._run(
            "initdb", "--pgdata", str(self._data), "--username", MASTER["username"],
            "--pwfile", str(password),
            "--auth", "scram-sha-256", "--encoding", "UTF8", "--locale", "C.UTF-8", "--no-sync",
        )  # fmt: skip
        self.start()

    def start(self) -> None:
        """Start the cluster; what it says goes to a file in its folder."""
        options = (
            f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off"
            " -c full_page_writes=off -c shared_buffers=32MB -c max_connections=60"
        )
        log = self._folder / "log"
        self._run(
            "pg_ctl", "--pgdata", str(self._data), "--log", str(log), "--options", options, "--wait", "start"
        )

    def stop(self) -> None:
        """Stop it as a failure would: connections are cut."""
        self._run("pg_ctl", "--pgdata", str(self._data), "--mode", "immediate", "--wait", "stop")

    def remove(self) -> None:
        """Stop it for good."""
        try:
            self.stop()
        finally:
            shutil.rmtree(self._folder, ignore_errors=True)

    def connect(self, database: str = "postgres", **who: str) -> psycopg.Connection[Any]:
        """Connect without the app's backend."""
        credentials = who or MASTER
        return psycopg.connect(
            host="127.0.0.1",
            port=self.port,
            dbname=database,
            user=credentials["username"],
            password=credentials["password"],
            autocommit=True,
        )


# --- AWS


class Aws:
    """The emulator, and a door before it where faults are made."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.endpoint = f"http://127.0.0.1:{port}"
        self._fault: Callable[[str], tuple[int, bytes] | None] | None = None
        self.calls: list[str] = []

    def start(self) -> None:
        """Serve it from a thread."""
        from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
        from werkzeug.serving import make_server

        app = DomainDispatcherApplication(create_backend_app)

        def door(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
            action = (
                environ.get("HTTP_X_AMZ_TARGET", "") or f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}"
            )
            self.calls.append(action)
            answer = self._fault(action) if self._fault else None
            if answer is None:
                response: Iterable[bytes] = app(environ, start_response)
                return response
            start_response(f"{answer[0]} Fault", [("Content-Type", "application/json")])
            return [answer[1]]

        self._server = make_server("127.0.0.1", self.port, door, threaded=True)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        """Stop serving."""
        self._server.shutdown()

    @contextmanager
    def fault(self, decide: Callable[[str], tuple[int, bytes] | None]) -> Iterator[None]:
        """Let a function answer in the emulator's place, for a while; None lets a call through."""
        self._fault = decide
        try:
            yield
        finally:
            self._fault = None

    def client(self, service: str) -> Any:
        """Give a boto3 client."""
        return boto3.client(
            service,
            region_name=REGION,
            endpoint_url=self.endpoint,
            aws_access_key_id="testing",
            aws_secret_access_key="testing",
        )

    def put_secret(self, name: str, value: dict[str, str]) -> None:
        """Give a secret a value, the first or the next."""
        client = self.client("secretsmanager")
        try:
            client.create_secret(Name=name, SecretString=json.dumps(value))
        except client.exceptions.ResourceExistsException:
            client.put_secret_value(SecretId=name, SecretString=json.dumps(value))

    def make_queue(self, name: str, *, visibility_seconds: int = 30, receives: int = 3) -> tuple[str, str]:
        """Make a queue with its dead-letter queue; give their addresses."""
        client = self.client("sqs")
        dead = client.create_queue(QueueName=f"{name}-dead")["QueueUrl"]
        redrive = {
            "deadLetterTargetArn": f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}-dead",
            "maxReceiveCount": receives,
        }
        attributes = {"VisibilityTimeout": str(visibility_seconds), "RedrivePolicy": json.dumps(redrive)}
        return client.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"], dead

    def messages(self, url: str) -> tuple[int, int]:
        """Count the messages of a queue: waiting, and held by a worker."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = self.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
        return int(found[names[0]]), int(found[names[1]])


# --- The app


class Process:
    """One of the app's processes, with its log in a file."""

    def __init__(self, command: list[str], environment: dict[str, str], folder: Path) -> None:
        self.folder = Path(tempfile.mkdtemp(dir=folder))
        self.log = self.folder / "log"
        with self.log.open("wb") as log:
            self._popen = subprocess.Popen(
                [str(Path(sys.executable).parent / command[0]), *command[1:]],
                cwd=BACKEND,
                env={"PATH": os.environ["PATH"], **environment, "TMPDIR": str(self.folder)},
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """Give its id, which is its session's too."""
        return self._popen.pid

    def said(self) -> str:
        """Give its log so far."""
        return self.log.read_text(errors="replace")

    def wait_for(self, words: str, *, seconds: float = 20) -> None:
        """Wait until its log has some words."""

        def told() -> bool:
            if self._popen.poll() is not None and words not in self.said():
                raise AssertionError(
                    f"it ended with {self._popen.returncode} before it said {words!r}:\n{self.said()}"
                )
            return words in self.said()

        eventually(told, seconds=seconds, what=f"{words!r} in its log:\n{self.said()}")

    def end(self, how: signal.Signals | None = signal.SIGTERM, *, seconds: float = 30) -> int:
        """Send it a signal, or None to let it end by itself, and wait; give its exit code."""
        if how is not None and self._popen.poll() is None:
            self._popen.send_signal(how)
        try:
            return self._popen.wait(seconds)
        finally:
            # Nothing of its session is left.
            with suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)
            self._popen.wait(5)


def get(url: str, *, seconds: float = 40, **headers: str) -> tuple[int, bytes, Message]:
    """Ask for an address; give status, body, headers. 0: nobody listens; -1: no whole answer."""
    try:
        with urllib.request.urlopen(
            urllib.request.Request(url, headers=headers), timeout=seconds
        ) as response:
            return response.status, response.read(), response.headers
    except urllib.error.HTTPError as error:
        return error.code, error.read(), error.headers
    except (OSError, http.client.HTTPException) as error:
        refused = isinstance(getattr(error, "reason", None), ConnectionRefusedError)
        return 0 if refused else -1, str(error).encode(), Message()
