"""Accuracy of every system at every amount of training data, over all phrases and by entity type."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import nan

import numpy as np

from bench.analysis.evidence import Evidence
from bench.analysis.fraction import Fraction, label_of
from bench.stats import Estimate, two_way_mean
from bench.systems.system import Role
from sprm.evaluation.metric import ACCURACY


@dataclass(frozen=True)
class CurvePoint:
    """How well a system does at one amount of training data.

    Attributes:
        system: its name in the protocol.
        kind: what it is.
        role: what it stands for.
        fraction: what it was trained on; None for a system that is not trained.
        seeds: the seeds whose trials are complete.
        accuracy: share of phrases with the right box.
        others: by name, the mean of each other metric.
        by_seed: accuracy of each of these seeds.
    """

    system: str
    kind: str
    role: Role
    fraction: Fraction | None
    seeds: tuple[int, ...]
    accuracy: Estimate
    others: Mapping[str, Estimate]
    by_seed: tuple[float, ...]

    @property
    def seed_sd(self) -> float:
        """Standard deviation of the accuracy between seeds; NaN with fewer than two."""
        return float(np.std(self.by_seed, ddof=1)) if len(self.by_seed) > 1 else nan


@dataclass(frozen=True)
class TypePoint:
    """How well a system does on the phrases of one entity type.

    Attributes:
        entity_type: the type; a phrase of several types counts in each.
        phrases: test phrases of that type.
        system: its name in the protocol.
        fraction: what it was trained on; None for a system that is not trained.
        accuracy: share of those phrases with the right box.
    """

    entity_type: str
    phrases: int
    system: str
    fraction: Fraction | None
    accuracy: Estimate


def cells(evidence: Evidence) -> Iterator[tuple[str, Fraction | None]]:
    """Yield each system with each amount of data it is trained on, or with None when it is not trained."""
    for system in evidence.protocol.systems:
        amounts = list(evidence.fractions.values()) if system in evidence.protocol.trained else [None]
        for fraction in amounts:
            yield system, fraction


def curve(evidence: Evidence) -> tuple[CurvePoint, ...]:
    """Estimate the accuracy in every cell that has a complete trial."""
    points = (_point(evidence, system, fraction) for system, fraction in cells(evidence))
    return tuple(point for point in points if point.seeds)


def by_type(evidence: Evidence) -> tuple[TypePoint, ...]:
    """Estimate the accuracy on each entity type, the most frequent first, in every cell with a complete trial."""
    members = evidence.outcomes.test.members
    return tuple(
        TypePoint(
            entity_type=name,
            phrases=int(members[name].sum()),
            system=system,
            fraction=fraction,
            accuracy=mean_accuracy(evidence, system, fraction, entity_type=name),
        )
        for name in members
        for system, fraction in cells(evidence)
        if evidence.outcomes.seeds(system, label_of(fraction))
    )


def _point(evidence: Evidence, system: str, fraction: Fraction | None) -> CurvePoint:
    seeds = evidence.outcomes.seeds(system, label_of(fraction))
    per_seed = evidence.counts(system, fraction, seeds).sum(axis=1) / evidence.outcomes.test.phrases
    others = [name for name in evidence.outcomes.metrics if name != ACCURACY]
    return CurvePoint(
        system=system,
        kind=evidence.protocol.systems[system].kind,
        role=evidence.protocol.systems[system].role,
        fraction=fraction,
        seeds=seeds,
        accuracy=mean_accuracy(evidence, system, fraction),
        others={name: mean_accuracy(evidence, system, fraction, metric=name) for name in others},
        by_seed=tuple(float(accuracy) for accuracy in per_seed),
    )


def mean_accuracy(
    evidence: Evidence,
    system: str,
    fraction: Fraction | None,
    *,
    metric: str = ACCURACY,
    entity_type: str | None = None,
) -> Estimate:
    """Estimate the accuracy of a system, or the mean of another metric, over all phrases or those of one type.

    Args:
        evidence: of a run.
        system: its name in the protocol.
        fraction: what it was trained on; None when it is not trained.
        metric: its name.
        entity_type: the phrases that count; None for all of them.
    """
    # One answer stands for every seed when nothing was trained: its row is repeated, never taken for one seed of many.
    repeated = tuple(range(max(2, evidence.protocol.independent_seeds)))
    seeds = evidence.outcomes.seeds(system, label_of(fraction)) if fraction else repeated
    counts = evidence.counts(system, fraction, seeds, metric=metric, entity_type=entity_type)
    return two_way_mean(counts, evidence.outcomes.test.sizes(entity_type))
