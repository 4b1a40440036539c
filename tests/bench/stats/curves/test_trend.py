from __future__ import annotations

import math
from itertools import permutations, product

import numpy as np
import pytest
from scipy import stats

from bench.stats import TrendStatus, trend_test


def test_two_seeds_and_three_fractions_agree_with_a_calculation_by_hand() -> None:
    # Both seeds rise: L = 2 (1 + 4 + 9) = 28, which 1 of the 36 pairs of orders reaches.
    found = trend_test([[0.1, 0.2, 0.3], [0.2, 0.3, 0.4]])
    assert (found.statistic, found.status, found.seeds, found.fractions) == (28, TrendStatus.ok, 2, 3)
    assert found.p == pytest.approx(1 / 36)


def test_the_p_value_counts_every_order_that_rises_as_much() -> None:
    found = trend_test([[0.1, 0.3, 0.2], [0.1, 0.2, 0.3], [0.3, 0.1, 0.2]])
    statistics = [np.dot(np.sum(rows, axis=0), [1, 2, 3]) for rows in product(permutations([1, 2, 3]), repeat=3)]
    assert found.p == pytest.approx(np.mean(np.array(statistics) >= found.statistic))


def test_it_is_the_test_of_scipy() -> None:
    table = np.random.default_rng(0).normal(np.linspace(0, 1, 6), 1, (5, 6))
    found, expected = trend_test(table), stats.page_trend_test(table)
    assert (found.statistic, found.p) == (expected.statistic, expected.pvalue)


def test_only_the_order_within_a_seed_counts_and_the_order_of_seeds_does_not() -> None:
    rng = np.random.default_rng(1)
    table = rng.normal(np.linspace(0, 1, 4), 1, (5, 4))
    moved = np.exp(table + rng.normal(0, 3, (5, 1)))[rng.permutation(5)]
    assert trend_test(moved) == trend_test(table)


def test_a_fall_is_no_rise() -> None:
    assert trend_test(np.linspace(0, 0.1, 5)[:, None] + [0.4, 0.3, 0.2]).p == pytest.approx(1)


@pytest.mark.parametrize(
    ("accuracy", "status"),
    [
        ([[0.1, 0.2, 0.3]], TrendStatus.one_seed),
        ([[0.1, 0.2], [0.2, 0.3]], TrendStatus.few_fractions),
        ([[0.1], [0.2]], TrendStatus.few_fractions),
        ([[0.1, 0.1, 0.1], [1.0, 1.0, 1.0]], TrendStatus.constant),
        ([[0.1, 0.2, 0.3], [0.1, 0.2, 0.3]], TrendStatus.identical_seeds),
        ([[0.1, np.nan, 0.3], [0.1, 0.2, 0.3]], TrendStatus.nan),
        ([[0.1, np.inf, 0.3], [0.1, 0.2, 0.3]], TrendStatus.nan),
        (np.zeros((0, 3)), TrendStatus.empty),
        (np.zeros((3, 0)), TrendStatus.empty),
    ],
)
def test_a_table_that_allows_no_test_has_a_named_status_and_no_p_value(accuracy: object, status: TrendStatus) -> None:
    found = trend_test(accuracy)  # type: ignore[arg-type]
    assert found.status is status
    assert math.isnan(found.p)


def test_what_is_not_a_table_is_refused() -> None:
    with pytest.raises(ValueError, match=r"got shape \(3,\)"):
        trend_test([0.1, 0.2, 0.3])
