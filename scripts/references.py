"""Find out which resource a value of a plan refers to, though the resource does not exist yet.

In a plan from an empty state the id of everything is "known after apply": who a security group's rule lets in can't be
read from it. Following the expressions of the configuration would mean evaluating Terraform's language. Terraform does
that better: `terraform test` can stand in for resources while it plans (`override_during = plan`), so one more run with
a made-up identity for each resource puts that identity wherever the real one would end up, through every local,
module, loop and JSON document. Nothing is created and AWS is not asked.

    identities = invent(document)               # document: `terraform show -json` of the plan
    write identities.test_file() beside the root; run `terraform test -json -verbose`
    known = complete(document, identities, read(lines))  # the plan's own values; made-up ones where it knows none
    identities.addresses(known["aws_lb.this"]["security_groups"])    # → ["module.x.aws_security_group.this"]
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from scripts.errors import OperatorError

TEST_FILE = "references.tftest.hcl"

_PREFIXES = {
    "aws_eip": "eipalloc-",
    "aws_internet_gateway": "igw-",
    "aws_nat_gateway": "nat-",
    "aws_route53_zone": "Z",
    "aws_route_table": "rtb-",
    "aws_security_group": "sg-",
    "aws_subnet": "subnet-",
    "aws_vpc": "vpc-",
    "aws_vpc_endpoint": "vpce-",
}
"""How the ids of a type begin, where modules or the provider insist on it."""

_SERVICES = {
    "acm": "acm",
    "cloudfront": "cloudfront",
    "ecs": "ecs",
    "iam": "iam",
    "kms": "kms",
    "lb": "elasticloadbalancing",
    "rds": "rds",
    "secretsmanager": "secretsmanager",
    "sns": "sns",
    "sqs": "sqs",
    "wafv2": "wafv2",
}
"""The service in an ARN by the first word of a type."""

_HOST_NAMES = frozenset(
    {
        "bucket_domain_name",
        "bucket_regional_domain_name",
        "dns_name",
        "domain_name",
        "endpoint",
        "fqdn",
        "reader_endpoint",
        "resource_record_name",
        "resource_record_value",
    }
)
_IDS = frozenset({"hosted_zone_id", "key_id", "zone_id", "allocation_id"})
_NOISE = re.compile("[a-z0-9]{8}")
"""What `terraform test` gives to a text that is computed and that nobody has stood in for."""
_TOKEN = re.compile(r"(?<![0-9a-f])[0-9a-f]{17}(?![0-9a-f])", re.IGNORECASE)


class UnresolvedError(OperatorError):
    """Report that Terraform could not evaluate the configuration with made-up identities."""


@dataclass(frozen=True, kw_only=True)
class Identities:
    """A made-up identity for each resource of a plan.

    `tokens` gives the address by the 17 hexadecimal digits that all made-up values of a resource hold; `names` gives it
    by the identities that the plan knows already, such as a bucket's name; `values` are the made-up attributes by address.
    """

    tokens: Mapping[str, str]
    names: Mapping[str, str]
    values: Mapping[str, Mapping[str, Any]]

    def test_file(self) -> str:
        """Write the test that makes Terraform plan with these identities."""
        overrides = [
            f"override_resource {{\n  target          = {address}\n  override_during = plan\n  values          = {_hcl(values)}\n}}\n"
            for address, values in self.values.items()
        ]
        return "\n".join([*overrides, 'run "references" {\n  command = plan\n}\n'])

    def addresses(self, value: Any) -> list[str]:
        """List the resources that a value refers to, in the order of the text; it may be nested or JSON in a string."""
        found: dict[str, None] = {}
        for text in _texts(value):
            if text in self.names:
                found[self.names[text]] = None
            for token in _TOKEN.findall(text):
                if token.lower() in self.tokens:
                    found[self.tokens[token.lower()]] = None
        return list(found)


def invent(document: Mapping[str, Any]) -> Identities:
    """Invent an identity for every managed resource that a plan (`terraform show -json`) creates or keeps."""
    tokens, names, values = {}, {}, {}
    regions = _regions(document)
    for item in document.get("resource_changes", ()):
        if item["mode"] != "managed" or item["change"]["after"] is None:
            continue
        address = item["address"]
        token = hashlib.sha256(address.encode()).hexdigest()[:17]
        tokens[token] = address
        region = regions.get(configured(address), "eu-west-1")
        values[address] = _invented(item, token, region)
        name = _name(item)
        if name:
            names[name] = address
            values[address]["id"] = name
    return Identities(tokens=tokens, names=names, values=values)


def read(lines: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Read what `terraform test -json -verbose` printed: the planned attributes of each resource by address.

    Raise UnresolvedError with Terraform's first error if it could not plan.
    """
    planned = None
    errors = []
    for line in lines:
        if '"type":"test_plan"' in line:
            planned = json.loads(line)["test_plan"]
        elif '"type":"diagnostic"' in line:
            diagnostic = json.loads(line)["diagnostic"]
            if diagnostic["severity"] == "error":
                errors.append(f"{diagnostic['summary']}: {' '.join(str(diagnostic.get('detail', '')).split())}")
    if errors or planned is None:
        reason = errors[0] if errors else "Terraform printed no plan."
        raise UnresolvedError(
            f"The plan's references could not be followed, because it does not evaluate with made-up identities: {reason}"
            " A validation may ask for a shape that scripts/references.py does not give to an id yet."
        )
    return {item["address"]: item["change"]["after"] or {} for item in planned.get("resource_changes", ())}


