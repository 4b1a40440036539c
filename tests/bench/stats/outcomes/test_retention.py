from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from scipy import stats

from bench.stats import IntervalEstimate, RetentionStatus, Status, kept_at_least, retention, two_way_mean

SEEDS, IMAGES, PHRASES = 5, 150, 8
Three = tuple[np.ndarray, np.ndarray, np.ndarray]


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def system(accuracy: float, seed: int, run_sd: float = 0.01, seeds: int = SEEDS) -> np.ndarray:
    by_run = accuracy + run_sd * rng(seed + 100).standard_normal((seeds, 1))
    return rng(seed).binomial(PHRASES, np.clip(by_run, 0, 1), (seeds, IMAGES))


def untrained(accuracy: float = 0.4, seeds: int = SEEDS) -> np.ndarray:
    return np.tile(rng(9).binomial(PHRASES, accuracy, IMAGES), (seeds, 1))


def systems() -> Three:
    return system(0.55, 1), system(0.6, 2), untrained()


def sizes() -> np.ndarray:
    return np.full(IMAGES, PHRASES)


def share_of(fraction: object, full: object, prior: object, phrases: object) -> IntervalEstimate:
    found = retention(fraction, full, prior, phrases)  # type: ignore[arg-type]
    assert found.status is RetentionStatus.defined
    assert found.share is not None
    return found.share


def fieller(kept: np.ndarray, gain: np.ndarray) -> tuple[float, float]:
    """The closed form for a ratio of two paired means, each over its last axis."""
    n = kept.size
    t = stats.t.ppf(0.975, n - 1)
    ((v_kept, both), (_, v_gain)) = np.cov(kept, gain) / n
    a, b, c = (
        gain.mean() ** 2 - t**2 * v_gain,
        kept.mean() * gain.mean() - t**2 * both,
        kept.mean() ** 2 - t**2 * v_kept,
    )
    reach = math.sqrt(b**2 - a * c)
    return (b - reach) / a, (b + reach) / a


def test_the_share_kept_is_the_ratio_of_gains() -> None:
    # Of 12 phrases 5, 8 and 2 are right, so 3 of 6 gained are kept; repeated, so that the gain is beyond doubt.
    once = [[2, 1], [1, 1]], [[2, 2], [2, 2]], [[1, 0], [1, 0]]
    found = share_of(*(np.tile(one, 60) for one in once), np.full(120, 3))
    assert found.estimate == pytest.approx(0.5)


@given(st.integers(0, 1000))
def test_when_only_seeds_vary_the_interval_is_fiellers_for_paired_means_over_seeds(seed: int) -> None:
    fraction, full = 0.5 + 0.05 * rng(seed).standard_normal((2, SEEDS))
    prior = np.full(SEEDS, 0.2)
    found = share_of(*(np.repeat(10 * one[:, None], 40, axis=1) for one in (fraction, full, prior)), np.full(40, 10))
    assert (found.low, found.high) == pytest.approx(fieller(fraction - prior, full - prior))


def test_with_one_seed_and_one_phrase_an_image_the_interval_is_fiellers_for_paired_means_over_images() -> None:
    fraction, full, prior = (rng(seed).random(80) < chance for seed, chance in ((1, 0.6), (2, 0.7), (3, 0.3)))
    found = share_of(fraction[None], full[None], prior[None], np.ones(80))
    assert found.status is Status.one_seed
    assert (found.low, found.high) == pytest.approx(fieller(fraction * 1.0 - prior, full * 1.0 - prior))


@given(st.integers(0, 1000), st.sampled_from([3, 5, 10]), st.floats(-1, 3))
@example(seed=0, seeds=5, place=0.0)
@example(seed=0, seeds=5, place=1.0)
def test_a_share_is_inside_the_interval_exactly_when_it_is_not_rejected(seed: int, seeds: int, place: float) -> None:
    fraction, full = system(0.55, seed, seeds=seeds), system(0.6, seed + 500, seeds=seeds)
    three = fraction, full, untrained(seeds=seeds)
    found = share_of(*three, sizes())
    # The ends themselves are found to within rounding.
    step = -1e-6 if place in (0, 1) else 0.0
    for side in (1, -1):
        share = found.low + (place + side * step) * (found.high - found.low)
        assume(min(abs(share - found.low), abs(share - found.high)) > 1e-9)
        assert (found.low <= share <= found.high) == (kept_at_least(*three, sizes(), share).p >= 0.05)


def test_two_seeds_may_reject_a_share_inside_and_never_accept_one_outside() -> None:
    gaps = 0
    for seed in range(150):
        three = system(0.55, seed, 0.03, seeds=2), system(0.6, seed + 500, 0.03, seeds=2), untrained(seeds=2)
        share = retention(*three, sizes()).share
        if share is None:
            continue
        reach = share.high - share.low
        inside = [kept_at_least(*three, sizes(), x).p for x in np.linspace(share.low, share.high, 60)[1:-1]]
        outside = [share.low - far * reach for far in (1e-6, 0.1, 1)] + [share.high + far for far in (1e-6, 0.1, 1)]
        assert all(kept_at_least(*three, sizes(), x).p < 0.05 for x in outside)
        gaps += min(inside) < 0.05
    assert 0 < gaps < 30


