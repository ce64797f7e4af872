"""Rules that every environment keeps, whatever its size. An audit can run them over any plan."""

from tests.invariants.rules import data, edge, everything, network, scaling, tasks
from tests.invariants.rules.registry import RULES, Rule

__all__ = ["RULES", "Rule", "data", "edge", "everything", "network", "scaling", "tasks"]
