"""What the systems of a protocol are, a line each, as its settings have it."""

from __future__ import annotations

from bench.protocol.schema import Protocol
from bench.systems.system import BOUNDS, System
from bench.systems.trained import TrainedSystem
from sprm.settings import Rules, Ties

RULES = {
    Rules.corrected: "the method as described, with the known defects of the authors' code fixed",
    Rules.official: "the authors' code, including its defects",
}


TIES = {
    Ties.first: "Ties: the first tied box in the file",
    Ties.largest: "Ties: the largest tied box",
    Ties.shared: "Ties: shared evenly",
}


def systems(protocol: Protocol) -> list[str]:
    """Describe each system of a protocol in its order, then the rules they share."""
    return [
        *(f"{name}: {_described(protocol.system(name))}." for name in protocol.systems),
        f"Rules for all systems: {protocol.rules} ({RULES[protocol.rules]}).",
    ]


def _described(system: System) -> str:
    """Describe a system, with its rule for ties if it has many: if it is not trained, and chooses."""
    if isinstance(system, TrainedSystem) or system.role in BOUNDS:
        return system.description
    return f"{system.description}. {TIES[system.tie_rule]}"
