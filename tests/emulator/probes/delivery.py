"""Images and pipelines."""

from __future__ import annotations

from typing import Any

from tests.emulator.asking import Asking
from tests.emulator.probes.probe import new, probe


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
