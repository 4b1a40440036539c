"""One trained system against another over all amounts of data: what it saves, and how much more accurate it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations, permutations
from math import comb, nan

import numpy as np
from numpy.typing import NDArray

from bench.analysis.evidence import Evidence
from bench.analysis.fraction import Fraction
from bench.analysis.learning import Learning, counts, fitted
from bench.stats import (
    AmountNeeded,
    CurveStatus,
    Estimate,
    LearningCurve,
    data_multiplier,
    holm,
    log_mean_counts,
    two_way_difference,
)


@dataclass(frozen=True)
class Multiplier:
    """How many times more data a rival needs to be as accurate as a system after one amount.

    Attributes:
        system: whose measured accuracy is to be equalled.
        rival: whose curve is to equal it.
        fraction: what the system was trained on.
        seeds: the seeds that are complete at every amount of both.
        needed: of the rival; its value is a multiple of the system's images.
        status: whether the rival has a fitted curve, and if not, why.
    """

    system: str
    rival: str
    fraction: Fraction
    seeds: tuple[int, ...]
    needed: AmountNeeded
    status: CurveStatus


@dataclass(frozen=True)
class AreaDifference:
    """How much more accurate one system is than another, on average over the logarithm of the amount.

    Attributes:
        system: a trained system.
        rival: another.
        fractions: the amounts that both have, ascending.
        seeds: the seeds that are complete at every amount of both.
        difference: area of the system minus that of the rival, paired by seed and image; its `p` is unadjusted.
        p_holm: p adjusted over the family; NaN when there is no p.
        family: hypotheses in the family: every two trained systems that the protocol names.
    """

    system: str
    rival: str
    fractions: tuple[Fraction, ...]
    seeds: tuple[int, ...]
    difference: Estimate
    p_holm: float
    family: int


def multipliers(learned: Sequence[Learning], evidence: Evidence) -> tuple[Multiplier, ...]:
    """Find the data multiplier of every system over every other, at each of the system's amounts.

    Args:
        learned: the systems, on all phrases.
        evidence: of the same run.
    """
    multiples = []
    for system, rival in permutations(learned, 2):
        seeds = _shared(system, rival)
        ours, theirs = _over(system, seeds, evidence), _over(rival, seeds, evidence)
        multiples += [
            Multiplier(system.system, rival.system, fraction, seeds, needed, theirs.status)
            for fraction, needed in zip(system.fractions, data_multiplier(ours, theirs), strict=True)
        ]
    return tuple(multiples)


def area_differences(learned: Sequence[Learning], evidence: Evidence) -> tuple[AreaDifference, ...]:
    """Compare the areas under the curves of every two systems, over the amounts that both have.

    A pair of which one has no complete trial keeps its place in the family and is left out of the answer.

    Args:
        learned: the systems, on all phrases.
        evidence: of the same run.
    """
    family = comb(len(evidence.protocol.trained), 2)
    met = [_area_difference(system, rival, evidence) for system, rival in combinations(learned, 2)]
    adjusted = holm([area.difference.p for area in met] + [nan] * (family - len(met)))
    return tuple(replace(area, p_holm=float(p), family=family) for area, p in zip(met, adjusted, strict=False))


def _over(learning: Learning, seeds: tuple[int, ...], evidence: Evidence) -> LearningCurve:
    """Return a system's curve over some of its seeds."""
    if seeds == learning.seeds:
        return learning.curve
    return fitted(learning.system, learning.fractions, seeds, evidence)


def _area_difference(system: Learning, rival: Learning, evidence: Evidence) -> AreaDifference:
    fractions = tuple(fraction for fraction in system.fractions if fraction in rival.fractions)
    seeds = _shared(system, rival)
    ours, theirs = (_mean_counts(learning.system, fractions, seeds, evidence) for learning in (system, rival))
    difference = two_way_difference(ours, theirs, evidence.outcomes.test.sizes())
    return AreaDifference(system.system, rival.system, fractions, seeds, difference, p_holm=nan, family=0)


def _mean_counts(
    system: str, fractions: tuple[Fraction, ...], seeds: tuple[int, ...], evidence: Evidence
) -> NDArray[np.float64]:
    if not fractions:
        return np.empty((0, evidence.outcomes.test.images))
    return log_mean_counts(counts(system, fractions, seeds, evidence), [fraction.images for fraction in fractions])


def _shared(system: Learning, rival: Learning) -> tuple[int, ...]:
    return tuple(seed for seed in system.seeds if seed in rival.seeds)
