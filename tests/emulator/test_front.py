"""What the emulator is asked and answers beside AWS: identity, seeds, the inventory, the journal, plain failures."""

from __future__ import annotations

import http.client
import json
import threading
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from botocore.exceptions import ClientError

from scripts.emulator.control import Emulator, EmulatorError
from scripts.emulator.journal import Asked, Journal, read
from tests.emulator.asking import Asking
from tests.emulator.probes.compute import ecs_service
from tests.emulator.probes.data import database
from tests.emulator.probes.edge import distribution_config
from tests.emulator.probes.probe import new


def test_seeds_are_in_place_and_count_as_nothing_but_what_is_put_into_a_zone_counts(
    emulator: Emulator, mended: Asking
) -> None:
    for _ in range(2):
        emulator.seed_hosted_zone("Z0123456789EXAMPLE", "gallery.test")
        emulator.seed_bucket("gallery-state")
    with pytest.raises(EmulatorError, match=r"Z0123456789EXAMPLE is gallery\.test\., not other\.test\."):
        emulator.seed_hosted_zone("Z0123456789EXAMPLE", "other.test")
    route53, s3 = mended.client("route53"), mended.client("s3")
    assert route53.get_hosted_zone(Id="Z0123456789EXAMPLE")["HostedZone"]["Name"] == "gallery.test."
    assert s3.get_bucket_versioning(Bucket="gallery-state")["Status"] == "Enabled"
    assert not [line for line in emulator.resources() if "gallery-state" in line or "Z0123456789EXAMPLE" in line]

    record = {"Name": "api.gallery.test", "Type": "A", "TTL": 60, "ResourceRecords": [{"Value": "192.0.2.1"}]}
    for action, listed in (("CREATE", True), ("DELETE", False)):
        changes = {"Changes": [{"Action": action, "ResourceRecordSet": record}]}
        route53.change_resource_record_sets(HostedZoneId="Z0123456789EXAMPLE", ChangeBatch=changes)
        line = "route53 aws records Z0123456789EXAMPLE/api.gallery.test./A"
        assert (line in emulator.resources()) is listed


def test_the_inventory_sees_what_is_made_and_forgets_what_is_deleted(emulator: Emulator, mended: Asking) -> None:
    before = set(emulator.resources())
    cluster, service, family = ecs_service(mended, launchType="FARGATE")
    events, logs, kms = mended.client("events"), mended.client("logs"), mended.client("kms")
    rule, group = new(), new()
    events.put_rule(Name=rule, ScheduleExpression="rate(1 day)")
    logs.create_log_group(logGroupName=group)
    transformation = {"metricName": "m", "metricNamespace": "n", "metricValue": "1"}
    logs.put_metric_filter(
        logGroupName=group, filterName="errors", filterPattern="x", metricTransformations=[transformation]
    )
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.describe_key(KeyId="alias/aws/s3")  # AWS makes its own keys as they are used
    made = set(emulator.resources()) - before
    assert {
        f"ecs eu-west-1 clusters {cluster}",
        f"ecs eu-west-1 services {cluster}:{service}",
        f"ecs eu-west-1 task_definitions {family}/1",
        f"events eu-west-1 rules default/{rule}",
        f"logs eu-west-1 groups {group}",
        f"logs eu-west-1 metric_filters {group}/errors",
        f"kms eu-west-1 keys {key}",
    } <= made

    ecs = mended.client("ecs")
    ecs.delete_service(cluster=cluster, service=service, force=True)
    ecs.deregister_task_definition(taskDefinition=f"{family}:1")
    ecs.delete_cluster(cluster=cluster)
    events.delete_rule(Name=rule)
    logs.delete_metric_filter(logGroupName=group, filterName="errors")
    logs.delete_log_group(logGroupName=group)
    kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    left = {line for line in set(emulator.resources()) - before if not line.startswith("ec2 ")}
    assert left == set()


