"""Counting what a source holds that had to be passed over, so that a report can say so."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from sprm.corpus.corpus import Warnings

EXAMPLES = 10
"""How many places are remembered of each kind."""


class Tally:
    """Counts by kind, with the first few places of each."""

    def __init__(self) -> None:
        self._counts: defaultdict[str, int] = defaultdict(int)
        self._examples: defaultdict[str, list[str]] = defaultdict(list)

    def add(self, kind: str, where: str, count: int = 1) -> None:
        """Count something at a place; nothing when `count` is 0."""
        if count == 0:
            return
        self._counts[kind] += count
        if len(self._examples[kind]) < EXAMPLES:
            self._examples[kind].append(where)

    def add_all(self, kind: str, places: Iterable[str]) -> None:
        """Count something at each of some places."""
        for where in places:
            self.add(kind, where)

    def merge(self, warnings: Iterable[Warnings]) -> None:
        """Count what another tally counted."""
        for warning in warnings:
            self._counts[warning.kind] += warning.count
            room = EXAMPLES - len(self._examples[warning.kind])
            self._examples[warning.kind] += warning.examples[:room]

    def warnings(self) -> list[Warnings]:
        """Everything counted, in the order it was first met."""
        return [Warnings(kind=kind, count=count, examples=self._examples[kind]) for kind, count in self._counts.items()]
