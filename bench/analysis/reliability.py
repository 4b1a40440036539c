"""How far the confidence of answers can be believed: against how often they are right."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.analysis.evidence import Evidence
from bench.analysis.fraction import Fraction, label_of
from bench.stats import Estimate, two_way_ratio
from bench.store.records import TrialKey
from sprm.evaluation.metric import ACCURACY

BINS = 10
"""Bins of equal mass; fewer where answers share a confidence."""


@dataclass(frozen=True)
class ReliabilityBin:
    """Answers of neighbouring confidence.

    Attributes:
        phrases: how many there are in a trial, the mean over seeds.
        confidence: their mean confidence, in [0, 1].
        accuracy: how many of them are right.
    """

    phrases: float
    confidence: float
    accuracy: Estimate


@dataclass(frozen=True)
class Reliability:
    """How the confidence of a system's answers and their accuracy go together.

    Attributes:
        system: its name in the protocol.
        fraction: what it was trained on, the largest amount that it has; None when it is not trained.
        seeds: trials whose answers are taken together.
        confidence: mean confidence, in [0, 1].
        accuracy: share of right answers, in [0, 1].
        error: expected calibration error, in [0, 1]: the mean over answers of how far the accuracy of their bin lies
            from its mean confidence.
        bins: ascending by confidence.
    """

    system: str
    fraction: Fraction | None
    seeds: int
    confidence: float
    accuracy: float
    error: float
    bins: tuple[ReliabilityBin, ...]


def reliabilities(evidence: Evidence) -> tuple[Reliability, ...]:
    """Describe every system whose trials recorded the confidence of their answers, at its largest amount of data.

    Whatever metric decides, an answer is right if its box is. Nothing of it is tested.
    """
    found = (_reliability(evidence, system) for system in evidence.protocol.systems)
    return tuple(each for each in found if each is not None)


def equal_mass(confidence: NDArray[np.float64], bins: int) -> NDArray[np.int64]:
    """Return the bin of each answer, from 0, so that bins have as equal numbers as they can; equal ones share a bin.

    Args:
        confidence: of the answers, of any shape.
        bins: how many there may be.
    """
    borders = np.unique(np.quantile(confidence, np.arange(1, bins) / bins, method="inverted_cdf"))
    found: NDArray[np.int64] = np.searchsorted(borders, confidence, side="left")
    return found


def _reliability(evidence: Evidence, system: str) -> Reliability | None:
    outcomes = evidence.outcomes
    for fraction in _amounts(evidence, system):
        keys = [TrialKey(system, label_of(fraction), seed) for seed in outcomes.seeds(system, label_of(fraction))]
        keys = [key for key in keys if key in outcomes.confidence]
        if keys:
            break
    else:
        return None
    confidence = np.array([outcomes.confidence[key] for key in keys])
    correct = np.array([outcomes.answers[key][ACCURACY] for key in keys])
    bin_of = equal_mass(confidence, BINS)
    bins = []
    for place in np.unique(bin_of):
        member = bin_of == place
        # One answer stands for every seed when nothing was trained.
        repeat = 1 if fraction is not None else max(2, evidence.protocol.independent_seeds)
        counts, sizes = (
            np.tile(outcomes.test.by_image(values), (repeat, 1)) for values in (member * correct, member.astype(float))
        )
        share = float(confidence[member].mean())
        bins.append(ReliabilityBin(float(member.sum() / len(keys)), share, two_way_ratio(counts, sizes)))
    error = sum(own.phrases * abs(own.accuracy.estimate - own.confidence) for own in bins) / confidence.shape[1]
    return Reliability(
        system=system,
        fraction=fraction,
        seeds=len(keys),
        confidence=float(confidence.mean()),
        accuracy=float(correct.mean()),
        error=error,
        bins=tuple(bins),
    )


def _amounts(evidence: Evidence, system: str) -> Iterator[Fraction | None]:
    """Yield what a system may have been trained on, the largest amount first."""
    yield from reversed(evidence.fractions.values()) if system in evidence.protocol.trained else [None]
