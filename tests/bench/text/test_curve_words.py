from __future__ import annotations

from math import inf, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.stats import AmountNeeded, CurveStatus, Interval, NeededStatus, TrendStatus
from bench.text.curve_words import WHY_NO_CURVE, WHY_NO_TREND, bracketed, ends, needed_cell, times, whole


@pytest.mark.parametrize(
    ("interval", "text"),
    [
        (Interval(299.6, 610.2), "300 to 610"),
        (Interval(0, 10), "at most 10"),
        (Interval(2000, inf), "at least 2,000"),
        (Interval(0, inf), "without bounds"),
        (Interval(nan, nan), "–"),
    ],
)
def test_the_ends_of_an_interval_are_numbers_or_words(interval: Interval, text: str) -> None:
    assert ends(interval, whole) == text


def test_an_interval_in_a_cell_stands_in_brackets_and_is_absent_when_there_is_none() -> None:
    assert bracketed(Interval(300, 610), whole) == "[300, 610]"
    assert bracketed(Interval(0, 10), whole) == "[at most 10]"
    assert bracketed(Interval(nan, nan), whole) == ""
    assert bracketed(Interval(0, inf), whole) == ""


@pytest.mark.parametrize(
    ("status", "value", "interval", "text"),
    [
        (NeededStatus.ok, 420.4, Interval(300, 610), "420 [300, 610]"),
        (NeededStatus.extrapolated, 1400, Interval(900, inf), "1,400 (beyond) [at least 900]"),
        (NeededStatus.interpolated, 590.2, Interval(520, 680), "590 [520, 680]"),
        (NeededStatus.interpolated, 590.2, Interval(nan, nan), "590"),
        (NeededStatus.already, nan, Interval(0, 25), "less than 25"),
        (NeededStatus.not_reached, nan, Interval(960, inf), "more than 960"),
        (NeededStatus.beyond, nan, Interval(1200, inf), "more than 1,200"),
        (NeededStatus.never, nan, Interval(2000, inf), "more than 2,000"),
        (NeededStatus.interpolated, 20.2, Interval(0, inf), "20"),
        (NeededStatus.interpolated, 44.2, Interval(0, 125), "44 [at most 125]"),
        (NeededStatus.already, nan, Interval(nan, nan), "already"),
        (NeededStatus.not_reached, nan, Interval(nan, nan), "not reached"),
        (NeededStatus.beyond, nan, Interval(0, inf), "beyond reach"),
        (NeededStatus.never, nan, Interval(nan, nan), "never"),
        (NeededStatus.no_curve, nan, Interval(nan, nan), "–"),
        (NeededStatus.no_level, nan, Interval(nan, nan), "–"),
        (NeededStatus.unequal_seeds, nan, Interval(nan, nan), "–"),
    ],
)
def test_every_status_of_an_amount_has_a_cell(
    status: NeededStatus, value: float, interval: Interval, text: str
) -> None:
    assert needed_cell(AmountNeeded(0.5, value, interval, status), whole) == text


def test_the_bound_of_a_multiple_has_no_zeros_at_its_end() -> None:
    less, more = Interval(0, 0.02), Interval(9.81, inf)
    assert needed_cell(AmountNeeded(0.5, nan, less, NeededStatus.already), times) == "less than 0.02"
    assert needed_cell(AmountNeeded(0.5, nan, more, NeededStatus.not_reached), times) == "more than 9.81"
    assert needed_cell(AmountNeeded(0.5, nan, Interval(100, inf), NeededStatus.not_reached), times) == "more than 100"


def test_every_status_without_a_curve_or_a_trend_has_words() -> None:
    assert set(WHY_NO_CURVE) == set(CurveStatus) - {CurveStatus.ok}
    assert set(WHY_NO_TREND) == set(TrendStatus) - {TrendStatus.ok}


@pytest.mark.parametrize(
    ("multiple", "text"),
    [(2.764, "2.76"), (35, "35.0"), (0.022, "0.0220"), (1e-05, "0.0000100"), (1234.5, "1,234"), (nan, "–")],
)
def test_multiples_have_three_digits(multiple: float, text: str) -> None:
    assert times(multiple) == text


@given(st.floats(1e-5, 1e6))
def test_a_written_multiple_is_within_a_two_hundredth_and_never_in_powers_of_ten(multiple: float) -> None:
    text = times(multiple)
    assert float(text.replace(",", "")) == pytest.approx(multiple, rel=0.005)
    assert "e" not in text
