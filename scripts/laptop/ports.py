"""Find ports that are free on every address where somebody looks for them."""

from __future__ import annotations

import socket

from scripts.errors import OperatorError
from scripts.laptop.differences import LOOPBACK

FIRST = 8080
_TRIED = 50


class PortError(OperatorError):
    """Report that a port is taken."""


def for_browsers(wanted: int | None = None) -> int:
    """Return the port asked for, else 8080 or the next free one; raise PortError where there is none."""
    if wanted is not None:
        if not is_free(wanted):
            raise PortError(
                f"Port {wanted} is taken: name another one, or none to get the next free one from {FIRST} on."
            )
        return wanted
    for port in range(FIRST, FIRST + _TRIED):
        if is_free(port):
            return port
    raise PortError(f"The ports {FIRST} to {FIRST + _TRIED - 1} are all taken: name a free one with --port.")


def is_free(port: int) -> bool:
    """Say whether a port is free on all loopback addresses: browsers try IPv6 first for *.localhost."""
    families = [(socket.AF_INET, LOOPBACK)] + ([(socket.AF_INET6, "::1")] if has_ipv6() else [])
    for family, address in families:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((address, port))
            except OSError:
                return False
    return True


def any_free() -> int:
    """Return some free port."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port


def has_ipv6() -> bool:
    """Say whether this machine has an IPv6 loopback."""
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True
