from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.proportion import proportion_effectsize

from bench.stats import cohens_h

SHARES = st.floats(0, 1)


def test_three_quarters_against_a_quarter_agree_with_a_calculation_by_hand() -> None:
    # 2 asin(sqrt(3/4)) = 2 pi / 3 and 2 asin(sqrt(1/4)) = pi / 3.
    assert cohens_h(0.75, 0.25) == pytest.approx(math.pi / 3)


@given(SHARES, SHARES)
def test_it_is_the_effect_size_of_statsmodels(a: float, b: float) -> None:
    assert cohens_h(a, b) == pytest.approx(proportion_effectsize(a, b))


@given(SHARES, SHARES)
def test_it_changes_sign_with_the_order_and_when_right_and_wrong_change_places(a: float, b: float) -> None:
    assert cohens_h(b, a) == pytest.approx(-cohens_h(a, b))
    assert cohens_h(1 - a, 1 - b) == pytest.approx(-cohens_h(a, b), abs=1e-6)


def test_all_right_against_all_wrong_is_as_far_as_it_goes() -> None:
    assert cohens_h(1, 0) == pytest.approx(math.pi)


def test_a_missing_accuracy_gives_no_effect() -> None:
    assert math.isnan(cohens_h(math.nan, 0.5))
    assert math.isnan(cohens_h(0.5, math.nan))


@pytest.mark.parametrize(("a", "b"), [(1.1, 0.5), (0.5, -0.1), (math.inf, 0.5)])
def test_what_is_not_an_accuracy_is_refused(a: float, b: float) -> None:
    with pytest.raises(ValueError, match=r"in \[0, 1\]"):
        cohens_h(a, b)
