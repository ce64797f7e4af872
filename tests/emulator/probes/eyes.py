"""Services that watch: CloudTrail, CloudWatch, Logs, Budgets."""

from __future__ import annotations

from typing import Any

from tests.emulator.asking import Asking
from tests.emulator.probes.probe import new, probe


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
