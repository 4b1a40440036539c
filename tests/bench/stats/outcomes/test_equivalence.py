from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.weightstats import ttost_paired

from bench.stats import Status, equivalence, two_way_difference

SEEDS, IMAGES, PHRASES = 5, 200, 10


def system(accuracy: float, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    by_run = accuracy + 0.003 * rng.standard_normal((SEEDS, 1))
    return rng.binomial(PHRASES, np.broadcast_to(by_run, (SEEDS, IMAGES)))


def sizes() -> np.ndarray:
    return np.full(IMAGES, PHRASES)


def test_when_only_seeds_vary_the_test_is_the_paired_one_of_statsmodels() -> None:
    a, b = np.array([7, 6, 8, 7, 9]), np.array([6, 7, 8, 5, 9])
    found = equivalence(np.tile(a[:, None], 40), np.tile(b[:, None], 40), np.full(40, 10), 0.2)
    p, _, _ = ttost_paired(a / 10, b / 10, -0.2, 0.2)
    assert found.p == pytest.approx(p)


def test_the_p_value_is_the_larger_of_two_one_sided_ones() -> None:
    a, b = system(0.6, 1), system(0.61, 2)
    found, d = equivalence(a, b, sizes(), 0.03), two_way_difference(a, b, sizes())
    t = stats.t(d.df)
    assert found.difference == d
    assert found.p == pytest.approx(max(t.sf((d.estimate + 0.03) / d.se), t.cdf((d.estimate - 0.03) / d.se)))
    assert (found.low, found.high) == pytest.approx((d.estimate + t.ppf(0.05) * d.se, d.estimate + t.ppf(0.95) * d.se))


@given(st.floats(0.001, 0.2), st.integers(0, 50))
def test_systems_are_equivalent_exactly_when_the_interval_lies_inside_the_margin(margin: float, seed: int) -> None:
    found = equivalence(system(0.6, seed), system(0.61, seed + 100), sizes(), margin)
    assert found.is_equivalent == (-margin < found.low and found.high < margin) == (found.p < 0.05)


def test_which_system_comes_first_does_not_matter() -> None:
    found, swapped = (
        equivalence(x, y, sizes(), 0.03)
        for x, y in [(system(0.6, 1), system(0.61, 2)), (system(0.61, 2), system(0.6, 1))]
    )
    assert swapped.p == pytest.approx(found.p)
    assert (swapped.low, swapped.high) == pytest.approx((-found.high, -found.low))


def test_the_order_of_images_and_seeds_does_not_matter() -> None:
    a, b, rng = system(0.6, 1), system(0.61, 2), np.random.default_rng(3)
    seeds, images = rng.permutation(SEEDS), rng.permutation(IMAGES)
    shuffled = equivalence(a[seeds][:, images], b[seeds][:, images], sizes(), 0.03)
    assert shuffled.p == pytest.approx(equivalence(a, b, sizes(), 0.03).p)


@pytest.mark.parametrize(
    ("a", "b", "phrases", "status"),
    [
        ([[1, 0, 2]], [[1, 1, 1]], [2, 2, 2], Status.one_seed),
        ([[1, 0], [1, 0]], [[1, 1], [1, 1]], [2, 2], Status.identical_seeds),
        ([[1], [2]], [[1], [1]], [2], Status.one_image),
        ([[1, 0], [2, 1]], [[1, 0], [2, 1]], [2, 2], Status.constant),
        ([[2, 2], [2, 2]], [[0, 0], [0, 0]], [2, 2], Status.constant),
        ([[np.nan, 0], [2, 1]], [[1, 0], [2, 1]], [2, 2], Status.nan),
        (np.zeros((0, 2)), np.zeros((0, 2)), [2, 2], Status.empty),
    ],
)
def test_without_a_test_nothing_is_called_equivalent(a: object, b: object, phrases: object, status: Status) -> None:
    found = equivalence(a, b, phrases, 0.03)  # type: ignore[arg-type]
    assert (found.difference.status, found.is_equivalent) == (status, False)
    assert math.isnan(found.p)


def test_a_margin_that_is_not_a_share_is_refused() -> None:
    with pytest.raises(ValueError, match="margin"):
        equivalence(system(0.6, 1), system(0.6, 2), sizes(), 1.0)
