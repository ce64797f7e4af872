"""One planted fault for each thing that a rule must notice: a rule that can't fail proves nothing.

A fault edits a copy of the resources of a plan, as the change of one line in a module or a root would.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from tests.plans import Planned

Resources = dict[str, dict[str, Any]]
Edit = Callable[[Resources], None]


@dataclass(frozen=True, kw_only=True)
class Fault:
    """What is changed in the plan of a root, and the rule that must say so."""

    rule: str
    what: str
    edit: Edit
    root: str = "prod"


def planted(plan: Planned, fault: Fault) -> Planned:
    """Return the plan with the fault in it."""
    resources = copy.deepcopy({address: dict(values) for address, values in plan.resources.items()})
    before = copy.deepcopy(resources)
    fault.edit(resources)
    assert resources != before, f"{fault.what}: nothing was changed"
    return replace(plan, resources=resources)


def one(resources: Resources, end: str) -> dict[str, Any]:
    """Return the resource whose address ends so."""
    (found,) = (values for address, values in resources.items() if address.endswith(end))
    return found


def set_(end: str, **values: Any) -> Edit:
    """Change attributes of a resource."""
    return lambda resources: one(resources, end).update(values)


def block(end: str, name: str, **values: Any) -> Edit:
    """Change attributes of the first block of that name in a resource."""
    return lambda resources: one(resources, end)[name][0].update(values)


def without(end: str) -> Edit:
    """Take resources away."""

    def edit(resources: Resources) -> None:
        for address in [address for address in resources if address.endswith(end)]:
            del resources[address]

    return edit


def another(end: str, new: str, **values: Any) -> Edit:
    """Add a resource like one that is there."""

    def edit(resources: Resources) -> None:
        (address,) = (address for address in resources if address.endswith(end))
        copied = copy.deepcopy(resources[address])
        resources[address.removesuffix(end) + new] = copied | values

    return edit


def same(end: str, name: str, other: str, attribute: str = "id") -> Edit:
    """Give a resource's attribute the identity of another resource."""

    def edit(resources: Resources) -> None:
        one(resources, end)[name] = one(resources, other)[attribute]

    return edit


def container(role: str, **values: Any) -> Edit:
    """Change a container definition; a callable is given the value before."""

    def edit(resources: Resources) -> None:
        definition = one(resources, f"{role}.aws_ecs_task_definition.this")
        (found,) = json.loads(definition["container_definitions"])
        for name, value in values.items():
            found[name] = value(found[name]) if callable(value) else value
        definition["container_definitions"] = json.dumps([found])

    return edit


def variable(role: str, name: str, value: str | None) -> Edit:
    """Change, add or (None) take away a plain variable of a task."""

    def changed(items: list[dict[str, str]]) -> list[dict[str, str]]:
        kept = [item for item in items if item["name"] != name]
        return kept if value is None else [*kept, {"name": name, "value": value}]

    return container(role, environment=changed)


def option(role: str, name: str, value: str) -> Edit:
    """Change an option of a task's command."""
    prefix = f"--{name}="
    return container(
        role, command=lambda words: [f"{prefix}{value}" if word.startswith(prefix) else word for word in words]
    )


def statement(end: str, **values: Any) -> Edit:
    """Change the first statement of a policy."""

    def edit(resources: Resources) -> None:
        found = one(resources, end)
        name = "assume_role_policy" if "assume_role_policy" in found else "policy"
        policy = json.loads(found[name])
        policy["Statement"][0].update(values)
        found[name] = json.dumps(policy)

    return edit


def redrive(**values: Any) -> Edit:
    """Change the redrive policy of the queue of jobs."""

    def edit(resources: Resources) -> None:
        queue = one(resources, "aws_sqs_queue.tasks")
        queue["redrive_policy"] = json.dumps(json.loads(queue["redrive_policy"]) | values)

    return edit


def network(end: str, **values: Any) -> Edit:
    """Change the network configuration of a service."""
    return block(end, "network_configuration", **values)


def public_subnets(resources: Resources) -> None:
    """Put the web where the load balancer is."""
    subnets = [values["id"] for address, values in resources.items() if ".aws_subnet.public" in address]
    one(resources, "web.aws_ecs_service.this[0]")["network_configuration"][0]["subnets"] = subnets


