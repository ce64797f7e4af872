"""Services that keep: KMS, RDS, S3, SQS, Backup."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

from tests.emulator.asking import REGION, Asking
from tests.emulator.probes.probe import new, probe


@probe("kms", "rotation-period")
def _(ask: Asking) -> bool:
    kms = ask.client("kms")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.enable_key_rotation(KeyId=key, RotationPeriodInDays=180)
    return bool(kms.get_key_rotation_status(KeyId=key)["RotationPeriodInDays"] == 180)


def database(ask: Asking) -> tuple[Any, Any]:
    """Make a cluster with one instance; return both as they are described."""
    rds = ask.client("rds")
    cluster, instance = new(), new()
    rds.create_db_cluster(
        DBClusterIdentifier=cluster,
        Engine="aurora-postgresql",
        MasterUsername="master",
        ManageMasterUserPassword=True,
        ServerlessV2ScalingConfiguration={"MinCapacity": 2, "MaxCapacity": 4},
    )
    rds.create_db_instance(
        DBInstanceIdentifier=instance,
        DBClusterIdentifier=cluster,
        Engine="aurora-postgresql",
        DBInstanceClass="db.serverless",
        EnablePerformanceInsights=True,
        PerformanceInsightsRetentionPeriod=7,
    )
    return (
        rds.describe_db_clusters(DBClusterIdentifier=cluster)["DBClusters"][0],
        rds.describe_db_instances(DBInstanceIdentifier=instance)["DBInstances"][0],
    )


@probe("rds", "no-empty-scaling-info")
def _(ask: Asking) -> bool:
    return "ScalingConfigurationInfo" not in database(ask)[0]


@probe("rds", "performance-insights")
def _(ask: Asking) -> bool:
    instance = database(ask)[1]
    return instance["PerformanceInsightsEnabled"] is True and instance["PerformanceInsightsRetentionPeriod"] == 7


@probe("rds", "certificate-authority")
def _(ask: Asking) -> bool:
    return bool(database(ask)[1]["CACertificateIdentifier"] == "rds-ca-rsa2048-g1")


@probe("rds", "parameter-source")
def _(ask: Asking) -> bool:
    rds, group = ask.client("rds"), new()
    rds.create_db_parameter_group(
        DBParameterGroupName=group, DBParameterGroupFamily="aurora-postgresql16", Description="probe"
    )
    parameter = {"ParameterName": "log_statement", "ParameterValue": "ddl", "ApplyMethod": "immediate"}
    rds.modify_db_parameter_group(DBParameterGroupName=group, Parameters=[parameter])
    return bool(rds.describe_db_parameters(DBParameterGroupName=group)["Parameters"][0]["Source"] == "user")


@probe("s3", "delete-marker-disposal")
def _(ask: Asking) -> bool:
    s3, bucket = ask.client("s3"), new()
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    s3.put_object(Bucket=bucket, Key="a", Body=b"a")
    s3.delete_object(Bucket=bucket, Key="a")
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Suspended"})
    s3.delete_object(Bucket=bucket, Key="a")
    s3.delete_bucket(Bucket=bucket)
    return True


@probe("s3", "notification-to-eventbridge")
def _(ask: Asking) -> bool:
    s3, bucket = ask.client("s3"), new()
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration={"EventBridgeConfiguration": {}})
    return "EventBridgeConfiguration" in s3.get_bucket_notification_configuration(Bucket=bucket)


def queue(ask: Asking, **attributes: str) -> tuple[str, Callable[[], dict[str, str]]]:
    """Make a queue; return its address and how to ask its attributes."""
    sqs = ask.client("sqs")
    url = sqs.create_queue(QueueName=new(), Attributes=attributes)["QueueUrl"]
    return url, lambda: sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]


@probe("sqs", "redrive-allow-policy")
def _(ask: Asking) -> bool:
    policy = '{"redrivePermission":"denyAll"}'
    url, attributes = queue(ask)
    absent = "RedriveAllowPolicy" not in attributes()
    ask.client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"RedriveAllowPolicy": policy})
    return absent and attributes()["RedriveAllowPolicy"] == policy


@probe("sqs", "policy-survives-other-attributes")
def _(ask: Asking) -> bool:
    url, attributes = queue(ask)
    sqs = ask.client("sqs")
    statement = '{"Sid":"all","Effect":"Deny","Principal":"*","Action":"sqs:*","Resource":"*"}'
    policy = f'{{"Version":"2012-10-17","Statement":[{statement}]}}'
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "60"})
    return "Policy" in attributes()


@probe("sqs", "compact-redrive-policy")
def _(ask: Asking) -> bool:
    _url, dead = queue(ask)
    policy = f'{{"deadLetterTargetArn":"{dead()["QueueArn"]}","maxReceiveCount":5}}'
    _url, attributes = queue(ask, RedrivePolicy=policy)
    return attributes()["RedrivePolicy"] == policy


@probe("sqs", "long-poll-gives-its-turn-away")
def _(ask: Asking) -> bool:
    url, attributes = queue(ask)
    sqs = ask.client("sqs")
    got: list[Any] = []

    def poll() -> None:
        got.append(sqs.receive_message(QueueUrl=url, WaitTimeSeconds=2).get("Messages", []))

    polling = threading.Thread(target=poll)
    polling.start()
    time.sleep(0.3)
    began = time.monotonic()
    attributes()
    waited = time.monotonic() - began
    sqs.send_message(QueueUrl=url, MessageBody="news")
    polling.join()
    return waited < 1 and [message["Body"] for message in got[0]] == ["news"]


@probe("backup", "tags-without-trailing-slash")
def _(ask: Asking) -> bool:
    arn = ask.client("backup").create_backup_vault(BackupVaultName=new(), BackupVaultTags={"a": "b"})["BackupVaultArn"]
    return bool(ask.get("backup", f"/tags/{arn}")["Tags"] == {"a": "b"})


@probe("s3", "conditions-of-bucket-policies")
def _(ask: Asking) -> bool:
    """TLS and the own account are asked for, and are there; another account is asked for, and is not."""
    s3 = ask.client("s3")
    own = ask.client("sts").get_caller_identity()["Account"]
    refused = {}
    for account in (own, "999999999999"):
        bucket = new()
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
        conditions = [
            {"Bool": {"aws:SecureTransport": "false"}},
            {"NumericLessThan": {"s3:TlsVersion": "1.2"}},
            {"StringNotEquals": {"aws:PrincipalAccount": account}},
        ]
        statements = [
            {
                "Effect": "Deny",
                "Principal": {"AWS": "*"},
                "Action": "s3:*",
                "Resource": f"arn:aws:s3:::{bucket}/*",
                "Condition": item,
            }
            for item in conditions
        ]
        s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": statements}))
        try:
            s3.put_object(Bucket=bucket, Key="x", Body=b"x")
            refused[account] = False
        except ClientError:
            refused[account] = True
    return refused == {own: False, "999999999999": True}
