"""What the systems of a protocol are, a line each, as its settings have it."""

from __future__ import annotations

from bench.protocol.schema import Protocol
from sprm.settings import Rules

RULES = {
    Rules.corrected: "the method as described, with the known defects of the authors' code fixed",
    Rules.official: "the authors' code, including its defects",
}


def systems(protocol: Protocol) -> list[str]:
    """Describe each system of a protocol in its order, then the rules they share."""
    return [
        *(f"{name}: {system.description}." for name, system in protocol.systems.items()),
        f"Rules for all systems: {protocol.rules}, that is, {RULES[protocol.rules]}.",
    ]