def one_zone(resources: Resources) -> None:
    """Leave the web one subnet."""
    configuration = one(resources, "web.aws_ecs_service.this[0]")["network_configuration"][0]
    configuration["subnets"] = configuration["subnets"][:1]


def database_route(resources: Resources) -> None:
    """Give the database's subnets the route table of the load balancer's."""
    public = next(values for address, values in resources.items() if ".aws_route_table_association.public" in address)
    for address, values in resources.items():
        if ".aws_route_table_association.database" in address:
            values["route_table_id"] = public["route_table_id"]


def gateway_for_public_subnets_only(resources: Resources) -> None:
    """Give the S3 endpoint the wrong route tables."""
    public = next(values for address, values in resources.items() if ".aws_route_table_association.public" in address)
    one(resources, "aws_vpc_endpoint.s3")["route_table_ids"] = [public["route_table_id"]]


def without_tls_parameter(resources: Resources) -> None:
    """Let the database accept plain connections."""
    group = one(resources, "aws_rds_cluster_parameter_group.this")
    group["parameter"] = [item for item in group["parameter"] if item["name"] != "rds.force_ssl"]


def foreign_distribution(resources: Resources) -> None:
    """Let another distribution read the site."""
    policy = one(resources, "site_bucket.aws_s3_bucket_policy.this")
    site = one(resources, "site_cdn.aws_cloudfront_distribution.this")["arn"]
    static = one(resources, "static_cdn.aws_cloudfront_distribution.this")["arn"]
    policy["policy"] = policy["policy"].replace(site, static)


def alarm_on(end: str, **dimensions: str) -> Edit:
    """Let an alarm watch something else."""
    return lambda resources: one(resources, end)["dimensions"].update(dimensions)


def extra_rule(kind: str, group: str, **values: Any) -> Edit:
    """Add a rule to a security group."""

    def edit(resources: Resources) -> None:
        resources[f"module.stack.aws_vpc_security_group_{kind}_rule.planted"] = {
            "security_group_id": one(resources, f"{group}.aws_security_group.this")["id"],
            "ip_protocol": "tcp",
        } | {
            name: one(resources, value)["id"] if name.startswith("referenced") else value
            for name, value in values.items()
        }

    return edit


_WEB, _DATABASE, _BUCKET = "web.aws_ecs_service.this[0]", "aws_rds_cluster.this", "media_bucket.aws_s3_bucket"
_INGRESS, _EGRESS = "aws_vpc_security_group_ingress_rule", "aws_vpc_security_group_egress_rule"