def test_what_is_kept_above_a_share_is_the_mean_of_the_counts_above_it() -> None:
    fraction, full, prior = systems()
    found = kept_at_least(fraction, full, prior, sizes(), 0.6)
    expected = two_way_mean(fraction - prior - 0.6 * (full - prior), sizes())
    assert (found.estimate, found.se, found.p) == pytest.approx((expected.estimate, expected.se, expected.p))
    assert found.estimate > 0
    assert kept_at_least(fraction, full, prior, sizes(), 0.95).estimate < 0


def test_the_order_of_images_and_seeds_does_not_matter() -> None:
    seeds, images = rng(4).permutation(SEEDS), rng(5).permutation(IMAGES)
    once = share_of(*systems(), sizes())
    again = share_of(*(one[seeds][:, images] for one in systems()), sizes())
    assert (again.estimate, again.low, again.high) == pytest.approx((once.estimate, once.low, once.high))


def test_images_without_phrases_are_left_out() -> None:
    padded = share_of(*(np.pad(one, ((0, 0), (0, 9))) for one in systems()), np.pad(sizes(), (0, 9)))
    assert padded == share_of(*systems(), sizes())


def test_a_gain_hardly_beyond_doubt_leaves_the_share_hardly_bounded() -> None:
    fraction, full, prior = systems()
    # Moving the prior up moves the gain's interval down to its lower end being just above 0.
    gain = two_way_mean(full - prior, sizes())
    raised = prior + (gain.low - 1e-9) * PHRASES
    found = share_of(fraction, full, raised, sizes())
    assert math.isfinite(found.low)
    assert math.isfinite(found.high)
    assert found.high - found.low > 1e5


@pytest.mark.parametrize("full", [0.4, 0.3])
def test_without_a_gain_over_the_prior_there_is_nothing_to_keep_a_share_of(full: float) -> None:
    found = retention(system(0.5, 1), system(full, 2), untrained(), sizes())
    assert (found.status, found.share) == (RetentionStatus.no_gain, None)
    assert found.gain.low <= 0


@pytest.mark.parametrize(
    ("full", "prior", "phrases", "status"),
    [
        ([[2, 2], [2, 2]], [[0, 0], [0, 0]], [2, 2], Status.constant),
        ([[2, np.nan], [2, 2]], [[0, 0], [0, 0]], [2, 2], Status.nan),
        ([[2], [1]], [[0], [0]], [2], Status.one_image),
        ([[2, 1], [1, 2]], [[0, 0]], [2, 2], Status.unequal_seeds),
        (np.zeros((0, 2)), np.zeros((0, 2)), [2, 2], Status.empty),
    ],
)
def test_a_gain_without_an_interval_leaves_the_share_undefined(
    full: object, prior: object, phrases: object, status: Status
) -> None:
    found = retention(full, full, prior, phrases)  # type: ignore[arg-type]
    assert (found.status, found.gain.status, found.share) == (RetentionStatus.gain_unknown, status, None)


def test_one_seed_gives_an_interval_over_images_that_says_so() -> None:
    found = share_of(*(one[:1] for one in systems()), sizes())
    assert found.status is Status.one_seed
    assert found.low < found.estimate < found.high
    assert math.isnan(kept_at_least(*(one[:1] for one in systems()), sizes(), 0.5).p)


def test_identical_seeds_give_the_interval_of_one() -> None:
    once = share_of(*(one[:1] for one in systems()), sizes())
    often = share_of(*(np.repeat(one[:1], 4, axis=0) for one in systems()), sizes())
    assert often.status is Status.identical_seeds
    assert (often.low, often.high) == pytest.approx((once.low, once.high))


def test_all_the_data_keep_all_of_the_gain_without_spread() -> None:
    found = share_of(system(0.6, 2), system(0.6, 2), untrained(), sizes())
    assert (found.estimate, found.status) == (1, Status.constant)
    assert math.isnan(found.low)


@pytest.mark.parametrize(
    ("fraction", "status"),
    [
        (np.full((SEEDS, IMAGES), np.nan), Status.nan),
        (system(0.55, 1)[:3], Status.unequal_seeds),
        (system(0.55, 1)[:0], Status.empty),
    ],
)
def test_a_fraction_that_cannot_be_paired_has_a_gain_and_no_share(fraction: np.ndarray, status: Status) -> None:
    found = share_of(fraction, system(0.6, 2), untrained(), sizes())
    assert found.status is status
    assert all(math.isnan(value) for value in (found.estimate, found.low, found.high))
    assert kept_at_least(fraction, system(0.6, 2), untrained(), sizes(), 0.8).status is status


def test_a_fraction_on_other_images_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"\(5, 149\)"):
        retention(system(0.55, 1)[:, 1:], system(0.6, 2), untrained(), sizes())


@pytest.mark.parametrize("share", [math.nan, math.inf])
def test_a_share_that_is_no_number_is_refused(share: float) -> None:
    with pytest.raises(ValueError, match="finite share"):
        kept_at_least(*systems(), sizes(), share)


def test_intervals_cover_the_true_share_as_often_as_promised() -> None:
    rng_ = rng(6)
    covered = []
    for _ in range(300):
        difficulty = rng_.uniform(0.2, 0.5, 100)
        chance = [difficulty + gain + 0.01 * rng_.standard_normal((SEEDS, 1)) for gain in (0.16, 0.2)]
        fraction, full = (rng_.binomial(PHRASES, each) for each in chance)
        prior = np.tile(rng_.binomial(PHRASES, difficulty), (SEEDS, 1))
        found = share_of(fraction, full, prior, np.full(100, PHRASES))
        covered.append(found.low <= 0.8 <= found.high)
    assert 0.92 <= np.mean(covered) <= 0.98
