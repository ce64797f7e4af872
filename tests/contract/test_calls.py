"""What Celery really asks of the queue is what the tasks' roles allow: the emulator would let everything pass."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest

from scripts.emulator import control, journal
from scripts.emulator.home import Home
from tests.contract.contract import BACKEND, STAND_IN, Injected, injected
from tests.invariants.queries import allows, granted
from tests.plans import Planned

PUBLISH = "import django; django.setup(); from config.celery import app; app.send_task('no.such.job')"


@pytest.fixture
def emulator(tmp_path: Path, prod: Planned) -> Iterator[control.Emulator]:
    """An embedded AWS with the queue of prod's tasks in it."""
    home = tmp_path / "emulator"
    found = control.start(home, account_id="123456789012")
    client = boto3.client(
        "sqs",
        endpoint_url=found.endpoint,
        region_name="eu-west-1",
        aws_access_key_id="emulator",
        aws_secret_access_key="emulator",
    )
    dead = client.create_queue(QueueName="dead")["QueueUrl"]
    arn = client.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    redrive = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 2})
    url = of(prod, "web").plain["CELERY_QUEUE_URL"]
    client.create_queue(
        QueueName=url.rsplit("/", 1)[-1], Attributes={"RedrivePolicy": redrive, "VisibilityTimeout": "2"}
    )
    yield found
    control.stop(home)


def of(plan: Planned, role: str) -> Injected:
    return next(task for task in injected(plan.document) if task.role == role)


def environ(task: Injected, emulator: control.Emulator, programs: Path, folder: Path) -> dict[str, str]:
    name = task.plain["CELERY_QUEUE_URL"].rsplit("/", 1)[-1]
    return {
        **task.environ,
        **emulator.environment(),
        "CELERY_QUEUE_URL": f"{emulator.endpoint}/{emulator.account_id}/{name}",
        "DJANGO_SECRET_KEY": STAND_IN * 4,
        "PATH": f"{programs}:{os.defpath}",
        "TMPDIR": str(folder),
    }


def asked(emulator: control.Emulator, since: int) -> list[str]:
    return [f"{line['service']}:{line['operation']}" for line in journal.read(Home(emulator.home).requests_file)][
        since:
    ]


def refused(plan: Planned, task: Injected, calls: set[str]) -> list[str]:
    definition = next(
        values for values in plan.of("aws_ecs_task_definition").values() if values["family"].endswith(f"-{task.role}")
    )
    name = task.plain["CELERY_QUEUE_URL"].rsplit("/", 1)[-1]
    account, region = (
        plan.document["output_changes"]["tasks"]["after"][task.role]["task_role_arn"].split(":")[4],
        (task.plain["AWS_REGION"]),
    )
    grants = granted(plan, definition["task_role_arn"])
    return sorted(call for call in calls if not allows(grants, call, f"arn:aws:sqs:{region}:{account}:{name}"))


@pytest.mark.parametrize("role", ["web", "beat"])
def test_who_publishes_may_make_the_calls_that_publishing_takes(
    role: str, prod: Planned, emulator: control.Emulator, programs: Path, tmp_path: Path
) -> None:
    """Kombu asks for the queue's attributes before its first message: with SendMessage alone no upload worked."""
    task = of(prod, role)
    since = len(asked(emulator, 0))

    subprocess.run(
        [programs / "python", "-c", PUBLISH],
        cwd=BACKEND,
        env=environ(task, emulator, programs, tmp_path),
        check=True,
        capture_output=True,
    )

    calls = set(asked(emulator, since))
    assert "sqs:SendMessage" in calls
    assert not refused(prod, task, calls)
    assert refused(prod, task, calls | {"sqs:CreateQueue"}) == ["sqs:CreateQueue"]


def test_the_worker_may_make_the_calls_that_running_and_failing_jobs_takes(
    prod: Planned, emulator: control.Emulator, programs: Path, tmp_path: Path
) -> None:
    task = of(prod, "worker")
    environment = environ(task, emulator, programs, tmp_path)
    subprocess.run([programs / "python", "-c", PUBLISH], cwd=BACKEND, env=environment, check=True, capture_output=True)
    since = len(asked(emulator, 0))
    log = tmp_path / "worker.log"
    with log.open("wb") as file:
        worker = subprocess.Popen(
            [programs / task.command[0], *task.command[1:]], cwd=BACKEND, env=environment, stdout=file, stderr=file
        )
    try:
        deadline = time.monotonic() + 60
        wanted = {"sqs:ReceiveMessage", "sqs:GetQueueAttributes"}
        while not wanted <= set(asked(emulator, since)) or "no.such.job" not in log.read_text():
            assert worker.poll() is None, log.read_text()
            assert time.monotonic() < deadline, f"{asked(emulator, since)}\n{log.read_text()}"
            time.sleep(0.2)
    finally:
        worker.terminate()
        worker.wait(timeout=60)

    assert not refused(prod, task, set(asked(emulator, since)))
