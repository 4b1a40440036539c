"""Accuracy of every system at every amount of training data, over all phrases and by entity type."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import nan

import numpy as np

from bench.analysis.outcomes import Measure, Outcomes
from bench.protocol import Protocol
from bench.standing import UNTRAINED
from bench.stats import Estimate, two_way_mean


@dataclass(frozen=True)
class Portion:
    """An amount of training data.

    Attributes:
        label: as trials are filed under, `0.05` or `16-images`.
        images: training images.
        share: of all training images, in (0, 1].
    """

    label: str
    images: int
    share: float


@dataclass(frozen=True)
class CurvePoint:
    """How well a system does at one amount of training data.

    Attributes:
        system: its name in the protocol.
        kind: what it is.
        portion: what it was trained on; None for a system that is not trained.
        seeds: the seeds whose trials are complete.
        accuracy: share of phrases with the right box.
        pointing: share of phrases whose box has its centre in the target.
        by_seed: accuracy of each of these seeds.
    """

    system: str
    kind: str
    portion: Portion | None
    seeds: tuple[int, ...]
    accuracy: Estimate
    pointing: Estimate
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
        portion: what it was trained on; None for a system that is not trained.
        accuracy: share of those phrases with the right box.
    """

    entity_type: str
    phrases: int
    system: str
    portion: Portion | None
    accuracy: Estimate


def cells(protocol: Protocol, portions: dict[str, Portion]) -> Iterator[tuple[str, Portion | None]]:
    """Yield each system with each amount of data it is trained on, or with None when it is not trained."""
    for system in protocol.systems:
        amounts = [None] if protocol.training_of(system) is None else list(portions.values())
        for portion in amounts:
            yield system, portion


def curve(protocol: Protocol, portions: dict[str, Portion], outcomes: Outcomes) -> tuple[CurvePoint, ...]:
    """Estimate the accuracy in every cell that has a complete trial."""
    points = (_point(protocol, system, portion, outcomes) for system, portion in cells(protocol, portions))
    return tuple(point for point in points if point.seeds)


def by_type(protocol: Protocol, portions: dict[str, Portion], outcomes: Outcomes) -> tuple[TypePoint, ...]:
    """Estimate the accuracy on each entity type, the most frequent first, in every cell with a complete trial."""
    return tuple(
        TypePoint(
            entity_type=name,
            phrases=int(outcomes.test.members[name].sum()),
            system=system,
            portion=portion,
            accuracy=_accuracy(protocol, system, portion, outcomes, entity_type=name),
        )
        for name in outcomes.test.members
        for system, portion in cells(protocol, portions)
        if outcomes.seeds(system, label_of(portion))
    )


def label_of(portion: Portion | None) -> str:
    """Return what trials on a portion are filed under."""
    return UNTRAINED if portion is None else portion.label


def _point(protocol: Protocol, system: str, portion: Portion | None, outcomes: Outcomes) -> CurvePoint:
    seeds = outcomes.seeds(system, label_of(portion))
    per_seed = outcomes.counts(system, label_of(portion), seeds).sum(axis=1) / outcomes.test.phrases
    return CurvePoint(
        system=system,
        kind=protocol.systems[system].kind,
        portion=portion,
        seeds=seeds,
        accuracy=_accuracy(protocol, system, portion, outcomes),
        pointing=_accuracy(protocol, system, portion, outcomes, measure="pointing"),
        by_seed=tuple(float(accuracy) for accuracy in per_seed),
    )


def _accuracy(
    protocol: Protocol,
    system: str,
    portion: Portion | None,
    outcomes: Outcomes,
    *,
    measure: Measure = "correct",
    entity_type: str | None = None,
) -> Estimate:
    # One answer stands for every seed when nothing was trained: its row is repeated, never taken for one seed of many.
    seeds = outcomes.seeds(system, label_of(portion)) if portion else (0,) * max(2, protocol.seeds)
    counts = outcomes.counts(system, label_of(portion), seeds, measure=measure, entity_type=entity_type)
    return two_way_mean(counts, outcomes.test.sizes(entity_type))
