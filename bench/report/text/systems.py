"""What the systems of a protocol are, a line each, as its settings have it."""

from __future__ import annotations

from bench.protocol.schema import Protocol
from bench.systems.system import BOUNDS, System, TrainedSystem
from sprm.settings import Rules, Ties

RULES = {
    Rules.corrected: "the method as described, with the known defects of the authors' code fixed",
    Rules.official: "the authors' code, including its defects",
}


TIES = {
    Ties.first: "the first in the file answers",
    Ties.largest: "the largest answers",
    Ties.shared: "all answer in equal shares",
}


def systems(protocol: Protocol) -> list[str]:
    """Describe each system of a protocol in its order, then the rules they share."""
    return [
        *(f"{name}: {_described(protocol.system(name))}." for name in protocol.systems),
        f"Rules for all systems: {protocol.rules}, that is, {RULES[protocol.rules]}.",
    ]


def _described(system: System) -> str:
    """Describe a system, and what settles its ties where it is one that has many: it is not trained, and chooses."""
    if isinstance(system, TrainedSystem) or system.role in BOUNDS:
        return system.description
    return f"{system.description}; of boxes that tie, {TIES[system.tie_rule]}"