def complete(
    document: Mapping[str, Any], identities: Identities, planned: Mapping[str, Mapping[str, Any]]
) -> dict[str, dict[str, Any]]:
    """Return every planned resource's attributes by address: the plan's own, and made-up ones where it knows none.

    `planned` is what `read` returned. Terraform fills attributes that nobody sets or invents with noise: they are None.
    """
    written = {address: set(resource.get("expressions", ())) for address, resource in _configuration(document)}
    found = {}
    for item in document.get("resource_changes", ()):
        address, change = item["address"], item["change"]
        if item["mode"] != "managed" or change["after"] is None:
            continue
        # The configuration in a plan does not show `dynamic` blocks; what the plan knows in part is one that is meant.
        meant = written.get(configured(address), set()) | set(identities.values.get(address, ())) | set(change["after"])
        known = {name: value for name, value in planned.get(address, {}).items() if name in meant}
        found[address] = dict(_merged(change["after"], change.get("after_unknown") or {}, known))
    return found


def configured(address: str) -> str:
    """Take the instance keys out of an address: `module.a["x"].aws_b.c[0]` is configured as `module.a.aws_b.c`."""
    return re.sub(r'\[(?:"(?:[^"\\]|\\.)*"|\d+)\]', "", address)


def _invented(item: Mapping[str, Any], token: str, region: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    after = item["change"]["after"]
    for name, unknown in (item["change"].get("after_unknown") or {}).items():
        if unknown is True:
            value = _made_up(item["type"], name, token, region)
            if value is not None:
                found[name] = value
        elif name == "domain_validation_options":
            found[name] = [
                {**known, **{leaf: _made_up(item["type"], leaf, token, region) for leaf in blank}}
                for known, blank in zip(after[name], unknown, strict=True)
            ]
    return found


def _made_up(type_: str, name: str, token: str, region: str) -> Any:
    """Give an attribute a value of the shape that AWS gives it; None for one that nothing refers to."""
    if name == "arn":
        service = _SERVICES.get(type_.split("_")[1], type_.split("_")[1])
        kind = {"aws_kms_key": "key", "aws_acm_certificate": "certificate"}.get(type_, type_.removeprefix("aws_"))
        return f"arn:aws:{service}:{region}:000000000000:{kind}/{token}"
    if name == "resource_record_type":
        return "CNAME"
    if name == "prefix_list_id":
        return f"pl-{token}"
    if name == "arn_suffix":
        return f"{type_.removeprefix('aws_')}/{token}"
    if name == "url":
        return f"https://made-up.example/{token}"
    if name == "master_user_secret":
        return [
            {
                "kms_key_id": "",
                "secret_arn": f"arn:aws:secretsmanager:{region}:000000000000:secret:{token}",
                "secret_status": "active",
            }
        ]
    if name in _HOST_NAMES:
        return f"{token}.made-up.example"
    if name == "id" or name in _IDS:
        prefix = _PREFIXES.get(type_, "")
        return f"{prefix}{token.upper() if prefix == 'Z' else token}"
    return None


def _name(item: Mapping[str, Any]) -> str | None:
    """Return the id of a resource whose id is its name, which the plan knows."""
    return item["change"]["after"].get("bucket") if item["type"] == "aws_s3_bucket" else None


def _merged(after: Any, unknown: Any, made_up: Any) -> Any:
    """Fill in what is unknown in a planned value from the same value with made-up identities."""
    if unknown is True:
        return None if isinstance(made_up, str) and _NOISE.fullmatch(made_up) else made_up
    if isinstance(unknown, Mapping) and isinstance(after, Mapping):
        other = made_up if isinstance(made_up, Mapping) else {}
        names = {*after, *(name for name, mark in unknown.items() if mark)}
        return {name: _merged(after.get(name), unknown.get(name), other.get(name)) for name in sorted(names)}
    if isinstance(unknown, list) and isinstance(after, list):
        left = list(made_up) if isinstance(made_up, list) else []
        found = []
        for value, mark in zip_longest(after, unknown):
            agreeing = [candidate for candidate in left if _agrees(value, mark, candidate)]
            if agreeing:
                left.remove(agreeing[0])
            found.append(_merged(value, mark, agreeing[0] if agreeing else None))
        return found
    return after


def _agrees(after: Any, unknown: Any, made_up: Any) -> bool:
    """Say whether a made-up value is the planned one wherever that is known: a set's order follows from its values."""
    if unknown is True:
        return True
    if isinstance(after, Mapping) and isinstance(made_up, Mapping):
        named = unknown if isinstance(unknown, Mapping) else {}
        return all(_agrees(value, named.get(name), made_up.get(name)) for name, value in after.items())
    if isinstance(after, list) and isinstance(made_up, list):
        listed = unknown if isinstance(unknown, list) else []
        if len(after) != len(made_up):
            return False
        return all(_agrees(value, mark, other) for value, mark, other in zip_longest(after, listed, made_up))
    # Terraform's stand-in plans no defaults: what is empty here is null there.
    return bool(after == made_up) or not (after and made_up)


def _configuration(document: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield each configured resource by the address that all its instances share."""
    yield from _resources(document.get("configuration", {}).get("root_module", {}), "")


def _regions(document: Mapping[str, Any]) -> dict[str, str]:
    """Return the region of each configured resource's provider, where it is a literal."""
    configuration = document.get("configuration", {})
    by_key = {}
    for key, provider in configuration.get("provider_config", {}).items():
        region = provider.get("expressions", {}).get("region", {}).get("constant_value")
        if region:
            by_key[key] = str(region)
    found = {}
    for address, resource in _configuration(document):
        key = resource.get("provider_config_key", "").split(":")[-1]
        if key in by_key:
            found[address] = by_key[key]
    return found


def _resources(module: Mapping[str, Any], path: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for resource in module.get("resources", ()):
        yield f"{path}{resource['address']}", resource
    for name, call in module.get("module_calls", {}).items():
        yield from _resources(call.get("module", {}), f"{path}module.{name}.")


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _texts(item)


def _hcl(value: Any) -> str:
    """Write a value as an HCL expression: JSON is one, but for the templates that a string may hold."""
    text = json.dumps(value, ensure_ascii=False)
    return text.replace("${", "$${").replace("%{", "%%{")
