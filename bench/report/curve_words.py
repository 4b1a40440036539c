"""How the report writes what a learning curve says: amounts of data, where they lie, and why there is no curve."""

from __future__ import annotations

from collections.abc import Callable
from math import floor, inf, isnan, log10

from bench.report.numbers import NONE, count
from bench.stats import AmountNeeded, CurveStatus, Interval, NeededStatus, TrendStatus

Write = Callable[[float], str]
"""How a number of some unit is written."""

WHY_NO_CURVE = {
    CurveStatus.empty: "no seed is complete at every amount of data",
    CurveStatus.nan: "an outcome is missing",
    CurveStatus.unequal_seeds: "the amounts of data differ in seeds",
    CurveStatus.one_amount: "a single amount of data makes no curve",
    CurveStatus.few_amounts: "fewer than five amounts of data",
    CurveStatus.constant: "equally accurate at every amount of data",
    CurveStatus.no_spread: "no standard error at some amount of data",
    CurveStatus.not_rising: "the best fit is level, so no gain by data is seen",
    CurveStatus.limit_at_bound: "the data sets no limit below 100 %",
    CurveStatus.exponent_at_bound: "the best exponent is at its bound",
    CurveStatus.poor_forecast: "the smaller amounts forecast the largest badly",
}
WHY_NO_TREND = {
    TrendStatus.one_seed: "there is one seed",
    TrendStatus.identical_seeds: "the seeds agree at every amount of data",
    TrendStatus.few_fractions: "there are fewer than three amounts of data",
    TrendStatus.constant: "every seed is equally accurate at all amounts",
    TrendStatus.nan: "an outcome is missing",
    TrendStatus.empty: "no seed is complete at every amount of data",
}
WHERE = {
    NeededStatus.extrapolated: "(beyond)",
    NeededStatus.interpolated: "(between)",
    NeededStatus.already: "already",
    NeededStatus.not_reached: "not reached",
    NeededStatus.beyond: "beyond reach",
    NeededStatus.never: "never",
}
"""Of an amount that a fitted curve does not give within those measured; the others have a number or a dash."""


def whole(images: float) -> str:
    """Write an estimated number of training images: 1234.5 is `1,234`."""
    return NONE if isnan(images) else count(round(images))


def times(multiple: float) -> str:
    """Write a multiple, above 0, to three digits: `0.0812`, `2.70`, `1,235`."""
    if isnan(multiple):
        return NONE
    if multiple >= 100:
        return count(round(multiple))
    return f"{multiple:.{2 - floor(log10(multiple))}f}"


def ends(interval: Interval, write: Write) -> str:
    """Write the ends of an interval: `300 to 610`, `at most 610`, `at least 300`; a dash when there is none."""
    if isnan(interval.low) or isnan(interval.high):
        return NONE
    if interval.low == 0 and interval.high == inf:
        return "without bounds"
    if interval.low == 0:
        return f"at most {write(interval.high)}"
    if interval.high == inf:
        return f"at least {write(interval.low)}"
    return f"{write(interval.low)} to {write(interval.high)}"


def bracketed(interval: Interval, write: Write) -> str:
    """Write an interval in a cell, `[300, 610]` or `[at most 610]`; nothing when there is none."""
    text = ends(interval, write)
    return "" if text == NONE else f"[{text.replace(' to ', ', ')}]"


def needed_cell(needed: AmountNeeded, write: Write) -> str:
    """Write an amount of data in a cell, or where it lies, with its interval; a dash when nothing is known."""
    number = "" if isnan(needed.value) else write(needed.value)
    told = " ".join(filter(None, (number, WHERE.get(needed.status, ""), bracketed(needed.interval, write))))
    return told or NONE
