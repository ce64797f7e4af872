"""What holds for resources of every kind: names, tags, alarms."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from scripts import environments
from tests.invariants.rules.registry import rule
from tests.plans import BOOTSTRAP, Planned, type_of

LONGEST = 24
"""Letters of the longest prefix (project and environment) that the stack accepts."""
NAME_LIMITS = {
    "aws_appautoscaling_policy": ("name", 256),
    "aws_appautoscaling_scheduled_action": ("name", 256),
    "aws_budgets_budget": ("name", 100),
    "aws_cloudfront_cache_policy": ("name", 128),
    "aws_cloudfront_function": ("name", 64),
    "aws_cloudfront_origin_access_control": ("name", 64),
    "aws_cloudfront_response_headers_policy": ("name", 128),
    "aws_cloudwatch_dashboard": ("dashboard_name", 255),
    "aws_cloudwatch_log_group": ("name", 512),
    "aws_cloudwatch_log_resource_policy": ("policy_name", 255),
    "aws_cloudwatch_metric_alarm": ("alarm_name", 255),
    "aws_cloudwatch_query_definition": ("name", 255),
    "aws_codebuild_project": ("name", 150),
    "aws_codepipeline": ("name", 100),
    "aws_codestarconnections_connection": ("name", 32),
    "aws_codestarnotifications_notification_rule": ("name", 64),
    "aws_db_subnet_group": ("name", 255),
    "aws_ecr_repository": ("name", 256),
    "aws_ecs_cluster": ("name", 255),
    "aws_ecs_service": ("name", 255),
    "aws_ecs_task_definition": ("family", 255),
    "aws_iam_role": ("name", 64),
    "aws_iam_role_policy": ("name", 128),
    "aws_kms_alias": ("name", 256),
    "aws_lb": ("name", 32),
    "aws_lb_target_group": ("name", 32),
    "aws_rds_cluster": ("cluster_identifier", 63),
    "aws_rds_cluster_instance": ("identifier", 63),
    "aws_rds_cluster_parameter_group": ("name", 255),
    "aws_s3_bucket": ("bucket", 63),
    "aws_secretsmanager_secret": ("name", 512),
    "aws_security_group": ("name", 255),
    "aws_sns_topic": ("name", 256),
    "aws_sqs_queue": ("name", 80),
    "aws_wafv2_web_acl": ("name", 128),
}
"""The attribute that names a resource of each type, and the characters that AWS gives it."""
_NAMELESS = frozenset({"aws_cloudwatch_event_target", "aws_lb_listener_rule", "aws_route53_record", "aws_route53_zone"})
"""Types whose `name` is not ours to shorten."""


@rule
def names_fit_for_the_longest_environment(plan: Planned) -> Iterator[str]:
    """`gallery-prod` always fits; a team's `photo-gallery-production` must too, and AWS tells only at apply."""
    if plan.name == BOOTSTRAP:
        return
    prefix = environments.find(plan.name).prefix
    for address, values in plan.resources.items():
        type_ = type_of(address)
        attribute, limit = NAME_LIMITS.get(type_, ("name", 0))
        name = values.get(attribute) or ""
        longest = name.replace(prefix, "x" * LONGEST)
        if limit and len(longest) > limit:
            yield f"{address} would be called {longest}: {len(longest)} characters of {limit}"
        if not limit and prefix in name and type_ not in _NAMELESS:
            yield f"{address}: add the limit of names of {type_} to NAME_LIMITS"


@rule
def names_begin_with_the_environment(plan: Planned) -> Iterator[str]:
    """Two environments may share an account, and somebody must see at a glance whose a thing is."""
    if plan.name == BOOTSTRAP:
        return
    prefix = environments.find(plan.name).prefix
    # By role within a cluster or a role that has the prefix; repositories belong to the project; database logs to RDS.
    free = {"aws_ecs_service", "aws_iam_role_policy", "aws_ecr_repository"}
    for address, values in plan.resources.items():
        type_ = type_of(address)
        name = str(values.get(NAME_LIMITS.get(type_, ("", 0))[0]) or prefix)
        if type_ not in free and prefix not in name:
            yield f"{address} is called {name}, without {prefix}"


@rule
def everything_is_tagged(plan: Planned) -> Iterator[str]:
    """The bill is read by tag."""
    wanted = {"Project", "Environment"} if plan.name != BOOTSTRAP else {"Project"}
    for address, values in plan.resources.items():
        if isinstance(values.get("tags_all"), dict) and not wanted <= set(values["tags_all"]):
            yield f"{address} lacks the tags {', '.join(sorted(wanted - set(values['tags_all'])))}"


@rule
def alarms_are_heard_and_watch_what_exists(plan: Planned) -> Iterator[str]:
    """An alarm on a name that is nobody's stays silent for ever, and looks like health."""
    known = _known_names(plan)
    topics = {str(topic["name"]) for topic in plan.of("aws_sns_topic").values()}
    for address, alarm in plan.of("aws_cloudwatch_metric_alarm").items():
        actions = list(alarm.get("alarm_actions") or ())
        heard = [action for action in actions if str(action).split(":")[-1] in topics]
        if not heard and not any(".aws_appautoscaling_policy." in item for item in plan.addresses(actions)):
            yield f"{address} tells nobody"
        if not alarm.get("treat_missing_data") and not alarm.get("metric_query"):
            yield f"{address} does not say what silence means"
        metrics = [metric for query in alarm.get("metric_query") or () for metric in query.get("metric") or ()]
        for metric in [alarm, *metrics]:
            for dimension, value in (metric.get("dimensions") or {}).items():
                names = known.get(dimension)
                if names is not None and value not in names and not plan.addresses(value):
                    yield f"{address} watches {dimension} {value}, which is not here"


@rule
def somebody_hears_the_alarms(plan: Planned) -> Iterator[str]:
    """A topic without subscribers is a tree that falls in a forest."""
    subscribed = {
        topic for item in plan.of("aws_sns_topic_subscription").values() for topic in plan.addresses(item["topic_arn"])
    }
    for address in plan.of("aws_sns_topic"):
        if address not in subscribed:
            yield f"{address} has no subscriber"


def _known_names(plan: Planned) -> dict[str, set[Any]]:
    """Return the names that exist by the dimension under which metrics give them."""
    return {
        "ClusterName": {item["name"] for item in plan.of("aws_ecs_cluster").values()},
        "DBClusterIdentifier": {item["cluster_identifier"] for item in plan.of("aws_rds_cluster").values()},
        "LoadBalancer": set(),
        "QueueName": {item["name"] for item in plan.of("aws_sqs_queue").values()},
        "ServiceName": {item["name"] for item in plan.of("aws_ecs_service").values()},
        "TargetGroup": set(),
        "WebACL": {item["name"] for item in plan.of("aws_wafv2_web_acl").values()},
    }
