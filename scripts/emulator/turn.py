"""The one turn that requests take: who holds it is alone with moto."""

from __future__ import annotations

import threading

TURN = threading.Condition(threading.RLock())
"""Held for each request. A request that waits for another (a long poll of a queue) waits *on* it, which gives the
turn away meanwhile; every finished request wakes the waiting ones."""
