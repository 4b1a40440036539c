from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.regression.linear_model import OLS

from bench.stats import Estimate, Status, two_way_difference, two_way_mean
from bench.stats.outcomes.two_way import two_way_sum

RNG_SEED = 20


def study(seeds: int = 4, images: int = 30) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(RNG_SEED)
    phrases = rng.integers(1, 9, images)
    return rng.binomial(phrases, rng.uniform(0.2, 0.9, images), (seeds, images)), phrases


def numbers(found: Estimate) -> tuple[float, ...]:
    return found.estimate, found.se, found.df, found.low, found.high, found.p


def test_two_seeds_and_two_images_agree_with_a_calculation_by_hand() -> None:
    # N = 4, K N = 8, estimate 4/8; R = [[1, 0], [0, -1]]; over 64: V_s = 2(1 + 1), V_i = 2(1 + 1), V_si = 2.
    found = two_way_mean([[2, 1], [1, 0]], [2, 2])
    t = stats.t(df=(6 / 64) ** 2 / ((4 / 64) ** 2 + (4 / 64) ** 2))
    se = math.sqrt(6 / 64)
    assert found.status is Status.ok
    assert numbers(found) == pytest.approx(
        (0.5, se, 36 / 32, 0.5 - t.ppf(0.975) * se, 0.5 + t.ppf(0.975) * se, 2 * t.sf(0.5 / se))
    )


def test_images_of_unequal_size_weigh_by_their_phrases() -> None:
    # Estimate 5/10; R = Y - n/2 = [[1, -0.5], [0, -0.5]]; over 100: V_s = 1, V_i = 4, V_si = 1.5.
    found = two_way_mean([[3, 0], [2, 0]], [4, 1])
    assert found.estimate == pytest.approx(0.5)
    # 1 + 4 - 1.5 is less than V_i, and no variance may be less than either of its parts.
    assert found.se == pytest.approx(math.sqrt(4 / 100))


def test_outcomes_that_balance_by_seed_and_by_image_carry_no_spread_to_go_by() -> None:
    # R = [[1, -1], [-1, 1]] / 2: its row and column sums are 0.
    assert two_way_mean([[1, 0], [0, 1]], [1, 1]).status is Status.constant


def test_a_difference_is_the_mean_of_the_paired_differences() -> None:
    (a, phrases), (b, _) = study(), study()
    b = b[:, ::-1]
    assert two_way_difference(a, b, phrases) == two_way_mean(a - b, phrases)
    found, swapped = two_way_difference(a, b, phrases), two_way_difference(b, a, phrases)
    assert (swapped.low, swapped.high) == pytest.approx((-found.high, -found.low))
    assert swapped.p == pytest.approx(found.p)


def test_with_one_seed_and_one_phrase_an_image_the_interval_is_that_of_students_t() -> None:
    rng = np.random.default_rng(RNG_SEED)
    outcomes = rng.integers(0, 2, 50)
    found = two_way_mean(outcomes[None], np.ones(50))
    expected = stats.ttest_1samp(outcomes, 0).confidence_interval(0.95)
    assert (found.se, found.df) == pytest.approx((stats.sem(outcomes), 49))
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))


def test_a_paired_difference_with_one_phrase_an_image_is_that_of_students_paired_t() -> None:
    a, b = np.random.default_rng(RNG_SEED).integers(0, 2, (2, 1, 60))
    found = two_way_difference(a, b, np.ones(60))
    expected = stats.ttest_rel(a[0], b[0]).confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))


def test_when_only_seeds_differ_the_test_is_students_t_over_seeds() -> None:
    per_seed = np.array([3.0, 5.0, 4.0, 6.0, 3.0])
    found = two_way_mean(np.repeat(per_seed[:, None], 40, axis=1), np.full(40, 10))
    expected = stats.ttest_1samp(per_seed / 10, 0)
    assert found.df == pytest.approx(4)
    assert found.p == pytest.approx(expected.pvalue)


