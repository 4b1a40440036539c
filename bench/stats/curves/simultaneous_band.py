"""A band that contains the whole of a learning curve, not each point of it, in 95 % of studies."""

from __future__ import annotations

from dataclasses import dataclass
from math import nan

import numpy as np
import scipy

from bench.stats.curves.curve_bootstrap import Interval
from bench.stats.curves.curve_refusal import CurveStatus
from bench.stats.curves.learning_curve import LearningCurve
from bench.stats.outcomes.two_way import CONFIDENCE


@dataclass(frozen=True)
class SimultaneousBand:
    """Intervals that hold together, one for each measured amount.

    Attributes:
        amounts: training images, ascending.
        intervals: the band at each; NaN without a band.
        level: confidence that each interval has alone, so that all have 95 % together; NaN without a band.
        status: `ok`, or why there is no band: `empty`, `nan`, `unequal seeds` or `no spread`.
    """

    amounts: tuple[float, ...]
    intervals: tuple[Interval, ...]
    level: float
    status: CurveStatus


def simultaneous_band(curve: LearningCurve) -> SimultaneousBand:
    """Widen the intervals of the measured points until they hold for all amounts at once.

    For new images and new trainings, and without a model of the curve. In each draw of the crossed bootstrap
    m = max_f |y*_f - y_f| / sd(y*_f); its 95 % quantile says how much more than one point alone the largest of the
    points strays. It is turned from a normal to Student's t with the df of each point, whose standard error is that of
    `two_way_mean`: y_f +- t_f SE_f with T_f(t_f) = Phi(m). (Montiel Olea & Plagborg-Moller, Simultaneous confidence
    bands, Journal of Applied Econometrics 2019.) With one amount it is the interval of that point.
    """
    status = _status(curve)
    if status is not CurveStatus.ok:
        return SimultaneousBand(curve.amounts, (Interval(nan, nan),) * len(curve.amounts), nan, status)
    estimates = np.array([point.estimate for point in curve.points])
    # The spread is that of the draws, not SE: only how the amounts stray together is taken from them.
    strayed = np.abs(curve.drawn_accuracies - estimates) / curve.drawn_accuracies.std(axis=0)
    # Chance alone could put the quantile below that of a single point, which no band over several may be.
    alone = float(scipy.stats.norm.ppf((1 + CONFIDENCE) / 2))
    tail = float(scipy.stats.norm.sf(max(alone, float(np.quantile(strayed.max(axis=1), CONFIDENCE)))))
    intervals = []
    for point in curve.points:
        reach = float(scipy.stats.t.isf(tail, point.df)) * point.se
        intervals.append(Interval(point.estimate - reach, point.estimate + reach))
    return SimultaneousBand(curve.amounts, tuple(intervals), 1 - 2 * tail, CurveStatus.ok)


def _status(curve: LearningCurve) -> CurveStatus:
    if not len(curve.drawn_accuracies):
        return curve.status
    spread = all(point.status.has_interval for point in curve.points) and curve.drawn_accuracies.std(axis=0).all()
    return CurveStatus.ok if spread else CurveStatus.no_spread
