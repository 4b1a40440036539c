"""When a power law through measured points is not to be believed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from bench.stats.power_law import LARGEST_EXPONENT, SMALLEST_EXPONENT, Floats, PowerLaw, fit_power_law
from bench.stats.two_way import Estimate, Status

FEWEST_AMOUNTS = 5
"""Three parameters, one point to forecast, and one more, or the fit is bound to be perfect."""
AT_BOUND = 1e-6
"""A parameter nearer to its bound than this was put there by the bound, not by the data."""


class CurveStatus(StrEnum):
    """Whether there is a fitted curve, and if not, why."""

    ok = "ok"
    """There is."""
    empty = "empty"
    """No amount, or one without seeds or phrases."""
    nan = "nan"
    """An outcome is missing or not a number."""
    unequal_seeds = "unequal seeds"
    """An amount has more or fewer seeds than are drawn from, so it cannot vary with the others."""
    one_amount = "one amount"
    """A point is not a curve."""
    few_amounts = "fewer than five amounts"
    """A power law would go through almost any of them."""
    constant = "constant"
    """The accuracy is the same at every amount, so there is no shape to fit."""
    no_spread = "no spread"
    """The accuracy at some amount has no standard error, so the points cannot be weighed."""
    not_rising = "does not rise"
    """The best fit is a level line: more data is not seen to help."""
    limit_at_bound = "limit at its bound"
    """The curve heads for an accuracy of 1 because it may not exceed it; the data sets no limit."""
    exponent_at_bound = "exponent at its bound"
    """The data calls for a curve slower or faster than any allowed, so its limit is the bound's choice."""
    poor_forecast = "does not forecast the largest amount"
    """Fitted without the largest amount, the curve misses it by more than its standard error."""


@dataclass(frozen=True)
class Fit:
    """A power law, or why there is none.

    Attributes:
        law: the fitted curve; None unless the status is `ok`.
        status: whether there is a fitted curve, and if not, why.
        reason: the same in words, with its numbers; empty when `ok`.
    """

    law: PowerLaw | None
    status: CurveStatus
    reason: str


def believable_fit(amounts: Floats, points: Sequence[Estimate], seeds: Sequence[int], drawn_from: int) -> Fit:
    """Fit y = c - a n^-b to points weighted by their standard errors, or refuse to.

    Args:
        amounts: (amounts,) training images, ascending.
        points: the accuracy after each.
        seeds: the number of seeds at each.
        drawn_from: the number of seeds there should be.
    """
    status, reason = _of_points(points, seeds, drawn_from)
    if status is not CurveStatus.ok:
        return Fit(None, status, reason)
    accuracy, se = np.array([point.estimate for point in points]), np.array([point.se for point in points])
    law = fit_power_law(amounts, accuracy, se)
    status, reason = _of_law(law)
    if status is CurveStatus.ok:
        status, reason = _of_forecast(amounts, accuracy, se)
    return Fit(law if status is CurveStatus.ok else None, status, reason)


def _of_points(points: Sequence[Estimate], seeds: Sequence[int], drawn_from: int) -> tuple[CurveStatus, str]:
    """Return what the points rule out before any fit."""
    found = {point.status for point in points}
    if not points or Status.empty in found:
        return CurveStatus.empty, "there are no outcomes at some amount"
    if Status.nan in found:
        return CurveStatus.nan, "an outcome is missing or not a number"
    if set(seeds) != {drawn_from}:
        return CurveStatus.unequal_seeds, f"the amounts have {list(seeds)} seeds, where {drawn_from} are drawn from"
    if len(points) == 1:
        return CurveStatus.one_amount, "a single amount makes no curve"
    if len(points) < FEWEST_AMOUNTS:
        return CurveStatus.few_amounts, f"{len(points)} amounts, where a fit needs {FEWEST_AMOUNTS}"
    if np.ptp([point.estimate for point in points]) < AT_BOUND:
        return CurveStatus.constant, f"the accuracy is {points[0].estimate:.4f} at every amount"
    if not all(point.status.has_interval for point in points):
        return CurveStatus.no_spread, "the accuracy at some amount has no standard error"
    return CurveStatus.ok, ""


def _of_law(law: PowerLaw) -> tuple[CurveStatus, str]:
    """Return what the bounds of its parameters rule out."""
    if law.a == 0:
        return CurveStatus.not_rising, f"the best fit is level at {law.c:.4f}"
    if law.c > 1 - AT_BOUND:
        return CurveStatus.limit_at_bound, "the best fit approaches an accuracy of 1, the most it may"
    if law.b < SMALLEST_EXPONENT * (1 + AT_BOUND) or law.b > LARGEST_EXPONENT * (1 - AT_BOUND):
        return CurveStatus.exponent_at_bound, f"the best fit has the exponent {law.b:.2f}, a bound"
    return CurveStatus.ok, ""


def _of_forecast(n: Floats, accuracy: Floats, se: Floats) -> tuple[CurveStatus, str]:
    """Return whether the points without the last forecast it to within its standard error.

    The rule is strict, for the forecast errs too: where trainings differ by a point and images are many, it turns away
    a quarter (10 seeds) to a half (3 seeds) of true power laws. A refusal is no evidence of another shape.
    """
    forecast = float(fit_power_law(n[:-1], accuracy[:-1], se[:-1]).predict(n[-1]))
    if abs(forecast - accuracy[-1]) <= se[-1]:
        return CurveStatus.ok, ""
    return CurveStatus.poor_forecast, (
        f"fitted without {n[-1]:.0f} images the curve has {forecast:.4f} there, where {accuracy[-1]:.4f} with a "
        f"standard error of {se[-1]:.4f} was measured"
    )
