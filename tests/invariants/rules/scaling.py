"""Sizes, limits and time-outs that must fit one another."""

from __future__ import annotations

import re
from collections.abc import Iterator

from scripts.references import configured
from tests.examples import TERRAFORM
from tests.invariants.queries import Task, tasks
from tests.invariants.rules.registry import rule
from tests.plans import Planned

_GIB = 1024
FARGATE_MEMORY = {
    256: (512, 1 * _GIB, 2 * _GIB),
    512: tuple(_GIB * gib for gib in range(1, 5)),
    1024: tuple(_GIB * gib for gib in range(2, 9)),
    2048: tuple(_GIB * gib for gib in range(4, 17)),
    4096: tuple(_GIB * gib for gib in range(8, 31)),
    8192: tuple(_GIB * gib for gib in range(16, 61, 4)),
    16384: tuple(_GIB * gib for gib in range(32, 121, 8)),
}
"""MiB that Fargate offers by CPU units.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html#fargate-tasks-size
"""
MAX_CONNECTIONS = {1: 189, 4: 823, 8: 1669, 16: 3360, 32: 5000, 64: 5000, 128: 5000, 192: 5000, 256: 5000}
"""Connections that Aurora PostgreSQL accepts by maximum ACU; 2,000 at most where the minimum is 0 or 0.5.

https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-serverless-v2.setting-capacity.html#aurora-serverless-v2.max-connections
"""
_KEPT_FOR_PEOPLE = 10


@rule
def sizes_are_what_fargate_offers(plan: Planned) -> Iterator[str]:
    """Another pair is refused when the task definition is registered, in the middle of an apply."""
    for task in tasks(plan):
        cpu, memory = int(task.definition["cpu"]), int(task.definition["memory"])
        if memory not in FARGATE_MEMORY.get(cpu, ()):
            yield f"{task.role} asks for {cpu} CPU units with {memory} MiB"
        if task.definition["requires_compatibilities"] != ["FARGATE"] or task.definition["network_mode"] != "awsvpc":
            yield f"{task.role} does not run on Fargate"


@rule
def minima_are_not_above_maxima(plan: Planned) -> Iterator[str]:
    """AWS refuses it at run time, a schedule's even in the night."""
    for address, target in plan.of("aws_appautoscaling_target").items():
        if target["min_capacity"] > target["max_capacity"]:
            yield f"{address} has a minimum above its maximum"
    for address, action in plan.of("aws_appautoscaling_scheduled_action").items():
        for limits in action["scalable_target_action"]:
            if int(limits["min_capacity"]) > int(limits["max_capacity"]):
                yield f"{address} has a minimum above its maximum"


@rule
def what_is_scaled_exists_and_leaves_its_count_to_the_autoscaler(plan: Planned) -> Iterator[str]:
    """An apply that sets `desired_count` takes tasks away from a busy service, or wakes a sleeping one."""
    clusters = {cluster["name"] for cluster in plan.of("aws_ecs_cluster").values()}
    services = {service["name"]: address for address, service in plan.of("aws_ecs_service").items()}
    targets = {target["resource_id"] for target in plan.of("aws_appautoscaling_target").values()}
    for target in targets:
        kind, cluster, name = target.split("/")
        if kind != "service" or cluster not in clusters or name not in services:
            yield f"{target} is scaled and is not here"
        elif not {"desired_count", "task_definition"} <= _ignored(plan, services[name]):
            yield f"{services[name]} does not ignore changes of desired_count and task_definition"
    for address, item in plan.of("aws_appautoscaling_policy", "aws_appautoscaling_scheduled_action").items():
        if item["resource_id"] not in targets:
            yield f"{address} scales {item['resource_id']}, which has no limits"
    unscaled = {"beat"}  # two clocks would send every periodic job twice
    for task in tasks(plan):
        if (
            task.service is not None
            and task.role not in unscaled
            and not any(item.endswith(f"/{task.role}") for item in targets)
        ):
            yield f"{task.role} is not scaled"


@rule
def two_web_tasks_are_up_where_the_environment_is_protected(plan: Planned) -> Iterator[str]:
    """One task is down whenever it restarts."""
    if not plan.protected:
        return
    for address, target in plan.of("aws_appautoscaling_target").items():
        if target["resource_id"].endswith("/web") and target["min_capacity"] < 2:
            yield f"{address} lets the web shrink to {target['min_capacity']}"
    for address, action in plan.of("aws_appautoscaling_scheduled_action").items():
        for limits in action["scalable_target_action"]:
            if action["resource_id"].endswith("/web") and int(limits["min_capacity"]) < 2:
                yield f"{address} lets the web shrink to {limits['min_capacity']}"


@rule
def deployments_roll_back_and_never_stop_a_service(plan: Planned) -> Iterator[str]:
    """Without the circuit breaker ECS starts a broken task again for ever; beat alone must stop before it starts."""
    for address, service in plan.of("aws_ecs_service").items():
        breakers = service["deployment_circuit_breaker"]
        if not any(breaker["enable"] and breaker["rollback"] for breaker in breakers):
            yield f"{address} does not roll back"
        wanted = (0, 100) if service["name"] == "beat" else (100, 200)
        if (service["deployment_minimum_healthy_percent"], service["deployment_maximum_percent"]) != wanted:
            yield f"{address} is replaced otherwise than within {wanted[0]} to {wanted[1]} %"
        for alarms in service["alarms"]:
            known = {alarm["alarm_name"] for alarm in plan.of("aws_cloudwatch_metric_alarm").values()}
            yield from (f"{address} watches {name}, which is not here" for name in set(alarms["alarm_names"]) - known)


