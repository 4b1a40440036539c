from __future__ import annotations

from dataclasses import astuple
from math import sqrt

import numpy as np
import pytest
import scipy

from bench.stats import Status, two_way_mean, two_way_ratio


def study(seeds: int, images: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(7)
    phrases = rng.integers(0, 6, (seeds, images))
    return rng.binomial(phrases, rng.uniform(0.2, 0.9, images)).astype(float), phrases


def by_hand(correct: np.ndarray, phrases: np.ndarray) -> tuple[float, float]:
    """Ratio and standard error, phrase by phrase: sums of residuals by seed, by image and by both."""
    share = correct.sum() / phrases.sum()
    residuals = (correct - share * phrases) / phrases.sum()
    seeds, images = residuals.shape
    by_seed = seeds / (seeds - 1) * (residuals.sum(axis=1) ** 2).sum()
    by_image = images / (images - 1) * (residuals.sum(axis=0) ** 2).sum()
    return share, sqrt(max(by_seed + by_image - (residuals**2).sum(), by_seed, by_image))


def test_it_is_the_ratio_with_the_two_way_cluster_robust_variance_of_its_residuals() -> None:
    correct, phrases = study(4, 60)
    found = two_way_ratio(correct, phrases)
    share, se = by_hand(correct, phrases)
    assert (found.estimate, found.se) == pytest.approx((share, se))
    reach = scipy.stats.t.ppf(0.975, found.df) * se
    assert (found.low, found.high) == pytest.approx((share - reach, share + reach))
    assert (found.status, found.seeds, found.images) == (Status.ok, 4, 60)


def test_the_same_phrases_after_every_training_give_the_ordinary_mean() -> None:
    correct, phrases = study(4, 60)
    same = np.tile(phrases[0], (4, 1))
    correct = np.minimum(correct, same)
    assert astuple(two_way_ratio(correct, same)) == astuple(two_way_mean(correct, phrases[0]))


def test_a_training_without_phrases_is_left_out() -> None:
    correct, phrases = study(4, 60)
    correct[2], phrases[2] = 0, 0
    others = [0, 1, 3]
    assert astuple(two_way_ratio(correct, phrases)) == astuple(two_way_ratio(correct[others], phrases[others]))


def test_without_any_phrase_there_is_nothing_to_estimate() -> None:
    found = two_way_ratio(np.zeros((3, 5)), np.zeros((3, 5)))
    assert found.status is Status.empty
    assert np.isnan(found.estimate)


def test_shapes_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="correct and phrases"):
        two_way_ratio(np.zeros((3, 5)), np.zeros(5))
    with pytest.raises(ValueError, match="fewer than no phrases"):
        two_way_ratio(np.zeros((1, 2)), [[1, -1]])
