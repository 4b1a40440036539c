from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from simulated_curve import AMOUNTS, LAW, drawn, exact

from bench.stats import Status, two_way_difference, two_way_mean
from bench.stats.curves.area_under_curve import area_under_curve, log_mean_counts


def test_the_area_is_the_trapezoid_of_the_accuracies_over_log_amount() -> None:
    correct, phrases = drawn(np.random.default_rng(1))
    accuracies = correct.sum(axis=(1, 2)) / (5 * phrases.sum())
    expected = np.trapezoid(accuracies, np.log(AMOUNTS)) / (np.log(AMOUNTS[-1]) - np.log(AMOUNTS[0]))
    assert area_under_curve(correct, AMOUNTS, phrases).estimate == pytest.approx(expected)


def test_three_amounts_agree_with_a_calculation_by_hand() -> None:
    # Over log10: (0.2 + 0.4) / 2 * 1 + (0.4 + 0.6) / 2 * 2 = 1.3, over a width of 3.
    correct = [[[2, 2], [2, 2]], [[4, 4], [4, 4]], [[6, 6], [6, 6]]]
    assert area_under_curve(correct, [10, 100, 10_000], [10, 10]).estimate == pytest.approx(1.3 / 3)


@given(st.lists(st.integers(1, 1_000_000), min_size=1, max_size=8, unique=True))
def test_a_system_that_data_does_not_help_has_its_accuracy_for_area(amounts: list[int]) -> None:
    (one, *_), phrases = drawn(np.random.default_rng(1), images=20)
    found, expected = area_under_curve([one] * len(amounts), amounts, phrases), two_way_mean(one, phrases)
    assert (found.estimate, found.low, found.high) == pytest.approx((expected.estimate, expected.low, expected.high))


@given(st.integers(0, 2**32 - 1))
def test_the_order_of_amounts_images_and_seeds_does_not_matter(order: int) -> None:
    correct, phrases = drawn(np.random.default_rng(1), images=20)
    rng = np.random.default_rng(order)
    amounts, seeds, images = rng.permutation(7), rng.permutation(5), rng.permutation(20)
    straight = area_under_curve(correct, AMOUNTS, phrases)
    shuffled = area_under_curve(correct[amounts][:, seeds][:, :, images], AMOUNTS[amounts], phrases[images])
    assert (shuffled.estimate, shuffled.se) == pytest.approx((straight.estimate, straight.se))


def test_the_areas_of_two_systems_are_compared_by_their_mean_counts() -> None:
    rng = np.random.default_rng(1)
    (a, phrases), (b, _) = drawn(rng), drawn(rng)
    found = two_way_difference(log_mean_counts(a, AMOUNTS), log_mean_counts(b, AMOUNTS), phrases)
    areas = [area_under_curve(system, AMOUNTS, phrases).estimate for system in (a, b)]
    assert found.estimate == pytest.approx(areas[0] - areas[1])


@pytest.mark.parametrize(
    ("correct", "phrases", "status"),
    [
        (np.full((2, 3, 4), np.nan), [1, 1, 1, 1], Status.nan),
        (np.ones((2, 3, 4)), [1, 1, 1, 1], Status.constant),
        (np.ones((2, 3, 1)), [2], Status.one_image),
        (np.ones((2, 0, 4)), [1, 1, 1, 1], Status.empty),
        (np.zeros((2, 3, 4)), [0, 0, 0, 0], Status.empty),
    ],
)
def test_outcomes_without_spread_have_a_named_status_and_no_interval(
    correct: np.ndarray, phrases: list[int], status: Status
) -> None:
    found = area_under_curve(correct, [10, 100], phrases)
    assert found.status is status
    assert math.isnan(found.low)


def test_one_seed_has_an_interval_over_images_alone() -> None:
    found = area_under_curve(exact(seeds=1)[0], AMOUNTS, exact()[1])
    assert found.status is Status.one_seed
    assert found.low < found.estimate < found.high


@pytest.mark.parametrize(
    ("correct", "amounts", "message"),
    [
        ([np.ones((3, 4)), np.ones((3, 5))], [10, 100], r"\(3, 4\), \(3, 5\)"),
        ([np.ones((3, 4))], [10, 100], "one amount for each of 1"),
        ([], [], "at least one"),
        (np.ones((2, 3, 4)), [10, 10], "each once"),
        (np.ones((2, 3, 4)), [1e6, np.nextafter(1e6, 0)], "apart on a log scale"),
        (np.ones((2, 3, 4)), [0, 10], "above 0"),
    ],
)
def test_amounts_that_do_not_fit_are_an_error(correct: list[np.ndarray], amounts: list[float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        area_under_curve(correct, amounts, [1, 1, 1, 1])


def test_amounts_that_differ_in_seeds_have_no_area_and_no_mean_counts() -> None:
    correct = [np.ones((3, 4)), np.ones((2, 4))]
    found = area_under_curve(correct, [10, 100], [1, 1, 1, 1])
    assert found.status is Status.unequal_seeds
    assert math.isnan(found.estimate)
    with pytest.raises(ValueError, match=r"one shape for each amount, got \[\(3, 4\), \(2, 4\)"):
        log_mean_counts(correct, [10, 100])


def test_the_area_is_the_accuracy_of_the_mean_counts() -> None:
    correct, phrases = drawn(np.random.default_rng(1))
    found, expected = (
        area_under_curve(correct, AMOUNTS, phrases),
        two_way_mean(log_mean_counts(correct, AMOUNTS), phrases),
    )
    assert (found.estimate, found.low, found.p) == pytest.approx((expected.estimate, expected.low, expected.p))


def test_intervals_cover_the_area_of_the_true_curve_as_often_as_promised() -> None:
    truth = area_under_curve(exact()[0], AMOUNTS, exact()[1]).estimate
    assert truth == pytest.approx(np.trapezoid(LAW.predict(AMOUNTS), np.log(AMOUNTS)) / np.log(100))
    rng = np.random.default_rng(2)
    found = [area_under_curve(counts, AMOUNTS, phrases) for counts, phrases in (drawn(rng) for _ in range(400))]
    assert 0.92 <= np.mean([one.low <= truth <= one.high for one in found]) <= 0.98
