from __future__ import annotations

import numpy as np
import pytest

from bench.stats import RetentionStatus, Status, crossed_draws, retention

SEEDS, IMAGES, PHRASES = 5, 150, 8


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def system(accuracy: float, seed: int) -> np.ndarray:
    return rng(seed).binomial(PHRASES, accuracy + 0.01 * rng(seed + 100).standard_normal((SEEDS, 1)), (SEEDS, IMAGES))


def untrained(accuracy: float = 0.4) -> np.ndarray:
    return np.tile(rng(9).binomial(PHRASES, accuracy, IMAGES), (SEEDS, 1))


def sizes() -> np.ndarray:
    return np.full(IMAGES, PHRASES)


def test_the_share_kept_is_the_ratio_of_gains() -> None:
    # Of 12 phrases 5, 8 and 2 are right, so 3 of 6 gained are kept; repeated, so that the gain is beyond doubt.
    once = [[2, 1], [1, 1]], [[2, 2], [2, 2]], [[1, 0], [1, 0]]
    found = retention(*(np.tile(one, 60) for one in once), np.full(120, 3), rng())
    assert found.share is not None
    assert found.share.estimate == pytest.approx(0.5)


def test_the_interval_is_the_percentiles_of_the_crossed_draws() -> None:
    systems = [system(0.55, 1), system(0.6, 2), untrained()]
    found = retention(*systems, sizes(), rng(3))
    fraction, full, prior = crossed_draws(systems, sizes(), rng(3)).T
    expected = np.quantile((fraction - prior) / (full - prior), [0.025, 0.975])
    assert found.status is RetentionStatus.defined
    assert found.share is not None
    assert (found.share.low, found.share.high) == pytest.approx(tuple(expected))
    assert found.share.low < found.share.estimate < found.share.high


def test_the_same_generator_gives_the_same_interval() -> None:
    systems = [system(0.55, 1), system(0.6, 2), untrained()]
    assert retention(*systems, sizes(), rng(3)) == retention(*systems, sizes(), rng(3))


def test_the_order_of_images_and_seeds_changes_no_estimate() -> None:
    systems = [system(0.55, 1), system(0.6, 2), untrained()]
    seeds, images = rng(4).permutation(SEEDS), rng(5).permutation(IMAGES)
    once = retention(*systems, sizes(), rng(3)).share
    again = retention(*(one[seeds][:, images] for one in systems), sizes(), rng(3)).share
    assert once is not None
    assert again is not None
    assert again.estimate == pytest.approx(once.estimate)
    assert (again.low, again.high) == pytest.approx((once.low, once.high), abs=0.1 * (once.high - once.low))


@pytest.mark.parametrize("full", [0.4, 0.3])
def test_without_a_gain_over_the_prior_there_is_nothing_to_keep_a_share_of(full: float) -> None:
    found = retention(system(0.5, 1), system(full, 2), untrained(), sizes(), rng())
    assert (found.status, found.share) == (RetentionStatus.no_gain, None)
    assert found.gain.low <= 0


@pytest.mark.parametrize(
    ("full", "prior", "phrases", "status"),
    [
        ([[2, 2], [2, 2]], [[0, 0], [0, 0]], [2, 2], Status.constant),
        ([[2, np.nan], [2, 2]], [[0, 0], [0, 0]], [2, 2], Status.nan),
        ([[2], [1]], [[0], [0]], [2], Status.one_image),
        (np.zeros((0, 2)), np.zeros((0, 2)), [2, 2], Status.empty),
    ],
)
def test_a_gain_without_an_interval_leaves_the_share_undefined(
    full: object, prior: object, phrases: object, status: Status
) -> None:
    found = retention(full, full, prior, phrases, rng())  # type: ignore[arg-type]
    assert (found.status, found.gain.status, found.share) == (RetentionStatus.gain_unknown, status, None)


def test_one_seed_gives_an_interval_over_images_that_says_so() -> None:
    found = retention(system(0.55, 1)[:1], system(0.6, 2)[:1], untrained()[:1], sizes(), rng())
    assert found.share is not None
    assert found.share.status is Status.one_seed
    assert found.share.low < found.share.estimate < found.share.high


def test_all_the_data_keep_all_of_the_gain_without_spread() -> None:
    found = retention(system(0.6, 2), system(0.6, 2), untrained(), sizes(), rng())
    assert found.share is not None
    assert (found.share.estimate, found.share.status) == (1, Status.constant)


def test_a_fraction_with_a_missing_outcome_has_no_share() -> None:
    missing = system(0.55, 1).astype(float)
    missing[0, 0] = np.nan
    found = retention(missing, system(0.6, 2), untrained(), sizes(), rng())
    assert found.share is not None
    assert found.share.status is Status.nan
