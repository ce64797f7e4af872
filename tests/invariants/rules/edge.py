"""What the world meets: certificates, the load balancer, CloudFront, names."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase

from tests.invariants.queries import statements
from tests.invariants.rules.registry import rule
from tests.plans import Planned


@rule
def the_load_balancer_speaks_tls_alone(plan: Planned) -> Iterator[str]:
    """Plain HTTP is there to send people on, nothing else."""
    for address, listener in plan.of("aws_lb_listener").items():
        (action,) = listener["default_action"]
        if listener["protocol"] == "HTTP":
            redirects = [
                item for item in action["redirect"] if item["protocol"] == "HTTPS" and item["status_code"] == "HTTP_301"
            ]
            if action["type"] != "redirect" or not redirects:
                yield f"{address} answers plain HTTP with more than a redirect"
        elif "TLS13" not in str(listener["ssl_policy"]):
            yield f"{address} speaks old TLS ({listener['ssl_policy']})"
    for address, balancer in plan.of("aws_lb").items():
        if not balancer["drop_invalid_header_fields"]:
            yield f"{address} passes malformed headers on"
        if not balancer.get("access_logs"):
            yield f"{address} keeps no log of its requests"


@rule
def cloudfront_reads_buckets_by_origin_access_control_alone(plan: Planned) -> Iterator[str]:
    """The bucket must not be readable but through its own distribution, or cache, headers and logs are for show."""
    controls = plan.of("aws_cloudfront_origin_access_control")
    for address, distribution in plan.of("aws_cloudfront_distribution").items():
        for origin in distribution["origin"]:
            signing = [
                control
                for name in plan.addresses(origin["origin_access_control_id"])
                if (control := controls.get(name)) and control["signing_behavior"] == "always"
            ]
            if not signing or origin["s3_origin_config"]:
                yield f"{address} reads {origin['origin_id']} without origin access control"
            bucket = str(origin["domain_name"]).split(".s3.")[0]
            readers = [
                statement
                for name, policy in plan.of("aws_s3_bucket_policy").items()
                if policy["bucket"] == bucket
                for statement in statements(policy["policy"], name)
                if statement.principal == {"Service": "cloudfront.amazonaws.com"}
            ]
            if not readers:
                yield f"{address} may not read {bucket}"
            for statement in readers:
                sources = [
                    value
                    for test in statement.conditions.values()
                    for key, value in test.items()
                    if key == "aws:SourceArn"
                ]
                if plan.addresses(sources) != [address]:
                    yield f"{statement.where} lets other distributions than {address} read"
        behaviours = [*distribution["default_cache_behavior"], *distribution["ordered_cache_behavior"]]
        for behaviour in behaviours:
            if behaviour["viewer_protocol_policy"] not in ("redirect-to-https", "https-only"):
                yield f"{address} answers plain HTTP"
            if not plan.addresses(behaviour["response_headers_policy_id"]):
                yield f"{address} sends no security headers"
        if not any(item["minimum_protocol_version"] == "TLSv1.2_2021" for item in distribution["viewer_certificate"]):
            yield f"{address} speaks old TLS"


@rule
def every_name_that_is_served_has_a_certificate_and_records(plan: Planned) -> Iterator[str]:
    """A browser refuses a name that the certificate lacks, and finds none without A and AAAA records."""
    records = plan.of("aws_route53_record")
    for address, record in records.items():
        targets = plan.addresses([alias["name"] for alias in record.get("alias") or ()])
        for target in targets:
            names = _certified(plan, target)
            if not any(fnmatchcase(str(record["name"]), name) for name in names):
                yield f"{address} leads to {target}, whose certificate is for {', '.join(sorted(names)) or 'nothing'}"
            if ".aws_cloudfront_distribution." in target and record["name"] not in plan.resources[target]["aliases"]:
                yield f"{address} leads to {target}, which does not answer to {record['name']}"
    served = {name for item in plan.of("aws_cloudfront_distribution").values() for name in item["aliases"]}
    for name in sorted(served):
        kinds = {record["type"] for record in records.values() if record["name"] == name and record.get("alias")}
        if kinds != {"A", "AAAA"}:
            yield f"{name} is served by CloudFront and has {', '.join(sorted(kinds)) or 'no'} records"


@rule
def what_reaches_the_load_balancer_has_passed_the_firewall(plan: Planned) -> Iterator[str]:
    """A web ACL that is associated with nothing blocks nothing."""
    protected = {
        resource
        for association in plan.of("aws_wafv2_web_acl_association").values()
        for resource in plan.addresses(association["resource_arn"])
    }
    for address, acl in plan.of("aws_wafv2_web_acl").items():
        if acl["scope"] == "REGIONAL" and not set(plan.of("aws_lb")) <= protected:
            yield f"{address} guards no load balancer"
        limits = [
            rule for rule in acl["rule"] for statement in rule["statement"] if statement.get("rate_based_statement")
        ]
        if not limits:
            yield f"{address} limits nobody's requests"


def _certified(plan: Planned, target: str) -> set[str]:
    """Return the names on the certificates of a load balancer or a distribution."""
    if ".aws_lb." in target:
        listeners = [
            item for item in plan.of("aws_lb_listener").values() if target in plan.addresses(item["load_balancer_arn"])
        ]
        sources = [listener.get("certificate_arn") for listener in listeners]
    else:
        sources = [item["acm_certificate_arn"] for item in plan.resources[target].get("viewer_certificate", ())]
    return {
        str(name)
        for address in plan.addresses(sources)
        if ".aws_acm_certificate." in address
        for name in (plan.resources[address]["domain_name"], *plan.resources[address]["subject_alternative_names"])
    }