def test_what_moto_brings_is_not_listed(emulator: Emulator, mended: Asking) -> None:
    """Managed policies, the default VPC and event bus, in a region that nobody used before."""
    mended.client("iam").list_policies()
    mended.client("ec2").describe_vpcs(Filters=[{"Name": "is-default", "Values": ["true"]}])
    listed = emulator.resources()
    assert not [line for line in listed if "aws:policy/" in line or "event_buses" in line]
    defaults = mended.client("ec2").describe_vpcs(Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"]
    assert not [line for line in listed for network in defaults if line.endswith(network["VpcId"])]


def test_only_who_knows_the_identity_may_ask_the_admin_routes(emulator: Emulator) -> None:
    connection = http.client.HTTPConnection(urlsplit(emulator.endpoint).netloc, timeout=10)
    for method, path, identity, expected in (
        ("GET", "/_emulator/resources", {}, 403),
        ("GET", "/_emulator/resources", {"X-Emulator-Identity": "guess"}, 403),
        ("POST", "/moto-api/reset", {}, 404),
    ):
        connection.request(method, path, headers=identity)
        response = connection.getresponse()
        response.read()
        assert response.status == expected
    with pytest.raises(EmulatorError, match="There is no GET nothing"):
        emulator._ask("GET", "nothing")


def test_what_is_absent_is_said_plainly_and_not_worth_a_retry(mended: Asking) -> None:
    with pytest.raises(ClientError, match="The embedded AWS has no ssm ListNodes") as caught:
        mended.client("ssm").list_nodes()
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501
    with pytest.raises(ClientError, match="The embedded AWS has no rds "):
        mended.client("rds").describe_db_recommendations()


def test_the_journal_names_operations_and_holds_no_bodies(emulator: Emulator, mended: Asking) -> None:
    mended.client("secretsmanager").create_secret(Name=new(), SecretString="hunter2-in-the-body")
    mended.client("iam").list_roles()
    url = urlsplit(mended.client("s3").generate_presigned_url("get_object", Params={"Bucket": "b", "Key": "k"}))
    connection = http.client.HTTPConnection(url.netloc, timeout=10)
    connection.request("GET", f"{url.path}?{url.query}")
    assert connection.getresponse().status == 404
    asked = emulator.requests()
    operations = {(one["service"], one["operation"]) for one in asked}
    assert {("secretsmanager", "CreateSecret"), ("iam", "ListRoles"), ("s3", "/b/k")} <= operations
    text = (emulator.home / "requests.jsonl").read_text()
    assert "hunter2" not in text
    assert "ignature" not in text


def test_the_journal_is_bounded(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "requests.jsonl", largest_bytes=2_000)
    for at in range(200):
        journal.write(
            Asked(at=at, service="s", region="r", operation="o", method="GET", attempt=1, status=200, ms=1, waited_ms=0)
        )
    assert sum(file.stat().st_size for file in tmp_path.iterdir()) < 5_000
    kept = [one["at"] for one in read(tmp_path / "requests.jsonl")]
    assert kept == list(range(kept[0], 200))


def test_a_connection_stays_open_for_one_request_after_another(emulator: Emulator) -> None:
    connection = http.client.HTTPConnection(urlsplit(emulator.endpoint).netloc, timeout=10)
    for _ in range(3):
        connection.request("GET", "/_emulator/health")
        response = connection.getresponse()
        assert json.load(response)["identity"] == emulator.identity
        assert not response.will_close


def test_objects_keep_their_bytes_headers_and_underscored_metadata(mended: Asking) -> None:
    s3, bucket = mended.client("s3"), new()
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    body = bytes(range(256)) * 400
    s3.put_object(Bucket=bucket, Key="a b/ü", Body=body, Metadata={"with_underscore": "1"}, CacheControl="no-cache")
    head = s3.head_object(Bucket=bucket, Key="a b/ü")
    assert head["ContentLength"] == len(body)
    assert head["Metadata"] == {"with_underscore": "1"}
    assert s3.get_object(Bucket=bucket, Key="a b/ü")["Body"].read() == body
    s3.put_object(Bucket=bucket, Key="once", Body=b"1", IfNoneMatch="*")
    with pytest.raises(ClientError, match="PreconditionFailed"):
        s3.put_object(Bucket=bucket, Key="once", Body=b"2", IfNoneMatch="*")


def test_parallel_creates_each_succeed_once(mended: Asking) -> None:
    """The reason for the one turn: under parallel calls moto by itself half-creates and fails."""
    failures: list[Exception] = []

    def make(number: int) -> None:
        try:
            mended.client("iam").create_role(RoleName=f"parallel-{number}", AssumeRolePolicyDocument="{}")
            mended.client("cloudfront").create_distribution(DistributionConfig=distribution_config())
        except Exception as error:  # noqa: BLE001 - all of them are what is looked for
            failures.append(error)

    threads = [threading.Thread(target=make, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_automatic_snapshots_do_not_count(emulator: Emulator, mended: Asking) -> None:
    """AWS takes them away with their cluster."""
    cluster, instance = database(mended)
    rds = mended.client("rds")
    rds.delete_db_instance(DBInstanceIdentifier=instance["DBInstanceIdentifier"], SkipFinalSnapshot=True)
    rds.delete_db_cluster(DBClusterIdentifier=cluster["DBClusterIdentifier"], SkipFinalSnapshot=True)
    names = (cluster["DBClusterIdentifier"], instance["DBInstanceIdentifier"])
    assert not [line for line in emulator.resources() if any(name in line for name in names)]
