"""What answers under which name, and with which headers: the distributions, the load balancer, the buckets' CORS. Pure."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Behaviour:
    """How a distribution serves the paths that match `pattern` (CloudFront's wildcards)."""

    pattern: str
    methods: tuple[str, ...]
    single_page: bool
    headers: Mapping[str, str]
    cors_origins: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Distribution:
    """A CloudFront distribution in front of one bucket.

    `readable` says whether the bucket lets it read, `listable` whether S3 tells it that an object is missing (404
    instead of 403).
    """

    bucket: str
    root: str
    behaviours: tuple[Behaviour, ...]
    readable: bool
    listable: bool

    def behaviour(self, path: str) -> Behaviour:
        """Return the first behaviour whose pattern matches; the last one takes everything."""
        return next(item for item in self.behaviours if _matches(item.pattern, path))

    def key(self, path: str) -> str:
        """Return the object that a path leads to."""
        if self.behaviour(path).single_page:
            path = single_page(path)
        return self.root if path == "/" else path.removeprefix("/")


@dataclass(frozen=True, kw_only=True)
class Health:
    """When the load balancer takes a target for healthy."""

    path: str
    interval_seconds: int
    timeout_seconds: int
    healthy_after: int
    unhealthy_after: int
    codes: str

    def accepts(self, status: int) -> bool:
        """Say whether an answer counts as healthy: the matcher is a list of codes and ranges, as in `200,204-206`."""
        for part in self.codes.split(","):
            first, _, last = part.partition("-")
            if int(first) <= status <= int(last or first):
                return True
        return False


@dataclass(frozen=True, kw_only=True)
class LoadBalancer:
    """The load balancer, its one target, and how that proves its health."""

    target: str
    health: Health
    idle_seconds: int


@dataclass(frozen=True, kw_only=True)
class Edge:
    """Who answers, by name."""

    distributions: Mapping[str, Distribution]
    load_balancers: Mapping[str, LoadBalancer]
    cors: Mapping[str, list[dict[str, Any]]]
    """CORS rules by bucket."""


def host_name(header: str) -> str:
    """Return the name in a Host header, without its port and in lower case."""
    return re.sub(r":\d+$", "", header).lower()


def single_page(path: str) -> str:
    """Do what terraform/modules/cdn/single_page.js does; a test runs both."""
    return path if "." in path.rsplit("/", 1)[-1] else "/index.html"


def cors_headers(rules: list[dict[str, Any]], origin: str, method: str, wanted: str = "") -> dict[str, str] | None:
    """Return what S3 answers to a page of another origin, None where no rule lets it in; `wanted` lists a preflight's headers."""
    names = [name.strip().lower() for name in wanted.split(",") if name.strip()]
    for rule in rules:
        allowed = [pattern.lower() for pattern in rule.get("AllowedHeaders", ())]
        if (
            any(fnmatch.fnmatchcase(origin, pattern) for pattern in rule["AllowedOrigins"])
            and method in rule["AllowedMethods"]
            and all(any(fnmatch.fnmatchcase(name, pattern) for pattern in allowed) for name in names)
        ):
            found = {
                "Access-Control-Allow-Origin": "*" if "*" in rule["AllowedOrigins"] else origin,
                "Access-Control-Allow-Methods": ", ".join(rule["AllowedMethods"]),
                "Vary": "Origin, Access-Control-Request-Headers, Access-Control-Request-Method",
            }
            if names:
                found["Access-Control-Allow-Headers"] = ", ".join(names)
            if rule.get("ExposeHeaders"):
                found["Access-Control-Expose-Headers"] = ", ".join(rule["ExposeHeaders"])
            if "MaxAgeSeconds" in rule:
                found["Access-Control-Max-Age"] = str(rule["MaxAgeSeconds"])
            return found
    return None


def _matches(pattern: str, path: str) -> bool:
    return fnmatch.fnmatchcase(path.removeprefix("/"), pattern.removeprefix("/"))
