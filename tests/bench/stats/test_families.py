from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests

from bench.stats import holm

P_VALUES = st.lists(st.floats(0, 1), min_size=1, max_size=20)


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
