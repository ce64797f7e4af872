"""The parts of the queue's machinery, by themselves."""

from __future__ import annotations

import http.server
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any
from unittest import mock

import pytest
from botocore.exceptions import ClientError

from config.celery import app
from runtime.jobs import heartbeat, protection, transport
from tests import machine


def test_a_failed_poll_is_an_empty_poll_whatever_failed() -> None:
    connection = transport.Connection.__new__(transport.Connection)
    connection.sqs_connection = mock.Mock()
    for status in (400, 403, 500, 503, 599):
        response = mock.Mock(status=status, reason="no")
        assert isinstance(
            connection._on_list_ready(None, [], "ReceiveMessage", response), transport.FailedPoll
        )


def test_pauses_grow_have_a_limit_and_differ() -> None:
    assert 0.5 <= transport.poll_pause_seconds(1) <= 1
    assert 15 <= transport.poll_pause_seconds(1000) <= 30
    assert [transport.retry_pause_seconds(n) <= 10 * 3 ** (n - 1) for n in (1, 2, 3, 4)] == [True] * 4
    assert transport.retry_pause_seconds(50) <= 900
    assert len({transport.retry_pause_seconds(4) for _ in range(20)}) > 5


def rejecting(**sqs: Any) -> tuple[mock.Mock, Any]:
    client = mock.Mock(**sqs)
    channel = transport.Channel.__new__(transport.Channel)
    channel.sqs = mock.Mock(return_value=client)  # type: ignore[method-assign]
    return client, channel


MESSAGE = SimpleNamespace(
    delivery_info={
        "routing_key": "q",
        "sqs_queue": "https://sqs/q",
        "sqs_message": {"ReceiptHandle": "r", "Attributes": {"ApproximateReceiveCount": "3"}},
    }
)


def test_a_rejected_message_comes_back_later_each_time() -> None:
    client, channel = rejecting()
    channel.deliver_again(MESSAGE)
    pause = client.change_message_visibility.call_args.kwargs["VisibilityTimeout"]
    assert 45 <= pause <= 90


def test_a_pause_that_cannot_be_set_does_not_end_the_worker() -> None:
    fault = ClientError({"Error": {"Code": "ServiceUnavailable"}}, "ChangeMessageVisibility")
    _, channel = rejecting(change_message_visibility=mock.Mock(side_effect=fault))
    channel.deliver_again(MESSAGE)


def test_jobs_are_lost_nowhere_by_configuration() -> None:
    """Each of these alone would lose a job or run it twice; see docs on Celery with SQS."""
    conf = app.conf
    assert conf.task_acks_late is True
    assert conf.task_acks_on_failure_or_timeout is False
    assert conf.task_reject_on_worker_lost is True
    assert conf.worker_prefetch_multiplier == 1
    assert conf.worker_enable_remote_control is False
    assert conf.task_time_limit == 20
    assert conf.task_soft_time_limit == 18
    assert conf.broker_transport_options["predefined_queues"].keys() == {conf.task_default_queue}
    assert conf.broker_transport_options["wait_time_seconds"] + 30 < 90, (
        "the health check waits longer than any poll"
    )


def test_the_health_check_tells_a_loop_that_stands_still(tmp_path: Any) -> None:
    def check() -> tuple[int, str]:
        done = subprocess.run(
            [sys.executable, "-m", "runtime.worker_health"],
            cwd=machine.BACKEND, env={"TMPDIR": str(tmp_path)}, capture_output=True, text=True, check=False,
        )  # fmt: skip
        return done.returncode, done.stderr.strip()

    assert check() == (1, "The worker has not polled its queue yet.")
    file = tmp_path / heartbeat.FILE.name
    file.touch()
    assert check() == (0, "")
    old = time.time() - 120
    os.utime(file, (old, old))
    assert check() == (1, "The worker last polled its queue 120 s ago, and 90 s is too long.")


class Asked:
    """Remember what was asked for."""

    def __init__(self, *, agrees: bool = True) -> None:
        self.wanted: list[bool] = []
        self.agrees = agrees

    def __call__(self, protect: bool) -> bool:  # noqa: FBT001
        self.wanted.append(protect)
        return self.agrees


def test_protection_begins_with_a_job_is_renewed_and_ends_after_a_while_without_one() -> None:
    asked = Asked()
    protector = protection.Protector(asked)
    protector.look(busy=False, now=0)
    assert asked.wanted == []
    protector.look(busy=True, now=1)
    protector.look(busy=True, now=2)
    assert asked.wanted == [True]
    protector.look(busy=False, now=3)
    protector.look(busy=True, now=10)
    assert asked.wanted == [True], "between two jobs of a busy queue nothing is asked"
    protector.look(busy=True, now=300)
    assert asked.wanted == [True, True], "it would lapse otherwise"
    protector.look(busy=False, now=310)
    protector.look(busy=False, now=316)
    assert asked.wanted == [True, True, False]


def test_protection_that_was_refused_is_asked_for_again() -> None:
    asked = Asked(agrees=False)
    protector = protection.Protector(asked)
    protector.look(busy=True, now=0)
    protector.look(busy=True, now=1)
    assert asked.wanted == [True, True]


class _Agent(http.server.BaseHTTPRequestHandler):
    heard: list[tuple[str, dict[str, Any]]]

    def do_PUT(self) -> None:
        wanted = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.heard.append((self.path, wanted))
        body = json.dumps({"protection": wanted}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def agent() -> Iterator[tuple[str, list[tuple[str, dict[str, Any]]]]]:
    """Play the container agent."""
    _Agent.heard = []
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Agent)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/api/task-1", _Agent.heard
    server.shutdown()


def test_the_agent_is_asked_in_its_own_words(agent: Any) -> None:
    uri, heard = agent
    assert protection.ask_agent(uri, protect=True)
    assert protection.ask_agent(uri, protect=False)
    assert heard == [
        ("/api/task-1/task-protection/v1/state", {"ProtectionEnabled": True, "ExpiresInMinutes": 10}),
        ("/api/task-1/task-protection/v1/state", {"ProtectionEnabled": False}),
    ]


def test_an_agent_that_is_away_is_no_error() -> None:
    assert not protection.ask_agent(f"http://127.0.0.1:{machine.free_port()}", protect=True)


@pytest.mark.slow
def test_a_worker_asks_its_agent_while_it_has_a_job(worker: Any, agent: Any, aws: machine.Aws) -> None:
    from gallery import tasks

    uri, heard = agent
    with holding_s3(aws) as let_go:
        process = worker(ECS_AGENT_URI=uri)
        tasks.remove_files.delay("00000000-0000-4000-8000-000000000001")
        machine.eventually(lambda: heard, seconds=10, what="a call to the agent")
        let_go()
        process.wait_for("succeeded")
    assert heard[0][1]["ProtectionEnabled"] is True


def holding_s3(aws: machine.Aws) -> Any:
    """Let calls to the media bucket wait until they are let go."""
    from contextlib import contextmanager

    @contextmanager
    def hold() -> Iterator[Any]:
        gate = threading.Event()

        def decide(action: str) -> None:
            if machine.BUCKET in action:
                gate.wait(30)

        with aws.fault(decide):
            yield gate.set
        gate.set()

    return hold()
