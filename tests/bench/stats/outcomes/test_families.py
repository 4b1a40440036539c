from __future__ import annotations

import gc
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests

from bench.stats import benjamini_hochberg, holm

P_VALUES = st.lists(st.floats(0, 1), min_size=1, max_size=20)


@pytest.fixture(autouse=True, scope="module")
def _few_objects() -> Iterator[None]:
    """Have statsmodels, which collects garbage at every call, look at no object that is there already."""
    gc.freeze()
    yield
    gc.unfreeze()


def test_three_p_values_agree_with_a_calculation_by_hand() -> None:
    assert holm([0.03, 0.01, 0.02]) == pytest.approx([0.04, 0.03, 0.04])


@given(P_VALUES)
def test_adjusted_p_values_are_those_of_statsmodels(p_values: list[float]) -> None:
    assert holm(p_values) == pytest.approx(multipletests(p_values, method="holm")[1])


@given(P_VALUES)
def test_adjusting_keeps_the_order_and_never_lowers_a_p_value(p_values: list[float]) -> None:
    adjusted = holm(p_values)
    assert (adjusted >= np.asarray(p_values)).all()
    assert (np.diff(adjusted[np.argsort(p_values, kind="stable")]) >= 0).all()


def test_a_hypothesis_without_a_p_value_still_counts_as_one_of_the_family() -> None:
    assert holm([0.01, np.nan, 0.04]) == pytest.approx([0.03, np.nan, 0.08], nan_ok=True)


def test_an_empty_family_stays_empty() -> None:
    assert holm([]).shape == (0,)


@pytest.mark.parametrize("p_values", [[0.5, 1.2], [-0.1], [[0.1, 0.2]]])
def test_what_is_not_a_list_of_p_values_is_refused(p_values: list[float]) -> None:
    with pytest.raises(ValueError, match=r"p-values in \[0, 1\]"):
        holm(p_values)


def test_three_p_values_stepped_up_agree_with_a_calculation_by_hand() -> None:
    # 3 x 0.01, 3/2 x 0.04, 3/3 x 0.05; the second may not exceed the third.
    assert benjamini_hochberg([0.04, 0.01, 0.05]) == pytest.approx([0.05, 0.03, 0.05])


@given(P_VALUES)
def test_p_values_stepped_up_are_those_of_statsmodels(p_values: list[float]) -> None:
    assert benjamini_hochberg(p_values) == pytest.approx(multipletests(p_values, method="fdr_bh")[1])


@given(P_VALUES, st.integers(0, 5))
def test_a_category_that_could_not_be_tested_is_not_one_of_an_exploratory_family(
    p_values: list[float], missing: int
) -> None:
    adjusted = benjamini_hochberg([*[np.nan] * missing, *p_values])
    assert np.isnan(adjusted[:missing]).all()
    assert adjusted[missing:] == pytest.approx(multipletests(p_values, method="fdr_bh")[1])


@given(P_VALUES)
def test_the_false_discovery_rate_asks_no_more_than_the_family_wise_error(p_values: list[float]) -> None:
    adjusted = benjamini_hochberg(p_values)
    assert (adjusted <= holm(p_values) + 1e-12).all()
    assert (adjusted >= np.asarray(p_values) - 1e-12).all()


@given(P_VALUES)
def test_the_order_of_hypotheses_does_not_matter(p_values: list[float]) -> None:
    order = np.random.default_rng(len(p_values)).permutation(len(p_values))
    for adjust in (holm, benjamini_hochberg):
        assert adjust(np.asarray(p_values)[order]) == pytest.approx(adjust(p_values)[order])


def test_a_family_in_which_nothing_could_be_tested_stays_so() -> None:
    assert benjamini_hochberg([]).shape == (0,)
    assert np.isnan(benjamini_hochberg([np.nan, np.nan])).all()


def test_stepping_up_refuses_what_is_not_a_list_of_p_values() -> None:
    with pytest.raises(ValueError, match=r"p-values in \[0, 1\]"):
        benjamini_hochberg([0.5, 1.2])
