"""The rules by name: a rule takes a plan and says each way in which it is broken."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from tests.plans import Planned

Rule = Callable[[Planned], Iterable[str]]
RULES: dict[str, Rule] = {}


def rule(function: Rule) -> Rule:
    """Make a function a rule that every root must keep; its docstring says why."""
    assert function.__doc__, f"{function.__name__} does not say why"
    RULES[function.__name__] = function
    return function
