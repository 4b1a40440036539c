"""How the report writes what a learning curve says: amounts of data, where they lie, and why there is no curve."""

from __future__ import annotations

from collections.abc import Callable
from math import floor, inf, isnan, log10

from bench.stats import AmountNeeded, CurveStatus, Interval, NeededStatus, TrendStatus
from bench.text.numbers import NONE, count

Write = Callable[[float], str]
"""How a number of some unit is written."""

WHY_NO_CURVE = {
    CurveStatus.empty: "no seed is complete at every fraction",
    CurveStatus.nan: "an outcome is missing",
    CurveStatus.unequal_seeds: "the fractions were run with different seeds",
    CurveStatus.one_amount: "a single fraction makes no curve",
    CurveStatus.few_amounts: "fewer than five fractions",
    CurveStatus.constant: "all fractions have the same value",
    CurveStatus.no_spread: "some fraction has no standard error",
    CurveStatus.not_rising: "the best fit is flat, so more data shows no gain",
    CurveStatus.limit_at_bound: "the data do not determine a limit below 100 %",
    CurveStatus.exponent_at_bound: "the best exponent is at the bound of its range",
    CurveStatus.poor_forecast: "the smaller fractions predict the largest poorly",
}
WHY_NO_TREND = {
    TrendStatus.one_seed: "there is only one seed",
    TrendStatus.identical_seeds: "all seeds have the same value at every fraction",
    TrendStatus.few_fractions: "there are fewer than three fractions",
    TrendStatus.constant: "every seed has the same value at all fractions",
    TrendStatus.nan: "an outcome is missing",
    TrendStatus.empty: "no seed is complete at every fraction",
}
BEYOND = "(beyond)"
"""Beside an amount that a fitted curve gives beyond those measured."""
TOO_MANY = {
    NeededStatus.not_reached: "not reached",
    NeededStatus.beyond: "beyond reach",
    NeededStatus.never: "never",
}
"""Of an amount that lies beyond what was measured or what a curve is followed to, when it has no lower bound."""


UNBOUNDED = "without bounds"


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
        return UNBOUNDED
    if interval.low == 0:
        return f"at most {write(interval.high)}"
    if interval.high == inf:
        return f"at least {write(interval.low)}"
    return f"{write(interval.low)} to {write(interval.high)}"


def bracketed(interval: Interval, write: Write) -> str:
    """Write an interval in a cell, `[300, 610]` or `[at most 610]`; nothing when there is none, or no bound."""
    text = ends(interval, write)
    return "" if text in (NONE, UNBOUNDED) else f"[{text.replace(' to ', ', ')}]"


def needed_cell(needed: AmountNeeded, write: Write) -> str:
    """Write an amount of data in a cell: with its interval, `420 [300, 610]`, or as a bound of it, `more than 960`.

    A dash when nothing is known.
    """
    interval = needed.interval
    if needed.status is NeededStatus.already:
        return f"less than {_bare(write(interval.high))}" if 0 < interval.high < inf else "already"
    if needed.status in TOO_MANY:
        bounded = 0 < interval.low < inf
        return f"more than {_bare(write(interval.low))}" if bounded else TOO_MANY[needed.status]
    number = "" if isnan(needed.value) else write(needed.value)
    beyond = BEYOND if needed.status is NeededStatus.extrapolated else ""
    return " ".join(filter(None, (number, beyond, bracketed(interval, write)))) or NONE


def _bare(number: str) -> str:
    """Take the zeros off the end of a decimal: `0.0200` is `0.02`."""
    return number.rstrip("0").rstrip(".") if "." in number else number
