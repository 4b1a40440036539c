"""Accuracy over the amount of training data: measured points, and a power law through them where it can be had."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from math import nan

import numpy as np
from numpy.typing import ArrayLike

from bench.stats.curves.curve_bootstrap import Interval, Resamples, interval_of
from bench.stats.curves.curve_refusal import CurveStatus, Fit, believable_fit
from bench.stats.curves.interpolation import Interpolation, interpolate
from bench.stats.curves.power_law import Floats, PowerLaw, accuracy_after, fit_power_laws
from bench.stats.outcomes.two_way import Estimate, two_way_mean

ENOUGH_SEEDS = 5
"""Draws of fewer trainings vary too little, so that what rests on all points together covers 90 to 92 % at 3 seeds."""
EXTRAPOLATION = 2.0
"""A fitted curve is followed to this many times the largest amount, and no further."""


class Reach(StrEnum):
    """How a prediction relates to what was measured."""

    measured = "within the measured amounts"
    extrapolated = "extrapolated"
    """Beyond the largest amount, by no more than a factor of two."""
    refused = "out of reach"
    """Below the smallest amount, beyond twice the largest, or there is no fitted curve: no number."""


@dataclass(frozen=True)
class Prediction:
    """What a fitted curve says of one amount.

    Attributes:
        amount: training images.
        accuracy: of the fitted curve; NaN when out of reach.
        interval: where it lies for new images and new trainings; NaN when out of reach.
        reach: whether this is within what was measured.
    """

    amount: float
    accuracy: float
    interval: Interval
    reach: Reach


@dataclass(frozen=True, eq=False)
class LearningCurve:
    """Measured accuracies of one system, and the power law through them.

    Attributes:
        amounts: training images, ascending.
        points: the accuracy after each, with its own interval.
        fit: the fitted curve, or why there is none.
        limit: where c of the fitted curve lies for new images and new trainings; NaN without a curve.
        resamples: the draws that all intervals rest on.
        drawn_accuracies: (draws, amounts) the measured accuracy in each draw; no row when there is none to draw.
        drawn_laws: (draws, 3) c, a and b fitted to each draw; no row without a fitted curve.
    """

    amounts: tuple[float, ...]
    points: tuple[Estimate, ...]
    fit: Fit
    limit: Interval
    resamples: Resamples = field(repr=False)
    drawn_accuracies: Floats = field(repr=False)
    drawn_laws: Floats = field(repr=False)

    @property
    def law(self) -> PowerLaw | None:
        """The fitted curve, where there is one."""
        return self.fit.law

    @property
    def status(self) -> CurveStatus:
        """Whether there is a fitted curve, and if not, why."""
        return self.fit.status

    @property
    def interpolation(self) -> Interpolation | None:
        """The measured points joined, and after them those of every draw: (1 + draws) curves.

        None where there is a fitted curve, a single amount, or nothing to draw.
        """
        if self.law is not None or len(self.amounts) < 2 or not len(self.drawn_accuracies):
            return None
        measured = [point.estimate for point in self.points]
        return interpolate(self.amounts, np.vstack([measured, self.drawn_accuracies]))

    def predict(self, amounts: ArrayLike) -> tuple[Prediction, ...]:
        """Predict the accuracy after each of (amounts,) training images, at most twice the largest measured."""
        return tuple(self._prediction(float(n)) for n in np.asarray(amounts, dtype=np.float64))

    def reach(self, amount: float) -> Reach:
        """Return how an amount of training images relates to what was measured."""
        if self.law is None or not self.amounts[0] <= amount <= EXTRAPOLATION * self.amounts[-1]:
            return Reach.refused
        return Reach.measured if amount <= self.amounts[-1] else Reach.extrapolated

    def _prediction(self, amount: float) -> Prediction:
        reach = self.reach(amount)
        if self.law is None or reach is Reach.refused:
            return Prediction(amount, nan, Interval(nan, nan), Reach.refused)
        drawn = accuracy_after(np.array(amount), *self.drawn_laws.T)
        return Prediction(amount, float(self.law.predict(amount)), interval_of(drawn), reach)


def learning_curve(correct: Sequence[ArrayLike], amounts: ArrayLike, resamples: Resamples) -> LearningCurve:
    """Fit y = c - a n^-b to the accuracies of one system, with intervals over new images and new trainings.

    Points are weighted by the standard errors of `two_way_mean`. Each draw of the crossed bootstrap is fitted anew
    with the same weights; intervals are the central 95 % of these fits (Efron & Tibshirani, An Introduction to the
    Bootstrap, 1993, ch. 13). With one seed they are for that one model on new images.

    Args:
        correct: for each amount, (seeds, images) phrases answered correctly; or (amounts, seeds, images).
        amounts: (amounts,) training images, above 0 and distinct, in any order.
        resamples: draws over the same seeds and images, from `crossed_resamples`.

    Raises:
        ValueError: the shapes do not fit, or an amount is not a number above 0 or is given twice.
    """
    n, counts = _ascending(correct, amounts)
    points = tuple(two_way_mean(each, resamples.phrases) for each in counts)
    drawn = _drawn(counts, points, resamples)
    fit = believable_fit(n, points, resamples.seeds, drawn)
    laws = np.empty((0, 3)) if fit.law is None else fit_power_laws(n, drawn, [point.se for point in points])
    return LearningCurve(tuple(n.tolist()), points, fit, interval_of(laws[:, 0]), resamples, drawn, laws)


def _drawn(counts: Sequence[Floats], points: Sequence[Estimate], resamples: Resamples) -> Floats:
    """Return the accuracies (draws, amounts); no row when the amounts cannot be drawn together."""
    load_with_data = all(point.status.has_estimate and point.seeds == resamples.seeds for point in points)
    if not points or not load_with_data:
        return np.empty((0, len(points)))
    # A sum of weighted counts may round to just outside [0, 1].
    return np.clip(resamples.accuracies(counts), 0, 1)


def _ascending(correct: Sequence[ArrayLike], amounts: ArrayLike) -> tuple[Floats, list[Floats]]:
    n = np.asarray(amounts, dtype=np.float64)
    if n.shape != (len(correct),):
        raise ValueError(f"expected one amount for each of {len(correct)} arrays of counts, got shape {n.shape}")
    if not (np.isfinite(n) & (n > 0)).all() or len(np.unique(n)) < len(n):
        raise ValueError(f"expected amounts above 0, each once, got {n.tolist()}")
    order = np.argsort(n)
    return n[order], [np.asarray(correct[index], dtype=np.float64) for index in order]
