from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from bench.stats import Status, probability_of_improvement

ACCURACIES = st.lists(st.integers(0, 10).map(lambda tenths: tenths / 10), min_size=1, max_size=8)


def test_two_against_two_agree_with_a_calculation_by_hand() -> None:
    # Of the pairs (.5, .4), (.5, .5), (.3, .4), (.3, .5) one is a win and one a tie.
    found = probability_of_improvement([0.5, 0.3], [0.4, 0.5])
    assert (found.probability, found.status) == (1.5 / 4, Status.ok)


@given(ACCURACIES, ACCURACIES)
def test_it_is_the_mann_whitney_statistic_over_the_number_of_pairs(a: list[float], b: list[float]) -> None:
    expected = stats.mannwhitneyu(a, b, method="asymptotic").statistic / (len(a) * len(b)) if len({*a, *b}) > 1 else 0.5
    assert probability_of_improvement(a, b).probability == pytest.approx(expected)


@given(ACCURACIES, ACCURACIES)
def test_either_a_improves_on_b_or_b_on_a(a: list[float], b: list[float]) -> None:
    both = probability_of_improvement(a, b).probability + probability_of_improvement(b, a[::-1]).probability
    assert both == pytest.approx(1)


@pytest.mark.parametrize(
    ("a", "b", "status"),
    [([], [0.5], Status.empty), ([0.5], [], Status.empty), ([0.5, np.nan], [0.5], Status.nan)],
)
def test_without_accuracies_there_is_no_probability(a: list[float], b: list[float], status: Status) -> None:
    found = probability_of_improvement(a, b)
    assert found.status is status
    assert math.isnan(found.probability)


def test_what_is_not_one_accuracy_a_seed_is_refused() -> None:
    with pytest.raises(ValueError, match=r"\(1, 2\)"):
        probability_of_improvement([[0.5, 0.6]], [0.5])
