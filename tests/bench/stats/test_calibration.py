"""How often the tests are wrong, on simulated studies with the variance components of a real one.

Images differ in difficulty, each system suits some images better than others, trainings differ by a point, and
a training has its own luck with each image. A method that takes phrases for independent fails the bounds that
the suite's own methods are held to.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from scipy import stats

from bench.stats import non_inferiority, smallest_competitive, two_way_difference, two_way_mean

STUDIES, IMAGES = 400, 300
RUN_SD, SUIT_SD, LUCK_SD = 0.01, 0.07, 0.07
MARGIN = 0.02
LOWEST, HIGHEST = 0.03, 0.08


def accuracy_of(rng: np.random.Generator, difficulty: np.ndarray, seeds: int, lost: float) -> np.ndarray:
    suit = rng.normal(0, SUIT_SD, IMAGES)
    runs = rng.normal(-lost, RUN_SD, (seeds, 1))
    luck = rng.normal(0, LUCK_SD, (seeds, IMAGES))
    return np.clip(difficulty + suit + runs + luck, 0, 1)


def studies(seeds: int, losses: tuple[float, ...]) -> Iterator[tuple[list[np.ndarray], np.ndarray]]:
    """Yield the counts, one array (seeds, images) for each loss, and the phrases of simulated studies."""
    rng = np.random.default_rng(seeds)
    for _ in range(STUDIES):
        phrases = rng.integers(3, 14, IMAGES)
        difficulty = rng.uniform(0.25, 0.85, IMAGES)
        yield [rng.binomial(phrases, accuracy_of(rng, difficulty, seeds, lost)) for lost in losses], phrases


def pooled_p(a: np.ndarray, b: np.ndarray, phrases: np.ndarray) -> float:
    """The p-value that takes every phrase of every seed for an independent observation."""
    total = a.shape[0] * phrases.sum()
    share = (a.sum() + b.sum()) / (2 * total)
    return float(2 * stats.norm.sf(abs(a.sum() - b.sum()) / total / np.sqrt(2 * share * (1 - share) / total)))


@pytest.mark.parametrize("seeds", [3, 5, 10])
def test_a_true_null_is_rejected_as_often_as_promised_and_pooling_phrases_is_not(seeds: int) -> None:
    simulated = list(studies(seeds, (0.0, 0.0)))
    crossed = np.mean([two_way_difference(a, b, n).p < 0.05 for (a, b), n in simulated])
    pooled = np.mean([pooled_p(a, b, n) < 0.05 for (a, b), n in simulated])
    assert LOWEST <= crossed <= HIGHEST
    assert pooled > HIGHEST


@pytest.mark.parametrize("seeds", [3, 5, 10])
def test_intervals_cover_the_truth_as_often_as_promised(seeds: int) -> None:
    truth = expected_accuracy()
    found = [two_way_mean(a, n) for (a,), n in studies(seeds, (0.0,))]
    assert 0.92 <= np.mean([one.low <= truth <= one.high for one in found]) <= 0.98


def test_intervals_of_a_difference_cover_the_truth_as_often_as_promised() -> None:
    truth = expected_accuracy() - expected_accuracy(0.03)
    found = [two_way_difference(a, b, n) for (a, b), n in studies(5, (0.0, 0.03))]
    assert 0.92 <= np.mean([one.low <= truth <= one.high for one in found]) <= 0.98


def test_a_loss_as_large_as_the_margin_is_called_competitive_as_seldom_as_promised() -> None:
    wrong = [
        non_inferiority(full, part, n, MARGIN).verdict.is_competitive
        for (full, part), n in studies(5, (0.0, lost_for(MARGIN)))
    ]
    assert LOWEST <= np.mean(wrong) <= HIGHEST


def test_a_fixed_sequence_of_fractions_that_all_lose_the_margin_is_seldom_wrong_about_any() -> None:
    at_margin = lost_for(MARGIN)
    wrong = [
        smallest_competitive({1.0: full, 0.5: a, 0.25: b, 0.1: c}, n, MARGIN).smallest is not None
        for (full, a, b, c), n in studies(5, (0.0, at_margin, at_margin, at_margin))
    ]
    assert LOWEST <= np.mean(wrong) <= HIGHEST


def expected_accuracy(lost: float = 0.0) -> float:
    """The true accuracy of the simulated systems, by a fine grid over all that varies."""
    difficulty = np.linspace(0.25, 0.85, 2001)
    spread = np.sqrt(RUN_SD**2 + SUIT_SD**2 + LUCK_SD**2) * stats.norm.ppf((np.arange(400) + 0.5) / 400)
    return float(np.clip(difficulty[:, None] - lost + spread, 0, 1).mean())


def lost_for(loss: float) -> float:
    """The shift that costs a given loss of true accuracy; clipping makes it a little more than the loss."""
    shift = loss
    for _ in range(3):
        shift += loss - (expected_accuracy() - expected_accuracy(shift))
    return shift
