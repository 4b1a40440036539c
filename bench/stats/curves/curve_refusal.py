"""When a power law through measured points is not to be believed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import scipy

from bench.stats.curves.power_law import (
    LARGEST_EXPONENT,
    SMALLEST_EXPONENT,
    Floats,
    PowerLaw,
    accuracy_after,
    fit_power_law,
    fit_power_laws,
)
from bench.stats.outcomes.status import Status
from bench.stats.outcomes.two_way import CONFIDENCE, Estimate

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
    """Fitted without the largest amount, the curve misses it by more than chance explains."""


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


def believable_fit(amounts: Floats, points: Sequence[Estimate], seeds: int, drawn: Floats) -> Fit:
    """Fit y = c - a n^-b to points weighted by their standard errors, or refuse to.

    Most curves that step, fall at the end or rise late are refused, by one rule or another.

    Args:
        amounts: (amounts,) training images, ascending.
        points: the accuracy after each.
        seeds: the number of trainings that there should be at each.
        drawn: (draws, amounts) the accuracies in each draw of a crossed bootstrap, in [0, 1].
    """
    refusal = _of_points(points, seeds)
    if refusal is not None:
        return refusal
    law = fit_power_law(amounts, [point.estimate for point in points], [point.se for point in points])
    refusal = _of_law(law) or _of_forecast(amounts, points, drawn)
    return refusal or Fit(law, CurveStatus.ok, "")


def _of_points(points: Sequence[Estimate], seeds: int) -> Fit | None:
    """Return what the points rule out before any fit."""
    statuses = {point.status for point in points}
    if not points or Status.empty in statuses:
        return _refused(CurveStatus.empty, "there are no outcomes at some amount")
    if Status.nan in statuses:
        return _refused(CurveStatus.nan, "an outcome is missing or not a number")
    if {point.seeds for point in points} != {seeds}:
        counted = [point.seeds for point in points]
        return _refused(CurveStatus.unequal_seeds, f"the amounts have {counted} seeds, where {seeds} are drawn from")
    if len(points) == 1:
        return _refused(CurveStatus.one_amount, "a single amount makes no curve")
    if len(points) < FEWEST_AMOUNTS:
        return _refused(CurveStatus.few_amounts, f"{len(points)} amounts, where a fit needs {FEWEST_AMOUNTS}")
    if np.ptp([point.estimate for point in points]) < AT_BOUND:
        return _refused(CurveStatus.constant, f"the accuracy is {points[0].estimate:.4f} at every amount")
    if not all(point.status.has_interval for point in points):
        return _refused(CurveStatus.no_spread, "the accuracy at some amount has no standard error")
    return None


def _of_law(law: PowerLaw) -> Fit | None:
    """Return what the bounds of its parameters rule out."""
    if law.a == 0:
        return _refused(CurveStatus.not_rising, f"the best fit is level at {law.c:.4f}")
    if law.c > 1 - AT_BOUND:
        return _refused(CurveStatus.limit_at_bound, "the best fit approaches an accuracy of 1, the most it may")
    if law.b < SMALLEST_EXPONENT * (1 + AT_BOUND) or law.b > LARGEST_EXPONENT * (1 - AT_BOUND):
        return _refused(CurveStatus.exponent_at_bound, f"the best fit has the exponent {law.b:.2f}, a bound")
    return None


def _of_forecast(n: Floats, points: Sequence[Estimate], drawn: Floats) -> Fit | None:
    """Refuse when the points without the last miss it by more than chance at 5 % explains.

    The standard error of the last point is no measure of that: the forecast errs too, and by more, while what all
    amounts share by image moves both alike. So each draw of the bootstrap is forecast in the same way, and the miss may
    be t standard deviations of the misses there, with the degrees of freedom of the last point. Less than a tenth of
    true power laws is refused for it. A refusal is no evidence of any one other shape.
    """
    accuracy, se = np.array([point.estimate for point in points]), np.array([point.se for point in points])
    forecasts = accuracy_after(n[-1], *fit_power_laws(n[:-1], np.vstack([accuracy, drawn])[:, :-1], se[:-1]).T)
    miss = abs(float(forecasts[0] - accuracy[-1]))
    by_chance = float(scipy.stats.t.ppf((1 + CONFIDENCE) / 2, points[-1].df) * np.std(forecasts[1:] - drawn[:, -1]))
    # Where nothing strays at all, what is left of both is rounding.
    if miss <= max(by_chance, AT_BOUND):
        return None
    return _refused(
        CurveStatus.poor_forecast,
        f"fitted without {n[-1]:.0f} images the curve has {forecasts[0]:.4f} there, where {accuracy[-1]:.4f} was "
        f"measured: {miss:.4f} apart, and chance explains {by_chance:.4f}",
    )


def _refused(status: CurveStatus, reason: str) -> Fit:
    return Fit(None, status, reason)