FAULTS = [
    Fault(
        rule="nothing_is_open_to_the_world_but_the_load_balancer",
        what="the database is open to the world",
        edit=set_(f'{_INGRESS}.client["web"]', cidr_ipv4="0.0.0.0/0", referenced_security_group_id=None),
    ),
    Fault(
        rule="nothing_is_open_to_the_world_but_the_load_balancer",
        what="the load balancer answers at a third port",
        edit=extra_rule("ingress", "load_balancer", cidr_ipv6="::/0", from_port=8080, to_port=8080),
    ),
    Fault(
        rule="nothing_is_open_to_the_world_but_the_load_balancer",
        what="an office's range gets to the web",
        edit=extra_rule("ingress", "web", cidr_ipv4="203.0.113.0/24", from_port=8000, to_port=8000),
    ),
    Fault(
        rule="nothing_is_open_to_the_world_but_the_load_balancer",
        what="the default group has rules",
        edit=set_("aws_default_security_group.this", ingress=[{"protocol": "-1"}]),
    ),
    Fault(
        rule="nothing_has_a_public_address_of_its_own",
        what="tasks have public addresses",
        edit=network(_WEB, assign_public_ip=True),
    ),
    Fault(
        rule="nothing_has_a_public_address_of_its_own",
        what="the database is public",
        edit=set_('aws_rds_cluster_instance.this["1"]', publicly_accessible=True),
    ),
    Fault(
        rule="nothing_has_a_public_address_of_its_own",
        what="subnets give public addresses",
        edit=set_('aws_subnet.private["eu-west-1a"]', map_public_ip_on_launch=True),
    ),
    Fault(
        rule="who_reaches_whom_is_exactly_the_architecture",
        what="beat reaches the database",
        edit=extra_rule(
            "egress",
            "beat[0]",
            referenced_security_group_id="database.aws_security_group.this",
            from_port=5432,
            to_port=5432,
        ),
    ),
    Fault(
        rule="who_reaches_whom_is_exactly_the_architecture",
        what="the web reaches the worker",
        edit=extra_rule(
            "ingress",
            "worker[0]",
            referenced_security_group_id="web.aws_security_group.this",
            from_port=8000,
            to_port=8000,
        ),
    ),
    Fault(
        rule="who_reaches_whom_is_exactly_the_architecture",
        what="the database does not accept the worker",
        edit=without(f'{_INGRESS}.client["worker"]'),
    ),
    Fault(
        rule="who_reaches_whom_is_exactly_the_architecture",
        what="the load balancer can't reach the web",
        edit=without(f"{_EGRESS}.target"),
    ),
    Fault(
        rule="who_reaches_whom_is_exactly_the_architecture",
        what="the web accepts every port",
        edit=set_(f"web.{_INGRESS}.load_balancer[0]", ip_protocol="-1"),
    ),
    Fault(
        rule="who_reaches_whom_is_exactly_the_architecture",
        what="the web reaches the internet where there is no NAT",
        edit=extra_rule("egress", "web", cidr_ipv4="0.0.0.0/0", from_port=443, to_port=443),
    ),
    Fault(
        rule="who_reaches_whom_is_exactly_the_architecture",
        what="the worker may send mail where there is NAT",
        edit=extra_rule("egress", "worker[0]", cidr_ipv4="0.0.0.0/0", from_port=25, to_port=25),
        root="staging",
    ),
    Fault(
        rule="services_run_in_private_subnets_of_two_zones", what="the web is in public subnets", edit=public_subnets
    ),
    Fault(rule="services_run_in_private_subnets_of_two_zones", what="the web is in one zone", edit=one_zone),
    Fault(
        rule="services_run_in_private_subnets_of_two_zones",
        what="the web has no security group",
        edit=network(_WEB, security_groups=[]),
    ),
    Fault(
        rule="load_balancers_span_two_zones_with_a_route_to_the_internet",
        what="the route to the internet is gone",
        edit=without("aws_route.internet"),
    ),
    Fault(
        rule="without_nat_there_is_an_endpoint_for_everything_that_a_task_calls",
        what="the queue has no endpoint",
        edit=without('aws_vpc_endpoint.interface["sqs"]'),
    ),
    Fault(
        rule="without_nat_there_is_an_endpoint_for_everything_that_a_task_calls",
        what="the log driver has no endpoint",
        edit=without('aws_vpc_endpoint.interface["logs"]'),
    ),
    Fault(
        rule="without_nat_there_is_an_endpoint_for_everything_that_a_task_calls",
        what="code starts to call a service without an endpoint",
        edit=statement('web.aws_iam_role_policy.permission["PublishJobs"]', Action="ses:SendEmail"),
    ),
    Fault(
        rule="without_nat_there_is_an_endpoint_for_everything_that_a_task_calls",
        what="an endpoint has no private name",
        edit=set_('aws_vpc_endpoint.interface["ecr.api"]', private_dns_enabled=False),
    ),
    Fault(
        rule="without_nat_there_is_an_endpoint_for_everything_that_a_task_calls",
        what="image layers have no route to S3",
        edit=gateway_for_public_subnets_only,
    ),
    Fault(
        rule="the_database_is_private_and_encrypted",
        what="the storage is plain",
        edit=set_(_DATABASE, storage_encrypted=False),
    ),
    Fault(
        rule="the_database_is_private_and_encrypted",
        what="Terraform knows the master password",
        edit=set_(_DATABASE, manage_master_user_password=None),
    ),
    Fault(
        rule="the_database_is_private_and_encrypted",
        what="the database's subnets lead to the internet",
        edit=database_route,
    ),
    Fault(
        rule="the_database_is_private_and_encrypted", what="plain connections are accepted", edit=without_tls_parameter
    ),
    Fault(
        rule="the_database_is_backed_up_and_protected_where_the_environment_is",
        what="production can be deleted",
        edit=set_(_DATABASE, deletion_protection=False),
    ),
    Fault(
        rule="the_database_is_backed_up_and_protected_where_the_environment_is",
        what="production leaves no snapshot",
        edit=set_(_DATABASE, skip_final_snapshot=True),
    ),
    Fault(
        rule="the_database_is_backed_up_and_protected_where_the_environment_is",
        what="production has one instance",
        edit=without('aws_rds_cluster_instance.this["2"]'),
    ),
    Fault(
        rule="the_database_is_backed_up_and_protected_where_the_environment_is",
        what="production keeps a day of backups",
        edit=set_(_DATABASE, backup_retention_period=1),
    ),
    Fault(
        rule="the_database_is_backed_up_and_protected_where_the_environment_is",
        what="backups go with the database",
        edit=set_(_DATABASE, delete_automated_backups=True),
    ),
    Fault(
        rule="the_database_is_backed_up_and_protected_where_the_environment_is",
        what="staging has no backups",
        edit=set_(_DATABASE, backup_retention_period=0),
        root="staging",
    ),
    Fault(
        rule="a_protected_database_never_pauses",
        what="production pauses",
        edit=block(_DATABASE, "serverlessv2_scaling_configuration", min_capacity=0),
    ),
    Fault(
        rule="a_protected_database_never_pauses",
        what="staging pauses sooner than Aurora can",
        edit=block(_DATABASE, "serverlessv2_scaling_configuration", seconds_until_auto_pause=60),
        root="staging",
    ),
    Fault(
        rule="a_database_that_may_pause_is_kept_awake_by_nothing",
        what="the web has no nights off",
        edit=without('web_autoscaling.aws_appautoscaling_scheduled_action.this["night"]'),
        root="staging",
    ),
    Fault(
        rule="a_database_that_may_pause_is_kept_awake_by_nothing",
        what="beat connects to the database",
        edit=variable("beat[0]", "DATABASE_HOST", "db.example"),
        root="staging",
    ),
    Fault(
        rule="every_queue_redrives", what="there is no redrive", edit=set_("aws_sqs_queue.tasks", redrive_policy=None)
    ),
    Fault(rule="every_queue_redrives", what="one try only", edit=redrive(maxReceiveCount=1)),
    Fault(
        rule="every_queue_redrives",
        what="the target is not there",
        edit=redrive(deadLetterTargetArn="arn:aws:sqs:x:1:other"),
    ),
    Fault(
        rule="every_queue_redrives",
        what="the dead vanish as they arrive",
        edit=set_("aws_sqs_queue.dead", message_retention_seconds=345_600),
    ),
    Fault(
        rule="every_queue_redrives",
        what="the dead-letter queue accepts another's",
        edit=set_("aws_sqs_queue.dead", redrive_allow_policy='{"sourceQueueArns": ["arn:aws:sqs:x:1:other"]}'),
    ),
    Fault(
        rule="a_job_is_invisible_for_six_times_its_time_limit",
        what="the limit was raised without the queue",
        edit=variable("worker[0]", "CELERY_TASK_TIME_LIMIT_SECONDS", "900"),
    ),
    Fault(
        rule="a_job_is_invisible_for_six_times_its_time_limit",
        what="jobs have no limit",
        edit=variable("web", "CELERY_TASK_TIME_LIMIT_SECONDS", None),
    ),
    Fault(
        rule="a_job_is_invisible_for_six_times_its_time_limit",
        what="jobs go to a queue that is not there",
        edit=variable("web", "CELERY_QUEUE_URL", "https://sqs.eu-west-1.amazonaws.com/1/other"),
    ),
    Fault(
        rule="buckets_are_private_encrypted_and_speak_tls_alone",
        what="a policy could make a bucket public",
        edit=set_(f"{_BUCKET}_public_access_block.this", restrict_public_buckets=False),
    ),
    Fault(
        rule="buckets_are_private_encrypted_and_speak_tls_alone",
        what="plain HTTP is answered",
        edit=statement(f"{_BUCKET}_policy.this", Condition={}),
    ),
    Fault(
        rule="buckets_are_private_encrypted_and_speak_tls_alone",
        what="TLS is asked for listing alone",
        edit=statement(f"{_BUCKET}_policy.this", Resource="arn:aws:s3:::gallery-prod-media-333333333333"),
    ),
    Fault(
        rule="buckets_are_private_encrypted_and_speak_tls_alone",
        what="everybody may read",
        edit=statement(f"{_BUCKET}_policy.this", Effect="Allow", Principal="*", Action="s3:GetObject", Condition={}),
    ),
    Fault(
        rule="buckets_are_private_encrypted_and_speak_tls_alone",
        what="a bucket is not encrypted",
        edit=without(f"{_BUCKET}_server_side_encryption_configuration.this"),
    ),
    Fault(
        rule="buckets_are_private_encrypted_and_speak_tls_alone",
        what="old versions are kept for ever",
        edit=without(f"{_BUCKET}_lifecycle_configuration.this"),
    ),
    Fault(
        rule="what_must_not_be_lost_is_versioned",
        what="uploads are not versioned",
        edit=block(f"{_BUCKET}_versioning.this", "versioning_configuration", status="Suspended"),
    ),
    Fault(
        rule="what_must_not_be_lost_is_versioned",
        what="the state is not versioned",
        edit=without("state_bucket.aws_s3_bucket_versioning.this"),
        root="bootstrap",
    ),
    Fault(
        rule="what_must_not_be_lost_is_versioned",
        what="production's uploads go with the bucket",
        edit=set_(f"{_BUCKET}.this", force_destroy=True),
    ),
    Fault(
        rule="a_protected_load_balancer_and_key_stay",
        what="the load balancer can be deleted",
        edit=set_("aws_lb.this", enable_deletion_protection=False),
    ),
    Fault(
        rule="a_protected_load_balancer_and_key_stay",
        what="the key is gone in a week",
        edit=set_("aws_kms_key.this", deletion_window_in_days=7),
    ),
    Fault(
        rule="a_protected_load_balancer_and_key_stay",
        what="secrets are deleted at once",
        edit=set_('aws_secretsmanager_secret.this["database-app"]', recovery_window_in_days=0),
    ),
    Fault(rule="keys_rotate", what="the key never changes", edit=set_("aws_kms_key.this", enable_key_rotation=False)),
    Fault(
        rule="no_secret_is_in_the_plan",
        what="a password is a plain variable",
        edit=variable("web", "DATABASE_PASSWORD", "hunter2"),
    ),
    Fault(
        rule="no_secret_is_in_the_plan",
        what="a URL holds a password",
        edit=variable("web", "CACHE", "redis://app:hunter2@cache.example:6379/0"),
    ),
    Fault(
        rule="no_secret_is_in_the_plan",
        what="an access key is a plain variable",
        edit=variable("web", "MAIL", "AKIA" + "ABCDEFGHIJKLMNOP"),
    ),
    Fault(
        rule="no_secret_is_in_the_plan",
        what="Terraform writes a secret's value",
        edit=lambda resources: resources.update({"module.stack.aws_secretsmanager_secret_version.this": {}}),
    ),
    Fault(
        rule="no_secret_is_in_the_plan",
        what="a secret comes from elsewhere",
        edit=container("web", secrets=[{"name": "X", "valueFrom": "arn:aws:secretsmanager:x:1:secret:other"}]),
    ),
    Fault(
        rule="sizes_are_what_fargate_offers",
        what="half a CPU with 8 GiB",
        edit=set_("web.aws_ecs_task_definition.this", cpu="512", memory="8192"),
    ),
    Fault(
        rule="minima_are_not_above_maxima",
        what="the web has more tasks at least than at most",
        edit=set_("web_autoscaling.aws_appautoscaling_target.this", min_capacity=30),
    ),
    Fault(
        rule="minima_are_not_above_maxima",
        what="so it has in the morning",
        edit=block(
            'web_autoscaling.aws_appautoscaling_scheduled_action.this["morning"]',
            "scalable_target_action",
            min_capacity="9",
        ),
        root="staging",
    ),
    Fault(
        rule="what_is_scaled_exists_and_leaves_its_count_to_the_autoscaler",
        what="limits are of no service",
        edit=set_("web_autoscaling.aws_appautoscaling_target.this", resource_id="service/gallery-prod/wbe"),
    ),
    Fault(
        rule="what_is_scaled_exists_and_leaves_its_count_to_the_autoscaler",
        what="the worker is not scaled",
        edit=without("worker_autoscaling[0].aws_appautoscaling_target.this"),
    ),
    Fault(
        rule="two_web_tasks_are_up_where_the_environment_is_protected",
        what="production has one web task",
        edit=set_("web_autoscaling.aws_appautoscaling_target.this", min_capacity=1),
    ),
    Fault(
        rule="deployments_roll_back_and_never_stop_a_service",
        what="there is no circuit breaker",
        edit=block(_WEB, "deployment_circuit_breaker", rollback=False),
    ),
    Fault(
        rule="deployments_roll_back_and_never_stop_a_service",
        what="a deployment stops half of the web",
        edit=set_(_WEB, deployment_minimum_healthy_percent=50),
    ),
    Fault(
        rule="deployments_roll_back_and_never_stop_a_service",
        what="two clocks run during a deployment",
        edit=set_("beat[0].aws_ecs_service.this[0]", deployment_maximum_percent=200),
    ),
    Fault(
        rule="deployments_roll_back_and_never_stop_a_service",
        what="an alarm that rolls back is not there",
        edit=block(_WEB, "alarms", alarm_names=["gallery-prod-nothing"]),
    ),
    Fault(
        rule="connections_fit_the_database_while_a_deployment_doubles_the_tasks",
        what="the database was made smaller",
        edit=block(_DATABASE, "serverlessv2_scaling_configuration", max_capacity=1),
    ),
    Fault(
        rule="connections_fit_the_database_while_a_deployment_doubles_the_tasks",
        what="gunicorn has more processes",
        edit=option("web", "workers", "32"),
    ),
    Fault(
        rule="connections_fit_the_database_while_a_deployment_doubles_the_tasks",
        what="there are more tasks",
        edit=set_("web_autoscaling.aws_appautoscaling_target.this", max_capacity=500),
    ),
    Fault(
        rule="a_request_can_finish_while_its_task_leaves",
        what="a request may take longer than its task lives",
        edit=option("web", "timeout", "60"),
    ),
    Fault(
        rule="a_request_can_finish_while_its_task_leaves",
        what="Fargate kills gunicorn in its grace",
        edit=container("web", stopTimeout=30),
    ),
    Fault(
        rule="a_request_can_finish_while_its_task_leaves",
        what="the load balancer forgets a target in the middle of a request",
        edit=set_("aws_lb_target_group.this", deregistration_delay="5"),
    ),
    Fault(
        rule="a_request_can_finish_while_its_task_leaves",
        what="the load balancer sends to a port where nothing listens",
        edit=set_("aws_lb_target_group.this", port=80),
    ),
    Fault(
        rule="gunicorn_keeps_connections_longer_than_the_load_balancer",
        what="the load balancer waits longer",
        edit=set_("aws_lb.this", idle_timeout=120),
    ),
    Fault(
        rule="gunicorn_keeps_connections_longer_than_the_load_balancer",
        what="gunicorn closes each connection",
        edit=option("web", "worker-class", "sync"),
    ),
    Fault(
        rule="images_are_named_by_digest",
        what="the image is the latest",
        edit=container("web", image="example/app:latest"),
    ),
    Fault(
        rule="containers_can_write_only_where_they_must",
        what="the image is writable",
        edit=container("worker[0]", readonlyRootFilesystem=False),
    ),
    Fault(rule="containers_can_write_only_where_they_must", what="the web is root", edit=container("web", user="0:0")),
    Fault(
        rule="containers_can_write_only_where_they_must",
        what="signals end at a shell",
        edit=container("web", linuxParameters={"initProcessEnabled": False}),
    ),
    Fault(
        rule="logs_are_kept_and_expire",
        what="a log is kept for ever",
        edit=set_("web.aws_cloudwatch_log_group.this", retention_in_days=0),
    ),
    Fault(
        rule="logs_are_kept_and_expire", what="a log has no group", edit=without("web.aws_cloudwatch_log_group.this")
    ),
    Fault(
        rule="logs_are_kept_and_expire",
        what="RDS makes its own group",
        edit=set_('database.aws_cloudwatch_log_group.this["postgresql"]', name="/elsewhere"),
    ),
    Fault(rule="logs_are_kept_and_expire", what="traffic is not logged", edit=without("aws_flow_log.this")),
    Fault(
        rule="roles_name_actions_and_resources",
        what="the web may do all of S3",
        edit=statement('web.aws_iam_role_policy.permission["ReadAndWriteMedia"]', Action="s3:*"),
    ),
    Fault(
        rule="roles_name_actions_and_resources",
        what="the web may read every bucket",
        edit=statement('web.aws_iam_role_policy.permission["ReadAndWriteMedia"]', Resource="*"),
    ),
    Fault(
        rule="roles_name_actions_and_resources",
        what="somebody attached AdministratorAccess",
        edit=set_(
            "aws_iam_role_policy_attachment.monitoring", policy_arn="arn:aws:iam::aws:policy/AdministratorAccess"
        ),
    ),
    Fault(
        rule="roles_of_tasks_can_be_taken_by_ecs_alone",
        what="anybody's tasks may take the role",
        edit=statement("web.aws_iam_role.task", Condition={}),
    ),
    Fault(
        rule="roles_of_tasks_can_be_taken_by_ecs_alone",
        what="another service may take the role",
        edit=statement("web.aws_iam_role.task", Principal={"Service": "lambda.amazonaws.com"}),
    ),
    Fault(
        rule="a_task_starts_with_exactly_the_secrets_that_it_names",
        what="the secret was renamed",
        edit=set_('aws_secretsmanager_secret.this["django-secret-key"]', name="gallery-prod/django-key"),
    ),
    Fault(
        rule="a_task_starts_with_exactly_the_secrets_that_it_names",
        what="a secret is granted that is not named",
        edit=container("web", secrets=[]),
    ),
    Fault(
        rule="a_task_may_do_what_its_variables_tell_it_to",
        what="the web may not upload",
        edit=without('web.aws_iam_role_policy.permission["ReadAndWriteMedia"]'),
    ),
    Fault(
        rule="a_task_may_do_what_its_variables_tell_it_to",
        what="the worker can't read the redrive policy",
        edit=statement(
            'worker[0].aws_iam_role_policy.permission["RunJobs"]', Action=["sqs:ReceiveMessage", "sqs:SendMessage"]
        ),
    ),
    Fault(
        rule="a_task_may_do_what_its_variables_tell_it_to",
        what="the web may not read its password",
        edit=statement('web.aws_iam_role_policy.permission["ReadDatabaseCredentials"]', Resource="arn:aws:x:::other"),
    ),
    Fault(
        rule="variables_name_what_exists",
        what="uploads go to a bucket that is not there",
        edit=variable("web", "MEDIA_BUCKET", "gallery-prod-medai"),
    ),
    Fault(
        rule="variables_name_what_exists",
        what="the site is at a name without record",
        edit=variable("web", "SITE_ORIGIN", "https://www.example.com"),
    ),
    Fault(
        rule="variables_name_what_exists",
        what="the database is elsewhere",
        edit=variable("web", "DATABASE_HOST", "localhost"),
    ),
    Fault(
        rule="variables_name_what_exists",
        what="the password is elsewhere",
        edit=variable("web", "DATABASE_SECRET_ID", "arn:aws:secretsmanager:x:1:secret:other"),
    ),
    Fault(
        rule="the_load_balancer_speaks_tls_alone",
        what="plain HTTP is forwarded",
        edit=block("aws_lb_listener.http", "default_action", type="forward"),
    ),
    Fault(
        rule="the_load_balancer_speaks_tls_alone",
        what="TLS 1.0 is spoken",
        edit=set_("aws_lb_listener.https", ssl_policy="ELBSecurityPolicy-2016-08"),
    ),
    Fault(
        rule="the_load_balancer_speaks_tls_alone",
        what="malformed headers get through",
        edit=set_("aws_lb.this", drop_invalid_header_fields=False),
    ),
    Fault(
        rule="cloudfront_reads_buckets_by_origin_access_control_alone",
        what="the origin is read without signature",
        edit=set_("site_cdn.aws_cloudfront_origin_access_control.this", signing_behavior="never"),
    ),
    Fault(
        rule="cloudfront_reads_buckets_by_origin_access_control_alone",
        what="another distribution reads the site",
        edit=foreign_distribution,
    ),
    Fault(
        rule="cloudfront_reads_buckets_by_origin_access_control_alone",
        what="the bucket's policy forgets CloudFront",
        edit=without("site_bucket.aws_s3_bucket_policy.this"),
    ),
    Fault(
        rule="cloudfront_reads_buckets_by_origin_access_control_alone",
        what="assets go out without security headers",
        edit=block(
            "site_cdn.aws_cloudfront_distribution.this", "ordered_cache_behavior", response_headers_policy_id=None
        ),
    ),
    Fault(
        rule="cloudfront_reads_buckets_by_origin_access_control_alone",
        what="plain HTTP is answered",
        edit=block(
            "static_cdn.aws_cloudfront_distribution.this", "default_cache_behavior", viewer_protocol_policy="allow-all"
        ),
    ),
    Fault(
        rule="every_name_that_is_served_has_a_certificate_and_records",
        what="the API has the certificate of the site",
        edit=same("aws_lb_listener.https", "certificate_arn", "cdn_certificate.aws_acm_certificate.this", "arn"),
    ),
    Fault(
        rule="every_name_that_is_served_has_a_certificate_and_records",
        what="static assets have no AAAA record",
        edit=without('aws_route53_record.this["static.example.com/AAAA"]'),
    ),
    Fault(
        rule="every_name_that_is_served_has_a_certificate_and_records",
        what="CloudFront does not know the name",
        edit=set_("site_cdn.aws_cloudfront_distribution.this", aliases=["www.example.com"]),
    ),
    Fault(
        rule="what_reaches_the_load_balancer_has_passed_the_firewall",
        what="the firewall is associated with nothing",
        edit=without('aws_wafv2_web_acl_association.this["load_balancer"]'),
    ),
    Fault(
        rule="names_fit_for_the_longest_environment",
        what="a target group says what it is for",
        edit=set_("aws_lb_target_group.this", name="gallery-prod-web-targets"),
    ),
    Fault(
        rule="names_fit_for_the_longest_environment",
        what="a type whose limit nobody looked up",
        edit=lambda resources: resources.update({"module.stack.aws_new.this": {"name": "gallery-prod-new"}}),
    ),
    Fault(
        rule="names_begin_with_the_environment",
        what="a queue is called jobs",
        edit=set_("aws_sqs_queue.tasks", name="jobs"),
    ),
    Fault(rule="everything_is_tagged", what="tags were overwritten", edit=set_("aws_lb.this", tags_all={"Name": "lb"})),
    Fault(
        rule="alarms_are_heard_and_watch_what_exists",
        what="an alarm tells nobody",
        edit=set_('database.aws_cloudwatch_metric_alarm.this["capacity"]', alarm_actions=[]),
    ),
    Fault(
        rule="alarms_are_heard_and_watch_what_exists",
        what="an alarm watches a service by its full name",
        edit=alarm_on('web.aws_cloudwatch_metric_alarm.utilisation["cpu"]', ServiceName="gallery-prod-web"),
    ),
    Fault(
        rule="alarms_are_heard_and_watch_what_exists",
        what="an alarm watches a load balancer by its ARN",
        edit=alarm_on(
            "load_balancer.aws_cloudwatch_metric_alarm.latency", LoadBalancer="arn:aws:elasticloadbalancing:x"
        ),
    ),
    Fault(
        rule="somebody_hears_the_alarms",
        what="nobody subscribed",
        edit=without('aws_sns_topic_subscription.email["oncall@example.com"]'),
    ),
]
