"""Which pairs of trained systems a report tells of in sentences; its tables have all."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

FEW = 3
"""Trained systems of which every pair is told; of more, only the pairs that the first one is in."""


def told_pairs(trained: Sequence[str]) -> list[tuple[str, str]]:
    """Return the pairs that are told, in the order of the systems.

    Args:
        trained: names of systems, in the protocol's order.
    """
    pairs = list(combinations(trained, 2))
    return pairs if len(trained) <= FEW else [pair for pair in pairs if pair[0] == trained[0]]


def untold(trained: Sequence[str]) -> list[str]:
    """Say where the pairs are that are not told; nothing where all are."""
    if len(trained) <= FEW:
        return []
    return [f"The comparisons of the other systems with each other, {', '.join(trained[1:])}, are in the tables."]
