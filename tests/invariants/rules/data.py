"""What holds data: database, queues, buckets, secrets, keys."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from tests.invariants.queries import statements, tasks, ways_out, zones
from tests.invariants.rules.registry import rule
from tests.plans import Planned

_VISIBILITY_FACTOR = 6
_SECRET_NAME = re.compile(r"PASSWORD|SECRET|TOKEN|CREDENTIAL|PRIVATE|API_?KEY", re.IGNORECASE)
_SECRET_REFERENCE = re.compile(r"_(ID|ARN|NAME)$")
_SECRET_VALUES = {
    "an AWS access key": re.compile(r"\b(AKIA|ASIA)[A-Z0-9]{16}\b"),
    "a private key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----"),
    "a URL with a password": re.compile(r"\b[a-z][a-z0-9+]*://[^/\s:@\"]+:[^/\s:@\"]+@"),
}


@rule
def the_database_is_private_and_encrypted(plan: Planned) -> Iterator[str]:
    """Its subnets lead nowhere, so that what breaks into it can't carry anything away."""
    for address, cluster in plan.of("aws_rds_cluster").items():
        if not cluster["storage_encrypted"] or not cluster["kms_key_id"]:
            yield f"{address} is not encrypted with a key of its own"
        if not cluster["manage_master_user_password"] or cluster.get("master_password"):
            yield f"{address} has a master password that Terraform knows"
        groups = plan.of("aws_db_subnet_group")
        subnets = [
            subnet
            for group in groups.values()
            if group["name"] == cluster["db_subnet_group_name"]
            for subnet in plan.addresses(group["subnet_ids"])
        ]
        if len(zones(plan, [plan.resources[subnet]["id"] for subnet in subnets])) < 2:
            yield f"{address} has subnets in fewer than two zones"
        yield from (
            f"{address} is in {subnet}, which leads to {', '.join(sorted(ways_out(plan, subnet)))}"
            for subnet in subnets
            if ways_out(plan, subnet)
        )
        parameters = plan.of("aws_rds_cluster_parameter_group").values()
        forced = any(
            group["name"] == cluster["db_cluster_parameter_group_name"]
            and {"rds.force_ssl": "1"}.items() <= {item["name"]: item["value"] for item in group["parameter"]}.items()
            for group in parameters
        )
        if not forced:
            yield f"{address} accepts connections without TLS"


@rule
def the_database_is_backed_up_and_protected_where_the_environment_is(plan: Planned) -> Iterator[str]:
    """A backup that is deleted with its database is none; without a second instance a failover takes ten minutes."""
    for address, cluster in plan.of("aws_rds_cluster").items():
        if cluster["backup_retention_period"] < (7 if plan.protected else 1):
            yield f"{address} keeps backups for {cluster['backup_retention_period']} days"
        if not plan.protected:
            continue
        if not cluster["deletion_protection"]:
            yield f"{address} can be deleted"
        if cluster["skip_final_snapshot"] or not cluster["final_snapshot_identifier"]:
            yield f"{address} would be deleted without a last snapshot"
        if cluster["delete_automated_backups"]:
            yield f"{address} would take its backups with it"
        if len(plan.of("aws_rds_cluster_instance")) < 2:
            yield f"{address} has no reader to fail over to"


@rule
def a_protected_database_never_pauses(plan: Planned) -> Iterator[str]:
    """The first request after a pause waits 15 s and more: fit for staging at night, not for people."""
    for address, cluster in plan.of("aws_rds_cluster").items():
        (capacity,) = cluster["serverlessv2_scaling_configuration"]
        if plan.protected and capacity["min_capacity"] == 0:
            yield f"{address} pauses"
        if capacity["min_capacity"] > capacity["max_capacity"]:
            yield f"{address} has a minimum above its maximum capacity"
        if capacity["min_capacity"] == 0 and not 300 <= capacity["seconds_until_auto_pause"] <= 86_400:
            yield f"{address} pauses after {capacity['seconds_until_auto_pause']} s, which Aurora does not take"


