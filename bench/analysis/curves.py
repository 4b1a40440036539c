"""Accuracy of every system at every amount of training data, over all phrases and by entity type."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from math import nan

import numpy as np

from bench.analysis.evidence import Evidence
from bench.analysis.fraction import Fraction, label_of
from bench.stats import Estimate, two_way_mean
from bench.systems.system import Role
from sprm.evaluation.metric import METRICS, TypeMean


@dataclass(frozen=True)
class CurvePoint:
    """How well a system does at one amount of training data.

    Attributes:
        system: its name in the protocol.
        kind: what it is.
        role: what it stands for.
        fraction: what it was trained on; None for a system that is not trained.
        seeds: the seeds whose trials are complete.
        accuracy: the mean of the metric that decides; by default the share of phrases with the right box.
        others: by name, the mean of each other metric of the protocol.
        by_seed: that accuracy of each of these seeds.
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
        accuracy: the mean of the metric that decides over those phrases.
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
    return CurvePoint(
        system=system,
        kind=evidence.protocol.systems[system].kind,
        role=evidence.protocol.systems[system].stands_for,
        fraction=fraction,
        seeds=seeds,
        accuracy=mean_accuracy(evidence, system, fraction),
        others={name: _other(evidence, system, fraction, name) for name in evidence.protocol.metrics[1:]},
        by_seed=tuple(float(accuracy) for accuracy in per_seed),
    )


def mean_accuracy(
    evidence: Evidence,
    system: str,
    fraction: Fraction | None,
    *,
    metric: str | None = None,
    entity_type: str | None = None,
) -> Estimate:
    """Estimate the mean of a metric, over all phrases or those of one type.

    Args:
        evidence: of a run.
        system: its name in the protocol.
        fraction: what it was trained on; None when it is not trained.
        metric: its name; None for the one that decides.
        entity_type: the phrases that count; None for all of them.
    """
    seeds = _seeds(evidence, system, fraction)
    counts = evidence.counts(system, fraction, seeds, metric=metric, entity_type=entity_type)
    return _of_a_share(two_way_mean(counts, evidence.outcomes.test.sizes(entity_type)))


def mean_over_types(evidence: Evidence, system: str, fraction: Fraction | None, metric: str) -> Estimate:
    """Estimate the mean over entity types of a metric's mean on the phrases of each.

    That is a mean of ratios, whose variance is linearised: each image counts with how far its phrases of each type lie
    from the mean of that type, so that the numbers of phrases of the types vary from image to image without any weight.
    See Binder, On the variances of asymptotically normal estimators from complex surveys, ISR 1983.

    Args:
        evidence: of a run.
        system: its name in the protocol.
        fraction: what it was trained on; None when it is not trained.
        metric: name of the one that is averaged.
    """
    seeds, test = _seeds(evidence, system, fraction), evidence.outcomes.test
    means, apart = [], []
    for name in test.members:
        counts = evidence.counts(system, fraction, seeds, metric=metric, entity_type=name)
        sizes = test.sizes(name)
        mean = counts.sum(axis=1, keepdims=True) / sizes.sum()
        means.append(mean)
        apart.append((counts - mean * sizes) / sizes.sum())
    # Counts whose mean and whose deviations from it, image by image, are those of the mean over types.
    linearised = np.mean(apart, axis=0) * test.phrases + np.mean(means, axis=0) * test.sizes()
    return _of_a_share(two_way_mean(linearised, test.sizes()))


def _of_a_share(mean: Estimate) -> Estimate:
    """End the interval of what lies in [0, 1] there; few seeds that differ much would have it end beyond."""
    low, high = np.clip([mean.low, mean.high], 0.0, 1.0).tolist()
    return replace(mean, low=low, high=high)


def _other(evidence: Evidence, system: str, fraction: Fraction | None, name: str) -> Estimate:
    metric = METRICS.by_name()[name]
    if isinstance(metric, TypeMean):
        return mean_over_types(evidence, system, fraction, metric.of)
    return mean_accuracy(evidence, system, fraction, metric=name)


def _seeds(evidence: Evidence, system: str, fraction: Fraction | None) -> tuple[int, ...]:
    # One answer stands for every seed when nothing was trained: its row is repeated, never taken for one seed of many.
    repeated = tuple(range(max(2, evidence.protocol.independent_seeds)))
    own = evidence.outcomes.seeds(system, label_of(fraction))
    return own if system in evidence.protocol.seeded else repeated
