"""One probe for each mend, by the kind of service."""

from __future__ import annotations

from tests.emulator.probes import compute, data, delivery, edge, eyes
from tests.emulator.probes.probe import PROBES

__all__ = ["PROBES", "compute", "data", "delivery", "edge", "eyes"]