@rule
def a_database_that_may_pause_is_kept_awake_by_nothing(plan: Planned) -> Iterator[str]:
    """One open connection keeps it awake and paid for: so at zero the web has nights off, and beat has no database."""
    for cluster in plan.of("aws_rds_cluster").values():
        (capacity,) = cluster["serverlessv2_scaling_configuration"]
        if capacity["min_capacity"] > 0:
            continue
        sleeping = {
            target["resource_id"]
            for target in plan.of("aws_appautoscaling_target").values()
            if target["min_capacity"] == 0
        }
        for action in plan.of("aws_appautoscaling_scheduled_action").values():
            if any(int(limits["max_capacity"]) == 0 for limits in action["scalable_target_action"]):
                sleeping.add(action["resource_id"])
        for task in tasks(plan):
            connected = "DATABASE_HOST" in task.environment and task.service is not None
            if connected and not any(target.endswith(f"/{task.role}") for target in sleeping):
                yield f"{task.role} holds connections day and night to a database that is meant to pause"


@rule
def every_queue_redrives(plan: Planned) -> Iterator[str]:
    """A job that fails every time must end where somebody looks: without a dead-letter queue kombu drops it at once."""
    queues = plan.of("aws_sqs_queue")
    by_name = {queue["name"]: queue for queue in queues.values()}
    for address, queue in queues.items():
        if queue.get("redrive_allow_policy"):
            continue
        if not queue.get("redrive_policy"):
            yield f"{address} does not redrive"
            continue
        redrive = json.loads(queue["redrive_policy"])
        dead = by_name.get(redrive["deadLetterTargetArn"].split(":")[-1])
        if dead is None:
            yield f"{address} redrives to a queue that is not here"
            continue
        allowed = json.loads(dead.get("redrive_allow_policy") or "{}").get("sourceQueueArns", [])
        if not any(arn.endswith(f":{queue['name']}") for arn in allowed):
            yield f"{dead['name']} does not accept what {address} redrives"
        # A message keeps its age when it moves: with equal periods the dead would vanish as they arrive.
        if dead["message_retention_seconds"] <= queue["message_retention_seconds"]:
            yield f"{dead['name']} keeps messages no longer than {address}"
        if not 2 <= redrive["maxReceiveCount"] <= 10:
            yield f"{address} gives a job {redrive['maxReceiveCount']} tries"


@rule
def a_job_is_invisible_for_six_times_its_time_limit(plan: Planned) -> Iterator[str]:
    """A message that shows again while its job runs runs twice. Six times the limit is AWS's own advice.

    Prefetched messages wait behind a running job with their clock ticking, and a task that is stopped in the middle
    gives its messages back only by that clock.
    """
    for task in tasks(plan):
        url, limit = task.environment.get("CELERY_QUEUE_URL"), task.environment.get("CELERY_TASK_TIME_LIMIT_SECONDS")
        if url is None:
            continue
        queue = next((item for item in plan.of("aws_sqs_queue").values() if url.endswith(f"/{item['name']}")), None)
        if queue is None:
            yield f"{task.role} is told of {url}, which is not here"
        elif limit is None or queue["visibility_timeout_seconds"] < _VISIBILITY_FACTOR * int(limit):
            yield f"{queue['name']} shows a message again after {queue['visibility_timeout_seconds']} s; a job may take {limit}"
        elif queue["visibility_timeout_seconds"] > 12 * 3600:
            yield f"{queue['name']} hides messages for longer than SQS can"