@rule
def connections_fit_the_database_while_a_deployment_doubles_the_tasks(plan: Planned) -> Iterator[str]:
    """The last connection is refused in the busiest hour: every pool at its full size must fit, with some for people."""
    for address, cluster in plan.of("aws_rds_cluster").items():
        (capacity,) = cluster["serverlessv2_scaling_configuration"]
        accepted = max(count for acu, count in MAX_CONNECTIONS.items() if acu <= max(capacity["max_capacity"], 1))
        accepted = min(accepted, 2000 if capacity["min_capacity"] <= 0.5 else accepted)
        opened = sum(_connections(plan, task) for task in tasks(plan))
        if opened > accepted - _KEPT_FOR_PEOPLE:
            yield f"{address} accepts {accepted} connections and the tasks can open {opened}"


@rule
def a_request_can_finish_while_its_task_leaves(plan: Planned) -> Iterator[str]:
    """A chain in which each waits for the one before it, or every deployment cuts requests off.

    Request at most, gunicorn's grace, the load balancer's patience with a target that leaves, Fargate's with the task.
    """
    groups = plan.of("aws_lb_target_group")
    for task in tasks(plan):
        if task.container["command"][0] != "gunicorn" or task.service is None:
            continue
        request, grace = _seconds(task, "timeout"), _seconds(task, "graceful-timeout")
        stop = task.container["stopTimeout"]
        if grace < request:
            yield f"{task.role} gives a request {request} s and lets it finish in {grace}"
        if stop <= grace:
            yield f"{task.role} is killed after {stop} s and needs {grace} to finish"
        for balancer in task.service["load_balancer"]:
            for address in plan.addresses(balancer["target_group_arn"]):
                delay = int(groups[address]["deregistration_delay"])
                if delay < request:
                    yield f"{address} forgets a target after {delay} s; a request takes {request}"
                if groups[address]["port"] != balancer["container_port"]:
                    yield f"{address} sends to another port than {task.role} listens on"


@rule
def gunicorn_keeps_connections_longer_than_the_load_balancer(plan: Planned) -> Iterator[str]:
    """If gunicorn closes first, the load balancer sends a request into a closed connection and answers 502."""
    idle = max([int(balancer["idle_timeout"]) for balancer in plan.of("aws_lb").values()], default=0)
    for task in tasks(plan):
        if task.container["command"][0] == "gunicorn":
            if _seconds(task, "keep-alive") <= idle:
                yield f"{task.role} keeps a connection {_seconds(task, 'keep-alive')} s, the load balancer {idle}"
            if task.option("worker-class") != "gthread":
                yield f"{task.role} runs gunicorn's {task.option('worker-class')} workers, which close each connection"


def _seconds(task: Task, option: str) -> int:
    return int(task.option(option) or 0)


def _connections(plan: Planned, task: Task) -> int:
    """Return the connections that all tasks of a kind can hold at once."""
    if "DATABASE_HOST" not in task.environment or task.service is None:
        return 0
    limits = [
        int(target["max_capacity"])
        for target in plan.of("aws_appautoscaling_target").values()
        if target["resource_id"].endswith(f"/{task.role}")
    ]
    for action in plan.of("aws_appautoscaling_scheduled_action").values():
        if action["resource_id"].endswith(f"/{task.role}"):
            limits += [int(item["max_capacity"]) for item in action["scalable_target_action"]]
    at_once = max(limits or [task.service["desired_count"]]) * task.service["deployment_maximum_percent"] // 100
    processes = int(task.option("workers") or task.environment.get("CELERY_CONCURRENCY") or 1)
    return int(at_once * processes * int(task.environment.get("DATABASE_POOL_SIZE", 1)))


def _ignored(plan: Planned, address: str) -> set[str]:
    """Return what a resource's lifecycle ignores: the plan does not say, so it is read from the module's source."""
    *path, type_, name = configured(address).split(".")
    folder = TERRAFORM / "envs" / plan.name
    module = plan.document["configuration"]["root_module"]
    for step in path[1::2]:
        folder = (folder / module["module_calls"][step]["source"]).resolve()
        module = module["module_calls"][step]["module"]
    text = "\n".join(file.read_text() for file in sorted(folder.glob("*.tf")))
    block = re.search(rf'^resource "{type_}" "{name}" \{{$(.*?)^\}}$', text, re.MULTILINE | re.DOTALL)
    ignored = re.search(r"^    ignore_changes = \[(.*?)\]", block.group(1) if block else "", re.MULTILINE | re.DOTALL)
    return (
        set(re.findall(r"^\s*(\w+)", re.sub(r"#.*", "", ignored.group(1)).replace(",", "\n"), re.MULTILINE))
        if ignored
        else set()
    )
