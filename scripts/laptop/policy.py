"""Decide as IAM does whether policies allow an action. Pure: policy documents in, a yes or no out.

The rules: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html. What is not here
(policy variables, operators that no stack uses) raises, so that nothing passes by not being understood.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from scripts.errors import OperatorError

Context = Mapping[str, str]
"""What is known of a request beside action and resource: condition key → value."""


class PolicyError(OperatorError):
    """Report a policy that this evaluation does not understand."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """Something that somebody wants to do; `resource` None stands for any, where only the action is known."""

    action: str
    resource: str | None
    context: Context = field(default_factory=dict)
    principal: str | None = None
    """The service that asks, such as `cloudfront.amazonaws.com`; None where the policies are a role's own."""


def allows(documents: Iterable[Mapping[str, Any]], request: Request) -> bool:
    """Say whether the documents together allow a request: one must, and none may deny it."""
    allowed = False
    for statement in _statements(documents):
        if not _applies(statement, request):
            continue
        if statement["Effect"] == "Deny":
            return False
        allowed = True
    return allowed


def _statements(documents: Iterable[Mapping[str, Any]]) -> Iterable[Mapping[str, Any]]:
    for document in documents:
        statements = document["Statement"]
        yield from [statements] if isinstance(statements, Mapping) else statements


def _applies(statement: Mapping[str, Any], request: Request) -> bool:
    return (
        _names_principal(statement, request.principal)
        and _names(statement, "Action", request.action.lower(), lower=True)
        and (request.resource is None or _names(statement, "Resource", request.resource, lower=False))
        and _conditions_hold(statement.get("Condition", {}), request.context)
    )


def _names_principal(statement: Mapping[str, Any], principal: str | None) -> bool:
    if principal is None:
        return True
    if "NotPrincipal" in statement:
        raise PolicyError(
            "A policy with NotPrincipal is not understood here: write it with a condition, as AWS advises."
        )
    named = statement.get("Principal", {})
    if named == "*":
        return True
    return any(value in {"*", principal} for values in named.values() for value in _list(values))


def _names(statement: Mapping[str, Any], element: str, value: str, *, lower: bool) -> bool:
    """Match `Action` or `Resource`, or their opposite `NotAction` or `NotResource`."""
    opposite = f"Not{element}"
    # A trust policy names no resource: it is the role's own.
    patterns = statement.get(element, statement.get(opposite, ["*"] if element == "Resource" else []))
    found = any(_like(pattern.lower() if lower else pattern)(value) for pattern in _list(patterns))
    return found != (opposite in statement)


def _conditions_hold(conditions: Mapping[str, Mapping[str, Any]], context: Context) -> bool:
    known = {key.lower(): value for key, value in context.items()}
    return all(
        _holds(operator, _list(expected), known.get(key.lower()))
        for operator, keys in conditions.items()
        for key, expected in keys.items()
    )


def _holds(operator: str, expected: list[str], actual: str | None) -> bool:
    if operator == "Null":
        return (actual is None) == (expected[0].lower() == "true")
    name = operator.removesuffix("IfExists")
    if name not in _OPERATORS:
        raise PolicyError(f"The condition operator {operator} is not understood here: add it to {__name__}.")
    positive, matches = _OPERATORS[name]
    if actual is None:
        # A missing key fails what must be equal, and satisfies what must differ.
        return operator.endswith("IfExists") or not positive
    return positive == any(matches(value, actual) for value in expected)


def _equal(expected: str, actual: str) -> bool:
    return expected == actual


def _equal_ignoring_case(expected: str, actual: str) -> bool:
    return expected.lower() == actual.lower()


def _alike(expected: str, actual: str) -> bool:
    return _like(expected)(actual)


_OPERATORS: Mapping[str, tuple[bool, Callable[[str, str], bool]]] = {
    "StringEquals": (True, _equal),
    "StringNotEquals": (False, _equal),
    "StringEqualsIgnoreCase": (True, _equal_ignoring_case),
    "StringNotEqualsIgnoreCase": (False, _equal_ignoring_case),
    "StringLike": (True, _alike),
    "StringNotLike": (False, _alike),
    "ArnEquals": (True, _alike),
    "ArnNotEquals": (False, _alike),
    "ArnLike": (True, _alike),
    "ArnNotLike": (False, _alike),
    "Bool": (True, _equal_ignoring_case),
    "NumericEquals": (True, lambda expected, actual: float(expected) == float(actual)),
    "NumericLessThan": (True, lambda expected, actual: float(actual) < float(expected)),
}


@functools.cache
def _like(pattern: str) -> Callable[[str], bool]:
    """Return a test for IAM's wildcards: `*` any characters, `?` exactly one."""
    if "${" in pattern:
        raise PolicyError(f"The policy variable in {pattern!r} is not understood here: write the value.")
    parts = {"*": ".*", "?": "."}
    text = "".join(parts.get(character) or re.escape(character) for character in pattern)
    matcher = re.compile(text, re.DOTALL)
    return lambda value: matcher.fullmatch(value) is not None


def _list(value: Any) -> list[str]:
    return [str(item) for item in value] if isinstance(value, (list, tuple)) else [str(value)]
