"""How far what is not trained hangs on what settles ties between boxes of one score."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import nan

import numpy as np

from bench.analysis.curves import mean_accuracy
from bench.analysis.evidence import Evidence
from bench.analysis.fraction import label_of
from bench.stats import Estimate
from bench.store.records import TrialKey
from bench.systems.system import BOUNDS
from sprm.settings import Ties

NOTABLE = 0.02
"""Share of accuracy by which two rules have to differ before a reader is warned."""


@dataclass(frozen=True)
class TiedSystem:
    """A system that is not trained, and its ties.

    Attributes:
        system: its name in the protocol.
        rule: what settles its ties.
        phrases: share of the test phrases for which several boxes have the highest score.
        boxes: mean number of those boxes, over these phrases; NaN without any.
        accuracy: under each rule, by the metric that decides.
    """

    system: str
    rule: Ties
    phrases: float
    boxes: float
    accuracy: Mapping[Ties, Estimate]

    @property
    def spread(self) -> float:
        """Largest difference in accuracy between two rules, in [0, 1]."""
        estimates = [own.estimate for own in self.accuracy.values()]
        return max(estimates) - min(estimates)


def tied_systems(evidence: Evidence) -> tuple[TiedSystem, ...]:
    """Describe the ties of every system that is not trained and chooses boxes, in the protocol's order.

    The upper bound, which knows the targets, is none of them.
    """
    keys = list(_untrained(evidence))
    return tuple(_tied(evidence, name, keys) for name in dict.fromkeys(key.system for key in keys))


def hangs_on_ties(evidence: Evidence, system: str) -> bool:
    """Tell whether a system is not trained, has ties, and settles them by another rule than sharing."""
    return any(
        key.system == system
        and bool((evidence.outcomes.ties[key].boxes > 1).any())
        and evidence.protocol.system(system).tie_rule is not Ties.shared
        for key in _untrained(evidence)
    )


def settled_by(rule: Ties, evidence: Evidence) -> Evidence:
    """Return the same evidence with the ties of every untrained system settled by one rule."""
    return replace(evidence, outcomes=evidence.outcomes.under(rule, _untrained(evidence)))


def _untrained(evidence: Evidence) -> Iterator[TrialKey]:
    for name, system in evidence.protocol.systems.items():
        if name not in evidence.protocol.trained and system.role not in BOUNDS:
            label = label_of(None)
            keys = (TrialKey(name, label, seed) for seed in evidence.outcomes.seeds(name, label))
            yield from (key for key in keys if key in evidence.outcomes.ties)


def _tied(evidence: Evidence, system: str, untrained: Sequence[TrialKey]) -> TiedSystem:
    boxes = np.concatenate([evidence.outcomes.ties[key].boxes for key in untrained if key.system == system])
    several = boxes > 1
    return TiedSystem(
        system=system,
        rule=evidence.protocol.system(system).tie_rule,
        phrases=float(several.mean()),
        boxes=float(boxes[several].mean()) if several.any() else nan,
        accuracy={rule: mean_accuracy(settled_by(rule, evidence), system, None) for rule in Ties},
    )
