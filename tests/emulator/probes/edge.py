"""CloudFront and Route 53."""

from __future__ import annotations

from typing import Any

from tests.emulator.asking import Asking
from tests.emulator.probes.probe import new, probe


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


@probe("route53", "zone-ids")
def _(ask: Asking) -> bool:
    """By chance one of 36 ids of moto's begins with Z."""
    route53 = ask.client("route53")
    zones = [route53.create_hosted_zone(Name=f"{new()}.test", CallerReference=new()) for _ in range(4)]
    return all(zone["HostedZone"]["Id"].startswith("/hostedzone/Z") for zone in zones)
