"""Read the applied edge back: which name leads where, what each distribution and the load balancer are set to."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from scripts.errors import OperatorError
from scripts.laptop import differences, policy
from scripts.laptop.differences import Laptop
from scripts.laptop.edge import Behaviour, Distribution, Edge, Health, LoadBalancer

if TYPE_CHECKING:
    from scripts.laptop.clients import Clients


class UnservedError(OperatorError):
    """Report a name or a bucket that nobody could reach in AWS."""


def names(clients: Clients, zone_id: str) -> dict[str, str]:
    """Return the names in a hosted zone with the AWS name that each is an alias of."""
    found: dict[str, str] = {}
    for page in clients.route53.get_paginator("list_resource_record_sets").paginate(HostedZoneId=zone_id):
        for record in page["ResourceRecordSets"]:
            if record["Type"] == "A" and "AliasTarget" in record:
                found[record["Name"].rstrip(".")] = (
                    record["AliasTarget"]["DNSName"].rstrip(".").removeprefix("dualstack.")
                )
    return found


def read(clients: Clients, laptop: Laptop, *, aliases: Mapping[str, str], media_bucket: str, account_id: str) -> Edge:
    """Read what answers for each name; raise UnservedError where in AWS nothing would."""
    distributions = {
        item["DomainName"]: item
        for item in clients.cloudfront.list_distributions()["DistributionList"].get("Items", [])
    }
    balancers = {item["DNSName"]: item for item in clients.elbv2.describe_load_balancers()["LoadBalancers"]}
    found: dict[str, Distribution] = {}
    balanced: dict[str, LoadBalancer] = {}
    for host, target in sorted(aliases.items()):
        if target in distributions:
            found[host] = _distribution(clients, laptop, host, distributions[target], account_id)
        elif target in balancers:
            balanced[host] = _load_balancer(clients, laptop, balancers[target])
        else:
            raise UnservedError(
                f"The name {host} leads to {target}, which is no distribution and no load balancer here."
            )
    return Edge(distributions=found, load_balancers=balanced, cors={media_bucket: _cors(clients, laptop, media_bucket)})


def _distribution(clients: Clients, laptop: Laptop, host: str, item: Any, account_id: str) -> Distribution:
    if host not in item["Aliases"].get("Items", []):
        raise UnservedError(f"The distribution {item['Id']} does not answer for {host}: add the name to its aliases.")
    (origin,) = item["Origins"]["Items"]
    bucket = origin["DomainName"].split(".s3.", 1)[0]
    behaviours = [*item.get("CacheBehaviors", {}).get("Items", []), item["DefaultCacheBehavior"]]
    root = clients.cloudfront.get_distribution_config(Id=item["Id"])["DistributionConfig"]["DefaultRootObject"]
    arn = f"arn:aws:cloudfront::{account_id}:distribution/{item['Id']}"
    return Distribution(
        bucket=bucket,
        root=root,
        behaviours=tuple(_behaviour(clients, laptop, behaviour) for behaviour in behaviours),
        readable=_lets_in(clients, bucket, "s3:GetObject", f"arn:aws:s3:::{bucket}/index.html", arn),
        listable=_lets_in(clients, bucket, "s3:ListBucket", f"arn:aws:s3:::{bucket}", arn),
    )


def _lets_in(clients: Clients, bucket: str, action: str, resource: str, distribution: str) -> bool:
    """Say whether the bucket's policy lets CloudFront do something for a distribution."""
    try:
        document = json.loads(clients.s3.get_bucket_policy(Bucket=bucket)["Policy"])
    except ClientError:
        return False
    request = policy.Request(
        action=action,
        resource=resource,
        context={"aws:SourceArn": distribution, "aws:SecureTransport": "true", "s3:TlsVersion": "1.3"},
        principal="cloudfront.amazonaws.com",
    )
    return policy.allows([document], request)


def _behaviour(clients: Clients, laptop: Laptop, item: Any) -> Behaviour:
    functions = item.get("FunctionAssociations", {}).get("Items", [])
    headers: dict[str, str] = {}
    origins: tuple[str, ...] = ()
    if item.get("ResponseHeadersPolicyId"):
        answer = clients.cloudfront.get_response_headers_policy(Id=item["ResponseHeadersPolicyId"])
        config: Any = answer["ResponseHeadersPolicy"]["ResponseHeadersPolicyConfig"]
        headers, origins = (
            _headers(config),
            tuple(_items(config.get("CorsConfig", {}).get("AccessControlAllowOrigins"))),
        )
    return Behaviour(
        pattern=item.get("PathPattern", "*"),
        methods=tuple(item["AllowedMethods"]["Items"]),
        single_page=any(function["EventType"] == "viewer-request" for function in functions),
        headers={name: differences.response(laptop, value) for name, value in headers.items()},
        cors_origins=tuple(differences.response(laptop, origin) for origin in origins),
    )


