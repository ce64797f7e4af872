"""What a mend is, and the two ways to mend: add a method that moto lacks, or wrap one that falls short."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Mend:
    """One gap of moto, why it matters here, and what closes it.

    `tests/emulator/` has a probe of the same `service` and `name` that fails against moto itself: when it no longer
    does, moto has gained the behaviour and the mend is to be deleted.
    """

    service: str
    name: str
    reason: str
    apply: Callable[[], None]


def mend(service: str, *, reason: str) -> Callable[[Callable[[], None]], Mend]:
    """Make a Mend of a function that changes moto; it imports what it changes inside."""

    def make(apply: Callable[[], None]) -> Mend:
        return Mend(service=service, name=apply.__name__.replace("_", "-"), reason=reason, apply=apply)

    return make


def add_to(owner: type) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Add the decorated function to a moto class as a method; moto dispatches on its name."""

    def add(method: Callable[..., Any]) -> Callable[..., Any]:
        setattr(owner, method.__name__, method)
        return method

    return add


def wrap_on(owner: type) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Put the decorated function around the moto method of its name; it gets that method first, then self."""

    def wrap(wrapper: Callable[..., Any]) -> Callable[..., Any]:
        original = getattr(owner, wrapper.__name__)

        @functools.wraps(original)
        def method(self: Any, *args: Any, **kwargs: Any) -> Any:
            return wrapper(original, self, *args, **kwargs)

        setattr(owner, wrapper.__name__, method)
        return wrapper

    return wrap


def wrap_property_on(owner: type) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Put the decorated function around the property of its name; it gets what moto's property says, then self."""

    def wrap(wrapper: Callable[..., Any]) -> Callable[..., Any]:
        original = getattr(owner, wrapper.__name__)

        def told(self: Any) -> Any:
            return wrapper(original.__get__(self), self)

        setattr(owner, wrapper.__name__, property(told))
        return wrapper

    return wrap
