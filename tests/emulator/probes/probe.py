"""How a probe is declared: it is true where the behaviour is there, and false or fails where moto lacks it."""

from __future__ import annotations

import uuid
from collections.abc import Callable

from tests.emulator.asking import Asking

PROBES: dict[tuple[str, str], Callable[[Asking], bool]] = {}


def probe(service: str, name: str) -> Callable[[Callable[[Asking], bool]], Callable[[Asking], bool]]:
    def register(function: Callable[[Asking], bool]) -> Callable[[Asking], bool]:
        PROBES[service, name] = function
        return function

    return register


def new(prefix: str = "probe") -> str:
    return f"{prefix}-{uuid.uuid4().hex[:10]}"
