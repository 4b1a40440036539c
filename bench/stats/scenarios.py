"""What the methods are put to: a truth to simulate, a question to ask of each study, and how often to hear yes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from bench.stats import (
    BootstrapInterval,
    Estimate,
    crossed_bootstrap,
    equivalence,
    holm,
    non_inferiority,
    retention,
    sign_flip_test,
    smallest_competitive,
    trend_test,
    two_way_difference,
    two_way_mean,
)
from bench.stats.simulation import Study, System

ALPHA = 0.05
SEEDS = 5
MARGIN = 0.02
"""Of non-inferiority and equivalence."""
GAIN, KEPT = 0.10, 0.8
"""What training on everything gains over the prior, and the share of it that a fraction keeps."""
DRAWS, FLIPS = 2_000, 999
"""Fewer than in a report, because their noise averages out over the studies."""
REJECTS = (0.03, 0.08)
COVERS = (0.92, 0.98)
AT_MOST = (0.0, 0.08)
"""For Holm, which promises no more than a bound, and gains on it when hypotheses share a system."""

Question = Callable[[Study, np.random.Generator], bool]
"""Does the method reject the null that is true here, or hold the truth in its interval?"""


@dataclass(frozen=True)
class Scenario:
    """One line of the calibration table.

    Attributes:
        method: what is put to the test.
        truth: the null hypothesis that is true, or the quantity an interval should hold.
        systems: what is simulated.
        question: what is asked of each study.
        target: lowest and highest good rate of yes; None for a method shown for contrast.
        seeds: trainings of each system.
    """

    method: str
    truth: str
    systems: tuple[System, ...]
    question: Question
    target: tuple[float, float] | None
    seeds: int = SEEDS


def _difference_rejects(study: Study, rng: np.random.Generator) -> bool:
    return two_way_difference(study.correct[0], study.correct[1], study.phrases).p < ALPHA


def _pooled_rejects(study: Study, rng: np.random.Generator) -> bool:
    """Take every phrase of every seed for an independent observation, as one should not."""
    total = study.correct.shape[1] * study.phrases.sum()
    a, b = study.correct.sum(axis=(1, 2)) / total
    return bool(abs(a - b) / np.sqrt((a * (1 - a) + b * (1 - b)) / total) > stats.norm.ppf(1 - ALPHA / 2))


def _flip_rejects(study: Study, rng: np.random.Generator) -> bool:
    return sign_flip_test(study.correct[0], study.correct[1], study.phrases, rng, FLIPS).p < ALPHA


def _called_competitive(study: Study, rng: np.random.Generator) -> bool:
    return non_inferiority(study.correct[0], study.correct[1], study.phrases, MARGIN).verdict.is_competitive


def _called_equivalent(study: Study, rng: np.random.Generator) -> bool:
    return equivalence(study.correct[0], study.correct[1], study.phrases, MARGIN).is_equivalent


def _any_called_competitive(study: Study, rng: np.random.Generator) -> bool:
    by_fraction = dict(zip((1.0, 0.5, 0.25, 0.1), study.correct, strict=True))
    return smallest_competitive(by_fraction, study.phrases, MARGIN).smallest is not None


def _against_first(study: Study) -> list[float]:
    first, *others = study.correct
    return [two_way_difference(first, other, study.phrases).p for other in others]


def _any_rejected_by_holm(study: Study, rng: np.random.Generator) -> bool:
    return bool((holm(_against_first(study)) < ALPHA).any())


def _any_rejected_uncorrected(study: Study, rng: np.random.Generator) -> bool:
    return min(_against_first(study)) < ALPHA


def _trend_rejects(study: Study, rng: np.random.Generator) -> bool:
    return trend_test((study.correct.sum(axis=2) / study.phrases.sum()).T).p < ALPHA


def _mean_covers(study: Study, rng: np.random.Generator) -> bool:
    return _holds(two_way_mean(study.correct[0], study.phrases), System().accuracy)


def _pooled_mean_covers(study: Study, rng: np.random.Generator) -> bool:
    total = study.correct.shape[1] * study.phrases.sum()
    share = study.correct[0].sum() / total
    reach = stats.norm.ppf(1 - ALPHA / 2) * np.sqrt(share * (1 - share) / total)
    return bool(abs(share - System().accuracy) <= reach)


def _difference_covers(study: Study, rng: np.random.Generator) -> bool:
    return _holds(two_way_difference(study.correct[0], study.correct[1], study.phrases), MARGIN)


def _bootstrap_mean_covers(study: Study, rng: np.random.Generator) -> bool:
    found = crossed_bootstrap(lambda accuracy: accuracy[:, 0], [study.correct[0]], study.phrases, rng, DRAWS)
    return _holds(found, System().accuracy)


def _bootstrap_difference_covers(study: Study, rng: np.random.Generator) -> bool:
    found = crossed_bootstrap(_first_minus_second, list(study.correct[:2]), study.phrases, rng, DRAWS)
    return _holds(found, MARGIN)


def _retention_covers(study: Study, rng: np.random.Generator) -> bool:
    full, fraction, prior = study.correct
    untrained = np.broadcast_to(prior[0], prior.shape)
    share = retention(fraction, full, untrained, study.phrases, rng, DRAWS).share
    return share is not None and _holds(share, KEPT)


def _first_minus_second(accuracy: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.subtract(accuracy[:, 0], accuracy[:, 1])


def _holds(found: Estimate | BootstrapInterval, truth: float) -> bool:
    return found.low <= truth <= found.high


ALIKE = (System(), System())
SAME_TRAININGS = (System(run_sd=0), System(run_sd=0))
LOSES_MARGIN = (System(), System(lost=MARGIN))
FRACTIONS_ALIKE = (System(),) * 5
ON_THESE_IMAGES = (System(suit_sd=0),) * 5
FRACTIONS_LOSE_MARGIN = (System(), *(System(lost=MARGIN),) * 3)
FRACTION_FULL_AND_PRIOR = (System(), System(lost=GAIN * (1 - KEPT)), System(lost=GAIN, run_sd=0))

SCENARIOS = (
    Scenario("two_way_difference", "no difference", ALIKE, _difference_rejects, REJECTS, seeds=3),
    Scenario("two_way_difference", "no difference", ALIKE, _difference_rejects, REJECTS),
    Scenario("two_way_difference", "no difference", ALIKE, _difference_rejects, REJECTS, seeds=10),
    Scenario("phrases pooled", "no difference", ALIKE, _pooled_rejects, None),
    Scenario("sign_flip_test", "no difference of these models", SAME_TRAININGS, _flip_rejects, REJECTS),
    Scenario("sign_flip_test", "no difference, new trainings", ALIKE, _flip_rejects, None),
    Scenario("non_inferiority", "loss of the margin", LOSES_MARGIN, _called_competitive, REJECTS),
    Scenario("equivalence", "difference of the margin", LOSES_MARGIN, _called_equivalent, REJECTS),
    Scenario("smallest_competitive", "3 losses of the margin", FRACTIONS_LOSE_MARGIN, _any_called_competitive, REJECTS),
    Scenario("holm", "4 times no difference", FRACTIONS_ALIKE, _any_rejected_by_holm, AT_MOST),
    Scenario("without holm", "4 times no difference", FRACTIONS_ALIKE, _any_rejected_uncorrected, None),
    Scenario("trend_test", "no trend on these images", ON_THESE_IMAGES, _trend_rejects, REJECTS),
    Scenario("trend_test", "no trend, new images", FRACTIONS_ALIKE, _trend_rejects, None),
    Scenario("two_way_mean", "interval", ALIKE, _mean_covers, COVERS, seeds=3),
    Scenario("two_way_mean", "interval", ALIKE, _mean_covers, COVERS),
    Scenario("two_way_mean", "interval", ALIKE, _mean_covers, COVERS, seeds=10),
    Scenario("phrases pooled", "interval", ALIKE, _pooled_mean_covers, None),
    Scenario("two_way_difference", "interval", LOSES_MARGIN, _difference_covers, COVERS),
    Scenario("crossed_bootstrap", "interval of an accuracy", ALIKE, _bootstrap_mean_covers, COVERS),
    Scenario("crossed_bootstrap", "interval of a difference", LOSES_MARGIN, _bootstrap_difference_covers, COVERS),
    Scenario("retention", "interval", FRACTION_FULL_AND_PRIOR, _retention_covers, COVERS),
)