def _headers(config: Mapping[str, Any]) -> dict[str, str]:
    """Return the headers that a response-headers policy sets. HSTS is left out: it means nothing without TLS."""
    security = config.get("SecurityHeadersConfig", {})
    found = {item["Header"]: item["Value"] for item in _items(config.get("CustomHeadersConfig"))}
    if "ContentSecurityPolicy" in security:
        found["Content-Security-Policy"] = security["ContentSecurityPolicy"]["ContentSecurityPolicy"]
    if "ContentTypeOptions" in security:
        found["X-Content-Type-Options"] = "nosniff"
    if "FrameOptions" in security:
        found["X-Frame-Options"] = security["FrameOptions"]["FrameOption"]
    if "ReferrerPolicy" in security:
        found["Referrer-Policy"] = security["ReferrerPolicy"]["ReferrerPolicy"]
    return found


def _items(value: Any) -> list[Any]:
    return list((value or {}).get("Items") or [])


def _load_balancer(clients: Clients, laptop: Laptop, item: Any) -> LoadBalancer:
    listeners = clients.elbv2.describe_listeners(LoadBalancerArn=item["LoadBalancerArn"])["Listeners"]
    group = next(
        (
            action["TargetGroupArn"]
            for listener in listeners
            if listener["Protocol"] == "HTTPS"
            for action in listener["DefaultActions"]
            if action["Type"] == "forward" and "TargetGroupArn" in action
        ),
        None,
    )
    if group is None:
        raise UnservedError(f"No HTTPS listener of {item['LoadBalancerName']} forwards to a target group.")
    (settings,) = clients.elbv2.describe_target_groups(TargetGroupArns=[group])["TargetGroups"]
    attributes = {
        attribute["Key"]: attribute["Value"]
        for attribute in clients.elbv2.describe_load_balancer_attributes(LoadBalancerArn=item["LoadBalancerArn"])[
            "Attributes"
        ]
    }
    return LoadBalancer(
        target=f"{differences.LOOPBACK}:{laptop.task_port}",
        health=Health(
            path=settings["HealthCheckPath"],
            interval_seconds=settings["HealthCheckIntervalSeconds"],
            timeout_seconds=settings["HealthCheckTimeoutSeconds"],
            healthy_after=settings["HealthyThresholdCount"],
            unhealthy_after=settings["UnhealthyThresholdCount"],
            codes=settings["Matcher"]["HttpCode"],
        ),
        idle_seconds=int(attributes.get("idle_timeout.timeout_seconds", "60")),
    )


def _cors(clients: Clients, laptop: Laptop, bucket: str) -> list[dict[str, Any]]:
    try:
        rules: list[Any] = list(clients.s3.get_bucket_cors(Bucket=bucket)["CORSRules"])
    except ClientError:
        return []
    return [
        {**rule, "AllowedOrigins": [differences.response(laptop, origin) for origin in rule["AllowedOrigins"]]}
        for rule in rules
    ]


def encryption_keys(
    clients: Clients, *, buckets: list[str], queues: list[tuple[str, str]], secrets: list[str]
) -> dict[str, str]:
    """Return the ARN of the key of each encrypted bucket, queue (ARN and URL) and secret, by the ARN of what it encrypts."""
    found: dict[str, str | None] = {}
    for bucket in buckets:
        rules = clients.s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
        default = rules[0].get("ApplyServerSideEncryptionByDefault") if rules else None
        found[f"arn:aws:s3:::{bucket}"] = clients.key_arn(default.get("KMSMasterKeyID")) if default else None
    for arn, url in queues:
        attributes = clients.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["KmsMasterKeyId"])
        found[arn] = clients.key_arn(attributes.get("Attributes", {}).get("KmsMasterKeyId"))
    for arn in secrets:
        found[arn] = clients.key_arn(clients.secretsmanager.describe_secret(SecretId=arn).get("KmsKeyId"))
    return {arn: key for arn, key in found.items() if key is not None}
