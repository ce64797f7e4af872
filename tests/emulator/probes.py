"""One probe for each mend: it is true where the behaviour is there, and false or fails where moto lacks it."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable
from typing import Any

from tests.emulator.asking import Asking

PROBES: dict[tuple[str, str], Callable[[Asking], bool]] = {}


def probe(service: str, name: str) -> Callable[[Callable[[Asking], bool]], Callable[[Asking], bool]]:
    def register(function: Callable[[Asking], bool]) -> Callable[[Asking], bool]:
        PROBES[service, name] = function
        return function

    return register


def new(prefix: str = "probe") -> str:
    return f"{prefix}-{uuid.uuid4().hex[:10]}"


# Amazon ECS


def ecs_service(ask: Asking, **options: Any) -> tuple[str, str, str]:
    """Make a service of two tasks; return the cluster, the service and its family."""
    ecs, ec2 = ask.client("ecs"), ask.client("ec2")
    cluster, family = new(), new()
    network = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=network, CidrBlock="10.0.0.0/24")["Subnet"]["SubnetId"]
    group = ec2.create_security_group(VpcId=network, GroupName=new(), Description="probe")["GroupId"]
    ecs.create_cluster(clusterName=cluster)
    definition = register_task_definition(ask, family)
    ecs.create_service(
        cluster=cluster,
        serviceName="web",
        taskDefinition=definition,
        desiredCount=2,
        networkConfiguration={"awsvpcConfiguration": {"subnets": [subnet], "securityGroups": [group]}},
        **options,
    )
    return cluster, "web", family


def register_task_definition(ask: Asking, family: str) -> str:
    answer = ask.client("ecs").register_task_definition(
        family=family,
        networkMode="awsvpc",
        requiresCompatibilities=["FARGATE"],
        cpu="256",
        memory="512",
        containerDefinitions=[{"name": "web", "image": "web:1", "essential": True}],
    )
    return str(answer["taskDefinition"]["taskDefinitionArn"])


def described(ask: Asking, cluster: str, service: str) -> Any:
    return ask.client("ecs").describe_services(cluster=cluster, services=[service])["services"][0]


@probe("ecs", "service-fields")
def _(ask: Asking) -> bool:
    strategy = [{"capacityProvider": "FARGATE_SPOT", "weight": 1, "base": 0}]
    cluster, name, _family = ecs_service(
        ask,
        capacityProviderStrategy=strategy,
        enableExecuteCommand=True,
        enableECSManagedTags=True,
        availabilityZoneRebalancing="ENABLED",
        healthCheckGracePeriodSeconds=60,
        deploymentConfiguration={"minimumHealthyPercent": 100, "maximumPercent": 200},
    )
    service = described(ask, cluster, name)
    return (
        service["capacityProviderStrategy"] == strategy
        and service["enableExecuteCommand"] is True
        and service["enableECSManagedTags"] is True
        and service["availabilityZoneRebalancing"] == "ENABLED"
        and service["healthCheckGracePeriodSeconds"] == 60
        and service["deploymentConfiguration"]["maximumPercent"] == 200
        and "launchType" not in service
    )


@probe("ecs", "running-equals-desired")
def _(ask: Asking) -> bool:
    cluster, name, _family = ecs_service(ask, launchType="FARGATE")
    service = described(ask, cluster, name)
    return bool(service["runningCount"] == 2 and service["deployments"][0]["rolloutState"] == "COMPLETED")


@probe("ecs", "update-names-the-new-task-definition")
def _(ask: Asking) -> bool:
    cluster, name, family = ecs_service(ask, launchType="FARGATE")
    before = described(ask, cluster, name)["deployments"][0]["id"]
    definition = register_task_definition(ask, family)
    ask.client("ecs").update_service(cluster=cluster, service=name, taskDefinition=f"{family}:2")
    service = described(ask, cluster, name)
    primary = service["deployments"][0]
    return bool(service["taskDefinition"] == primary["taskDefinition"] == definition and primary["id"] != before)


# Amazon VPC


@probe("ec2", "nat-interface-goes-with-its-gateway")
def _(ask: Asking) -> bool:
    ec2 = ask.client("ec2")
    network = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=network, CidrBlock="10.0.0.0/24")["Subnet"]["SubnetId"]
    gateway = ec2.create_nat_gateway(SubnetId=subnet, ConnectivityType="private")["NatGateway"]["NatGatewayId"]
    ec2.delete_nat_gateway(NatGatewayId=gateway)
    here = [{"Name": "subnet-id", "Values": [subnet]}]
    return not ec2.describe_network_interfaces(Filters=here)["NetworkInterfaces"]


@probe("ec2", "default-acl-goes-with-its-vpc")
def _(ask: Asking) -> bool:
    ec2 = ask.client("ec2")
    network = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    ec2.delete_vpc(VpcId=network)
    here = [{"Name": "vpc-id", "Values": [network]}]
    return not ec2.describe_network_acls(Filters=here)["NetworkAcls"]


# AWS KMS, Amazon RDS


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


# Amazon S3, Amazon SQS


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


# The eyes


@probe("cloudtrail", "deletion-by-arn")
def _(ask: Asking) -> bool:
    trail, s3, name = ask.client("cloudtrail"), ask.client("s3"), new()
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    trail.delete_trail(Name=trail.create_trail(Name=name, S3BucketName=name)["TrailARN"])
    return name not in {found["Name"] for found in trail.describe_trails()["trailList"]}


@probe("cloudwatch", "composite-alarms")
def _(ask: Asking) -> bool:
    name, rule = new(), "ALARM(other)"
    ask.query("monitoring", "PutCompositeAlarm", AlarmName=name, AlarmRule=rule, Version="2010-08-01")
    told = ask.query(
        "monitoring", "DescribeAlarms", **{"AlarmTypes.member.1": "CompositeAlarm", "Version": "2010-08-01"}
    )
    return name in told and rule in told


@probe("logs", "query-definitions")
def _(ask: Asking) -> bool:
    logs, name = ask.client("logs"), new()
    identifier = logs.put_query_definition(name=name, queryString="fields @message")["queryDefinitionId"]
    found = logs.describe_query_definitions(queryDefinitionNamePrefix=name)["queryDefinitions"]
    return found[0]["queryString"] == "fields @message" and bool(
        logs.delete_query_definition(queryDefinitionId=identifier)["success"]
    )


def budget(ask: Asking) -> tuple[Any, str]:
    budgets, name = ask.client("budgets"), new()
    budgets.create_budget(
        AccountId="123456789012",
        Budget={
            "BudgetName": name,
            "BudgetType": "COST",
            "TimeUnit": "MONTHLY",
            "BudgetLimit": {"Amount": "1", "Unit": "USD"},
        },
        NotificationsWithSubscribers=[{"Notification": NOTIFICATION, "Subscribers": [SUBSCRIBER]}],
        ResourceTags=[{"Key": "Project", "Value": "gallery"}],
    )
    return budgets, name


NOTIFICATION = {"NotificationType": "ACTUAL", "ComparisonOperator": "GREATER_THAN", "Threshold": 80.0}
SUBSCRIBER = {"SubscriptionType": "EMAIL", "Address": "ops@example.test"}


@probe("budgets", "subscribers")
def _(ask: Asking) -> bool:
    budgets, name = budget(ask)
    told = budgets.describe_subscribers_for_notification(
        AccountId="123456789012", BudgetName=name, Notification=NOTIFICATION
    )
    return bool(told["Subscribers"] == [SUBSCRIBER])


@probe("budgets", "update")
def _(ask: Asking) -> bool:
    budgets, name = budget(ask)
    limit = {"Amount": "2", "Unit": "USD"}
    new_budget = {"BudgetName": name, "BudgetType": "COST", "TimeUnit": "MONTHLY", "BudgetLimit": limit}
    budgets.update_budget(AccountId="123456789012", NewBudget=new_budget)
    return bool(budgets.describe_budget(AccountId="123456789012", BudgetName=name)["Budget"]["BudgetLimit"] == limit)


@probe("budgets", "budget-tags")
def _(ask: Asking) -> bool:
    budgets, name = budget(ask)
    arn = f"arn:aws:budgets::123456789012:budget/{name}"
    budgets.tag_resource(ResourceARN=arn, ResourceTags=[{"Key": "Environment", "Value": "staging"}])
    budgets.untag_resource(ResourceARN=arn, ResourceTagKeys=["Project"])
    told = budgets.list_tags_for_resource(ResourceARN=arn)["ResourceTags"]
    return bool(told == [{"Key": "Environment", "Value": "staging"}])


@probe("application-autoscaling", "scalable-target-tags")
def _(ask: Asking) -> bool:
    cluster, name, _family = ecs_service(ask, launchType="FARGATE")
    scaling = ask.client("application-autoscaling")
    arn = scaling.register_scalable_target(
        ServiceNamespace="ecs",
        ResourceId=f"service/{cluster}/{name}",
        ScalableDimension="ecs:service:DesiredCount",
        MinCapacity=1,
        MaxCapacity=2,
        Tags={"Project": "gallery"},
    )["ScalableTargetARN"]
    return bool(scaling.list_tags_for_resource(ResourceARN=arn)["Tags"] == {"Project": "gallery"})


@probe("backup", "tags-without-trailing-slash")
def _(ask: Asking) -> bool:
    arn = ask.client("backup").create_backup_vault(BackupVaultName=new(), BackupVaultTags={"a": "b"})["BackupVaultArn"]
    return bool(ask.get("backup", f"/tags/{arn}")["Tags"] == {"a": "b"})


# Amazon CloudFront


def distribution_config(**more: Any) -> dict[str, Any]:
    origin = {
        "Id": "site",
        "DomainName": "site.s3.eu-west-1.amazonaws.com",
        "OriginAccessControlId": "E1",
        "S3OriginConfig": {"OriginAccessIdentity": ""},
    }
    behavior = {
        "TargetOriginId": "site",
        "ViewerProtocolPolicy": "redirect-to-https",
        "CachePolicyId": "658327ea-f89d-4fab-a63d-7e88639e58f6",
        "FunctionAssociations": {
            "Quantity": 1,
            "Items": [{"EventType": "viewer-request", "FunctionARN": "arn:aws:cloudfront::123456789012:function/f"}],
        },
    }
    return {
        "CallerReference": new(),
        "Comment": "",
        "Enabled": True,
        "Origins": {"Quantity": 1, "Items": [origin]},
        "DefaultCacheBehavior": behavior,
        **more,
    }


@probe("cloudfront", "distribution-as-sent")
def _(ask: Asking) -> bool:
    cloudfront, config = ask.client("cloudfront"), distribution_config(HttpVersion="http2and3")
    made = cloudfront.create_distribution(DistributionConfig=config)["Distribution"]
    told = cloudfront.get_distribution(Id=made["Id"])["Distribution"]
    answer = told["DistributionConfig"]
    assert {alias["Id"] for alias in cloudfront.list_distributions()["DistributionList"]["Items"]} >= {made["Id"]}
    behavior = answer["DefaultCacheBehavior"]
    return (
        told["Status"] == "Deployed"
        and answer["OriginGroups"] == {"Quantity": 0}
        and answer["Origins"]["Items"][0]["OriginAccessControlId"] == "E1"
        and behavior["FunctionAssociations"] == config["DefaultCacheBehavior"]["FunctionAssociations"]
        and "ForwardedValues" not in behavior
    )


@probe("cloudfront", "function-publishing")
def _(ask: Asking) -> bool:
    cloudfront, name = ask.client("cloudfront"), new()
    config = {"Comment": "", "Runtime": "cloudfront-js-2.0"}
    made = cloudfront.create_function(Name=name, FunctionConfig=config, FunctionCode=b"function handler() {}")
    told = cloudfront.publish_function(Name=name, IfMatch=made["ETag"])["FunctionSummary"]
    return bool(told["FunctionMetadata"]["Stage"] == "LIVE")


@probe("cloudfront", "policies")
def _(ask: Asking) -> bool:
    cloudfront = ask.client("cloudfront")
    cached = {"Name": new(), "MinTTL": 0, "DefaultTTL": 60, "MaxTTL": 120}
    made = cloudfront.create_cache_policy(CachePolicyConfig=cached)
    identifier = made["CachePolicy"]["Id"]
    told = cloudfront.get_cache_policy(Id=identifier)
    cloudfront.update_cache_policy(Id=identifier, IfMatch=told["ETag"], CachePolicyConfig=cached | {"MaxTTL": 240})
    changed = cloudfront.get_cache_policy_config(Id=identifier)["CachePolicyConfig"]
    cloudfront.delete_cache_policy(Id=identifier)
    headers = {"Name": new(), "CustomHeadersConfig": {"Quantity": 0}}
    made = cloudfront.create_response_headers_policy(ResponseHeadersPolicyConfig=headers)["ResponseHeadersPolicy"]
    try:
        cloudfront.get_cache_policy(Id=identifier)
    except cloudfront.exceptions.NoSuchCachePolicy:
        gone = True
    return gone and changed["MaxTTL"] == 240 and made["ResponseHeadersPolicyConfig"]["Name"] == headers["Name"]


# Images and pipelines


@probe("ecr", "pull-through-cache-rules")
def _(ask: Asking) -> bool:
    ecr, prefix = ask.client("ecr"), new()
    ecr.create_pull_through_cache_rule(ecrRepositoryPrefix=prefix, upstreamRegistryUrl="public.ecr.aws")
    rules = ecr.describe_pull_through_cache_rules(ecrRepositoryPrefixes=[prefix])["pullThroughCacheRules"]
    ecr.delete_pull_through_cache_rule(ecrRepositoryPrefix=prefix)
    try:
        ecr.describe_pull_through_cache_rules(ecrRepositoryPrefixes=[prefix])
    except ecr.exceptions.PullThroughCacheRuleNotFoundException:
        gone = True
    return gone and rules[0]["upstreamRegistryUrl"] == "public.ecr.aws"


def build_project(ask: Asking, source: dict[str, str], artifacts: dict[str, str], **more: str) -> Any:
    name = new()
    ask.json(
        "codebuild",
        "CodeBuild_20161006.CreateProject",
        name=name,
        source=source,
        artifacts=artifacts,
        environment={"type": "ARM_CONTAINER", "image": "i", "computeType": "BUILD_GENERAL1_SMALL"},
        serviceRole="arn:aws:iam::123456789012:role/build",
        **more,
    )
    return ask.json("codebuild", "CodeBuild_20161006.BatchGetProjects", names=[name])["projects"][0]


@probe("codebuild", "codepipeline-as-source")
def _(ask: Asking) -> bool:
    project = build_project(ask, {"type": "CODEPIPELINE", "buildspec": "b.yml"}, {"type": "CODEPIPELINE"})
    return bool(project["source"]["type"] == "CODEPIPELINE")


@probe("codebuild", "deletion-by-arn")
def _(ask: Asking) -> bool:
    place = {"type": "S3", "location": "bucket/key"}
    project = build_project(ask, place, place)
    ask.json("codebuild", "CodeBuild_20161006.DeleteProject", name=project["arn"])
    return not ask.json("codebuild", "CodeBuild_20161006.BatchGetProjects", names=[project["name"]])["projects"]


@probe("codebuild", "encryption-key")
def _(ask: Asking) -> bool:
    place = {"type": "S3", "location": "bucket/key"}
    return bool(build_project(ask, place, place, encryptionKey="alias/own")["encryptionKey"] == "alias/own")


@probe("codepipeline", "numeric-times")
def _(ask: Asking) -> bool:
    role = ask.client("iam").create_role(
        RoleName=new(),
        AssumeRolePolicyDocument='{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole",'
        '"Principal":{"Service":"codepipeline.amazonaws.com"}}]}',
    )["Role"]["Arn"]
    action = {
        "name": "a",
        "actionTypeId": {"category": "Source", "owner": "AWS", "provider": "S3", "version": "1"},
    }
    pipeline = {
        "name": new(),
        "roleArn": role,
        "artifactStore": {"type": "S3", "location": "bucket"},
        "stages": [{"name": "one", "actions": [action]}, {"name": "two", "actions": [action]}],
    }
    ask.json("codepipeline", "CodePipeline_20150709.CreatePipeline", pipeline=pipeline)
    told = ask.json("codepipeline", "CodePipeline_20150709.GetPipeline", name=pipeline["name"])
    return isinstance(told["metadata"]["created"], float)


@probe("codeconnections", "connections")
def _(ask: Asking) -> bool:
    older = "com.amazonaws.codestar.connections.CodeStar_connections_20191201"
    arn = ask.json(
        "codestar-connections",
        f"{older}.CreateConnection",
        ConnectionName="github",
        ProviderType="GitHub",
        Tags=[{"Key": "a", "Value": "b"}],
    )["ConnectionArn"]
    told = ask.client("codeconnections").get_connection(ConnectionArn=arn)["Connection"]
    tags = ask.json("codestar-connections", f"{older}.ListTagsForResource", ResourceArn=arn)["Tags"]
    ask.json("codestar-connections", f"{older}.DeleteConnection", ConnectionArn=arn)
    left = ask.client("codeconnections").list_connections()["Connections"]
    return told["ConnectionStatus"] == "PENDING" and tags == [{"Key": "a", "Value": "b"}] and not left


@probe("codestar-notifications", "notification-rules")
def _(ask: Asking) -> bool:
    notifications = ask.client("codestar-notifications")
    arn = notifications.create_notification_rule(
        Name="rule",
        EventTypeIds=["codepipeline-pipeline-pipeline-execution-failed"],
        Resource="arn:aws:codepipeline:eu-west-1:123456789012:p",
        Targets=[{"TargetType": "SNS", "TargetAddress": "arn:aws:sns:eu-west-1:123456789012:t"}],
        DetailType="FULL",
        Tags={"a": "b"},
    )["Arn"]
    told = notifications.describe_notification_rule(Arn=arn)
    notifications.update_notification_rule(Arn=arn, Name="other")
    renamed = notifications.describe_notification_rule(Arn=arn)["Name"]
    notifications.delete_notification_rule(Arn=arn)
    return bool(
        told["Targets"][0]["TargetStatus"] == "ACTIVE"
        and told["Tags"] == {"a": "b"}
        and told["EventTypes"][0]["EventTypeId"].endswith("failed")
        and renamed == "other"
    )