@rule
def buckets_are_private_encrypted_and_speak_tls_alone(plan: Planned) -> Iterator[str]:
    """One of the four switches is enough for a leak, so all four are off in every bucket."""
    for address, bucket in plan.of("aws_s3_bucket").items():
        name = bucket["bucket"]

        def of(type_: str, name: str = name) -> list[dict[str, object]]:
            return [dict(item) for item in plan.of(type_).values() if item["bucket"] == name]

        blocks = of("aws_s3_bucket_public_access_block")
        switches = ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets")
        if not any(all(block[switch] for switch in switches) for block in blocks):
            yield f"{address} can be made public"
        if not of("aws_s3_bucket_server_side_encryption_configuration"):
            yield f"{address} is not encrypted"
        if not of("aws_s3_bucket_lifecycle_configuration"):
            yield f"{address} keeps old versions and abandoned uploads for ever"
        wanted = {f"arn:aws:s3:::{name}", f"arn:aws:s3:::{name}/*"}
        said = [item for policy in of("aws_s3_bucket_policy") for item in statements(str(policy["policy"]), address)]
        if not any(
            not item.allows
            and item.actions == ("s3:*",)
            and wanted <= set(item.resources)
            and item.conditions.get("Bool", {}).get("aws:SecureTransport") in ("false", ["false"])
            for item in said
        ):
            yield f"{address} answers without TLS"
        yield from (
            f"{item.where} lets everybody in"
            for item in said
            if item.allows and item.principal in ("*", {"AWS": "*"}) and not item.conditions
        )


@rule
def what_must_not_be_lost_is_versioned(plan: Planned) -> Iterator[str]:
    """A wrong deletion of state or of what users gave us must have a way back; logs alone may go."""
    for address, bucket in plan.of("aws_s3_bucket").items():
        name = str(bucket["bucket"])
        if "-logs-" in name:
            continue
        versioned = [
            state["status"]
            for item in plan.of("aws_s3_bucket_versioning").values()
            if item["bucket"] == name
            for state in item["versioning_configuration"]
        ]
        if versioned != ["Enabled"]:
            yield f"{address} is not versioned"
        if plan.protected and bucket.get("force_destroy"):
            yield f"{address} would be deleted with all that is in it"


@rule
def a_protected_load_balancer_and_key_stay(plan: Planned) -> Iterator[str]:
    """Losing the key is losing the data; losing the load balancer is losing the name that the world knows."""
    if not plan.protected:
        return
    for address, balancer in plan.of("aws_lb").items():
        if not balancer["enable_deletion_protection"]:
            yield f"{address} can be deleted"
    for address, key in plan.of("aws_kms_key").items():
        if key["deletion_window_in_days"] < 30:
            yield f"{address} is gone {key['deletion_window_in_days']} days after a mistake"
    for address, secret in plan.of("aws_secretsmanager_secret").items():
        if secret["recovery_window_in_days"] < 7:
            yield f"{address} can't be brought back"


@rule
def keys_rotate(plan: Planned) -> Iterator[str]:
    """A key that never changes decrypts everything that was ever written."""
    for address, key in plan.of("aws_kms_key").items():
        if not key["enable_key_rotation"]:
            yield f"{address} does not rotate"


@rule
def no_secret_is_in_the_plan(plan: Planned) -> Iterator[str]:
    """What is in a plan is in the state, in the pipeline's log, and in every copy of both."""
    for address in plan.of(
        "aws_secretsmanager_secret_version", "random_password", "aws_iam_access_key", "aws_ssm_parameter"
    ):
        yield f"{address} holds a value that Terraform knows"
    for task in tasks(plan):
        for name in task.environment:
            if _SECRET_NAME.search(name) and not _SECRET_REFERENCE.search(name):
                yield f"{task.role} has {name} among its plain variables"
        for name, source in task.secrets.items():
            if not any(".aws_secretsmanager_secret." in address for address in plan.addresses(source)):
                yield f"{task.role} takes {name} from {source}, which is no secret of this environment"
    text = json.dumps([plan.document.get(part) for part in ("variables", "planned_values", "resource_changes")])
    text += json.dumps(dict(plan.resources), default=dict)
    for what, pattern in _SECRET_VALUES.items():
        found = pattern.search(text)
        if found:
            yield f"the plan holds {what}: {found.group(0)[:6]}…"
