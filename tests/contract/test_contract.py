"""The stack injects into each task exactly what the application reads there: none missing, none unused."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from typing import Any

import pytest

from scripts import images
from tests.contract.contract import complaints, declared, differences, injected
from tests.plans import Planned

Container = dict[str, Any]


@pytest.fixture(scope="module")
def variables() -> dict[str, dict[str, Any]]:
    return declared()


def test_each_task_gets_exactly_what_its_role_reads(plan: Planned, variables: dict[str, dict[str, Any]]) -> None:
    """A variable too few stops every task of a release; one too many is a switch that nothing is connected to."""
    tasks = injected(plan.document)
    assert len(tasks) == len(plan.of("aws_ecs_task_definition")), "a task that the output `tasks` does not tell of"

    assert not list(differences(tasks, variables))


def test_the_application_accepts_the_values(plan: Planned) -> None:
    assert not list(complaints(injected(plan.document)))


def test_what_the_planted_faults_are_planted_in_is_there(prod: Planned) -> None:
    assert {"web", "worker", "beat", "migrate"} <= {task.role for task in injected(prod.document)}


def test_images_are_built_for_the_processor_that_tasks_run_on(plan: Planned) -> None:
    asked = {
        platform["cpu_architecture"]
        for definition in plan.of("aws_ecs_task_definition").values()
        for platform in definition["runtime_platform"]
    }

    assert {f"linux/{name.lower()}" for name in asked} <= {images.FARGATE}


def without(name: str) -> Callable[[Container], None]:
    def edit(container: Container) -> None:
        for kind in ("environment", "secrets"):
            container[kind] = [item for item in container[kind] if item["name"] != name]

    return edit


def given(name: str, value: str = "x") -> Callable[[Container], None]:
    def edit(container: Container) -> None:
        without(name)(container)
        container["environment"].append({"name": name, "value": value})

    return edit


def as_secret(name: str) -> Callable[[Container], None]:
    def edit(container: Container) -> None:
        without(name)(container)
        container["secrets"].append({"name": name})

    return edit


@pytest.mark.parametrize(
    ("role", "edit", "sentence"),
    [
        ("web", without("DATABASE_HOST"), "web lacks DATABASE_HOST"),
        ("web", without("CELERY_QUEUE_URL"), "web lacks CELERY_QUEUE_URL"),
        ("web", without("STATIC_URL"), "web lacks STATIC_URL"),
        ("beat", without("DJANGO_SECRET_KEY"), "beat lacks DJANGO_SECRET_KEY"),
        ("migrate", without("DATABASE_APP_SECRET_ID"), "migrate lacks DATABASE_APP_SECRET_ID"),
        ("beat", given("DATABASE_HOST"), "beat gets DATABASE_HOST and does not read it"),
        ("worker", given("DATABASE_POOL_SIZE"), "worker gets DATABASE_POOL_SIZE and does not read it"),
        ("web", as_secret("STRIPE_API_KEY"), "web gets STRIPE_API_KEY and does not read it"),
        ("web", given("DEBUG", "true"), "web gets DEBUG and does not read it"),
        ("web", given("DJANGO_SECRET_KEY"), "web gets DJANGO_SECRET_KEY in plain text"),
        ("web", as_secret("MEDIA_BUCKET"), "web gets MEDIA_BUCKET as a secret, and it is none"),
        ("worker", given("TASK_ROLE", "web"), "worker is told that it is web"),
    ],
)
def test_a_difference_is_noticed(
    role: str,
    edit: Callable[[Container], None],
    sentence: str,
    prod: Planned,
    variables: dict[str, dict[str, Any]],
) -> None:
    found = list(differences(injected(edited(prod, role, edit)), variables))

    assert len(found) == 1
    assert found[0].startswith(sentence)


def test_a_value_that_the_application_refuses_is_noticed(prod: Planned) -> None:
    (complaint,) = complaints(injected(edited(prod, "web", given("LOG_LEVEL", "VERBOSE"))))

    assert re.match(r"The web process can't start: LOG_LEVEL must be one of DEBUG, .*, not 'VERBOSE'", complaint)


def test_an_environment_without_workers_needs_no_queue(prod: Planned, variables: dict[str, dict[str, Any]]) -> None:
    document = copy.deepcopy({"output_changes": prod.document["output_changes"]})
    tasks = document["output_changes"]["tasks"]["after"]
    del tasks["worker"], tasks["beat"]
    for task in tasks.values():
        without("CELERY_QUEUE_URL")(task["container"])
        without("CELERY_TASK_TIME_LIMIT_SECONDS")(task["container"])

    assert not list(differences(injected(document), variables))
    assert not list(complaints(injected(document)))


def edited(plan: Planned, role: str, edit: Callable[[Container], None]) -> dict[str, Any]:
    document = copy.deepcopy({"output_changes": plan.document["output_changes"]})
    edit(document["output_changes"]["tasks"]["after"][role]["container"])
    return document
