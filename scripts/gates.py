"""Reasons to refuse a plan. Pure: plans and facts in, sentences out."""

from __future__ import annotations

from collections.abc import Collection

from scripts.environments import Environment
from scripts.plan import Action, Plan

STATEFUL = {
    "aws_cloudwatch_log_group": "log group",
    "aws_cognito_user_pool": "user pool",
    "aws_db_instance": "database",
    "aws_docdb_cluster": "database",
    "aws_dynamodb_table": "table",
    "aws_ecr_repository": "registry",
    "aws_efs_file_system": "file system",
    "aws_elasticache_replication_group": "cache",
    "aws_kms_key": "encryption key",
    "aws_lb": "load balancer",
    "aws_opensearch_domain": "search index",
    "aws_rds_cluster": "database",
    "aws_rds_cluster_instance": "database instance",
    "aws_route53_zone": "hosted zone",
    "aws_s3_bucket": "bucket",
    "aws_secretsmanager_secret": "secret",
    "aws_sqs_queue": "queue",
}
"""Types whose loss loses data or the address that the world knows, and what a person calls them."""

_LOSES = {Action.REPLACE: "replace", Action.DELETE: "destroy", Action.FORGET: "give up"}


def refusals(plan: Plan, *, allowed: Collection[str] = (), reason: str | None = None) -> list[str]:
    """Say why this plan must not be applied; an empty list lets it through.

    `allowed` are addresses whose loss the operator accepts, for a stated `reason`.
    """
    losses = [change for change in plan.changes if change.type in STATEFUL and change.action in _LOSES]
    found = [
        f"It would {_LOSES[change.action]} the {STATEFUL[change.type]} {change.address}"
        + (f" (forced by {', '.join(change.forced_by)})" if change.forced_by else "")
        + f": if that is meant, say --allow='{change.address}' --reason=TEXT."
        for change in losses
        if change.address not in allowed
    ]
    if set(allowed) and not (reason or "").strip():
        found.append("--allow needs --reason=TEXT, which is recorded: why may this be lost?")
    found += [
        f"--allow={address} names nothing that this plan would replace or destroy: look at the address again."
        for address in sorted(set(allowed) - {change.address for change in losses})
    ]
    return found


def destroy_refusals(environment: Environment) -> list[str]:
    """Say why an environment must not be destroyed as a whole."""
    if not environment.protected:
        return []
    return [
        (
            f"{environment.name} is protected: set protected = false in {environment.root.name}/main.tf, apply that after review,"
            " and only then destroy it."
        )
    ]