def by_phrase(correct: np.ndarray, phrases: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Right or wrong, seed and image of every single phrase."""
    seed, image = (np.repeat(number.ravel(), np.tile(phrases, len(correct))) for number in np.indices(correct.shape))
    right = [np.arange(n) < y for row in correct for y, n in zip(row, phrases, strict=True)]
    return np.concatenate(right).astype(float), seed, image


def clustered(outcomes: np.ndarray, groups: np.ndarray, *, small: bool) -> float:
    """The variance of the mean by statsmodels, with or without the correction for a small number of clusters."""
    fit = OLS(outcomes, np.ones(len(outcomes))).fit(
        cov_type="cluster", cov_kwds={"groups": groups, "use_correction": small}
    )
    return float(fit.bse[0] ** 2)


def test_the_standard_error_is_put_together_from_the_clustered_ones_of_statsmodels() -> None:
    correct, phrases = study(seeds=6, images=40)
    correct = np.clip(correct + np.array([[0], [1], [0], [2], [0], [1]]), 0, phrases)
    outcomes, seed, image = by_phrase(correct, phrases)
    by_seed, by_image = clustered(outcomes, seed, small=True), clustered(outcomes, image, small=True)
    found = two_way_mean(correct, phrases)
    variance = by_seed + by_image - clustered(outcomes, 100 * seed + image, small=False)
    assert variance > max(by_seed, by_image)
    assert found.se == pytest.approx(math.sqrt(variance))
    assert found.df == pytest.approx(variance**2 / (by_seed**2 / 5 + by_image**2 / 39))


def test_with_one_seed_the_standard_error_is_that_of_statsmodels_clustered_by_image() -> None:
    correct, phrases = study(seeds=1, images=40)
    outcomes, _, image = by_phrase(correct, phrases)
    assert two_way_mean(correct, phrases).se == pytest.approx(math.sqrt(clustered(outcomes, image, small=True)))


def test_a_repeated_row_gives_the_interval_of_the_row_alone_and_no_p_value() -> None:
    correct, phrases = study(seeds=1)
    once, often = two_way_mean(correct, phrases), two_way_mean(np.repeat(correct, 5, axis=0), phrases)
    assert (often.low, often.high) == pytest.approx((once.low, once.high))
    assert (once.status, often.status) == (Status.one_seed, Status.identical_seeds)
    assert math.isnan(once.p)
    assert math.isnan(often.p)


@given(st.integers(0, 2**32 - 1))
def test_the_order_of_images_and_seeds_does_not_matter(order: int) -> None:
    correct, phrases = study()
    rng = np.random.default_rng(order)
    seeds, images = rng.permutation(correct.shape[0]), rng.permutation(correct.shape[1])
    shuffled = two_way_mean(correct[seeds][:, images], phrases[images])
    assert numbers(shuffled) == pytest.approx(numbers(two_way_mean(correct, phrases)))


def test_images_without_phrases_are_left_out() -> None:
    correct, phrases = study()
    padded = two_way_mean(np.pad(correct, ((0, 0), (0, 3))), np.pad(phrases, (0, 3)))
    assert padded == two_way_mean(correct, phrases)


@pytest.mark.parametrize(
    ("correct", "phrases", "status"),
    [
        ([[1, np.nan], [0, 1]], [1, 1], Status.nan),
        ([[1, 1], [0, 1]], [1, np.nan], Status.nan),
        ([[2, 2, 2], [2, 2, 2]], [2, 2, 2], Status.constant),
        ([[0, 0, 0], [0, 0, 0]], [2, 5, 1], Status.constant),
        ([[3, 6, 3], [3, 6, 3]], [3, 6, 3], Status.constant),
        ([[1], [2]], [3], Status.one_image),
        ([[1, 0], [2, 0]], [3, 0], Status.one_image),
        (np.zeros((2, 0)), [], Status.empty),
        (np.zeros((0, 3)), [1, 1, 1], Status.empty),
        ([[0, 0], [0, 0]], [0, 0], Status.empty),
    ],
)
def test_input_that_carries_no_spread_has_a_named_status_no_interval_and_no_p_value(
    correct: object, phrases: object, status: Status
) -> None:
    found = two_way_mean(correct, phrases)  # type: ignore[arg-type]
    assert found.status is status
    assert not status.has_interval
    assert all(math.isnan(value) for value in (found.low, found.high, found.p))


@pytest.mark.parametrize(
    ("correct", "phrases", "message"),
    [
        ([1, 0], [1, 1], r"got shapes \(2,\)"),
        ([[1, 0, 1]], [1, 1], r"\(1, 3\) and \(2,\)"),
        ([[1, 0]], [1, -1], "fewer than no phrases"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(correct: object, phrases: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        two_way_mean(correct, phrases)  # type: ignore[arg-type]


def test_systems_with_unequal_seeds_are_not_paired() -> None:
    found = two_way_difference(np.ones((3, 4)), np.ones((5, 4)), np.ones(4))
    assert found.status is Status.unequal_seeds
    assert all(math.isnan(value) for value in numbers(found))


def test_systems_on_other_images_are_an_error() -> None:
    with pytest.raises(ValueError, match=r"\(3, 4\), \(3, 5\) and \(4,\)"):
        two_way_difference(np.ones((3, 4)), np.ones((3, 5)), np.ones(4))


@given(st.lists(st.floats(-2, 2), min_size=3, max_size=3))
def test_a_weighted_sum_is_the_mean_of_the_weighted_counts(weights: list[float]) -> None:
    (a, phrases), rng = study(), np.random.default_rng(3)
    systems = [a, rng.permuted(a, axis=1), np.repeat(a[:1], len(a), axis=0)]
    found = two_way_sum(weights, systems, phrases)
    expected = two_way_mean(np.tensordot(weights, np.stack(systems), axes=1), phrases)
    assert (found.estimate, found.se) == pytest.approx((expected.estimate, expected.se), abs=1e-12)


@given(st.floats(-2, 2), st.floats(-2, 2))
def test_systems_whose_seeds_agree_have_a_weighted_sum_whose_seeds_agree(first: float, second: float) -> None:
    one, phrases = study(seeds=1, images=37)
    repeated = np.repeat(one, 7, axis=0)
    found = two_way_sum([first, second], [repeated, repeated[:, ::-1] / 3], phrases)
    assert found.status in (Status.identical_seeds, Status.constant)
