"""How much training data an accuracy takes: the question behind every claim of efficiency.

A fitted curve answers it, up to twice the largest amount. Where no power law is to be believed, it is read off between
the measured points, and never beyond them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass
from enum import StrEnum
from math import inf, nan

import numpy as np
from numpy.typing import ArrayLike

from bench.stats.curves.curve_bootstrap import Interval
from bench.stats.curves.curve_refusal import CurveStatus
from bench.stats.curves.learning_curve import EXTRAPOLATION, LearningCurve
from bench.stats.curves.power_law import Floats, accuracy_after, amount_reaching
from bench.stats.outcomes.two_way import CONFIDENCE, two_way_mean

ROUNDING = 1e-6
"""Relative error that inverting a curve may leave in an amount."""
SHARE = 0.95
"""Of the accuracy at full data, that `n_95` asks for."""


class NeededStatus(StrEnum):
    """Whether an amount could be found, and if not, where it lies."""

    ok = "ok"
    """The fitted curve has that accuracy within the measured amounts."""
    extrapolated = "extrapolated"
    """It has it beyond the largest amount, by no more than a factor of two."""
    interpolated = "between measured amounts"
    """The measured points, joined, have that accuracy; there is no law behind it."""
    already = "already at the smallest amount"
    """The curve has that accuracy at the smallest amount; how much less would do is not known."""
    not_reached = "not reached by the largest amount"
    """The measured points stay below that accuracy, and without a law they are not followed further."""
    beyond = "beyond twice the largest amount"
    """The fitted curve gets there in the end, further out than it is followed."""
    never = "never"
    """The limit of the fitted curve is no higher than that accuracy."""
    no_curve = "no curve"
    """The system that is to get there has neither a fitted curve nor points to join; its curve's status says why."""
    no_level = "no accuracy to reach"
    """What is to be reached is not a number, or outcomes beside it are missing and it cannot be drawn."""
    unequal_seeds = "unequal seeds"
    """What is to be reached has more or fewer trainings than the curve, so it cannot be drawn with it."""


@dataclass(frozen=True)
class AmountNeeded:
    """The amount of data at which a curve reaches an accuracy.

    Attributes:
        accuracy: what is to be reached; NaN when that is not known.
        value: training images, or a multiple of the other system's; NaN unless the status is `ok`, `extrapolated` or
            `interpolated`.
        interval: for new images and new trainings. An end at which the draws leave the curve's reach is 0 (no lower
            bound), infinite (no upper bound), or the edge of the reach if all but 2.5 % of draws leave it there;
            NaN when nothing was drawn, or some point has no spread.
        status: whether the value is known, and if not, where it lies.
    """

    accuracy: float
    value: float
    interval: Interval
    status: NeededStatus


@dataclass(frozen=True, eq=False)
class _Inverse:
    """A curve read from accuracy to amount; the curve itself comes first, then each of its draws.

    Attributes:
        at: from one of the measured amounts to the accuracies (1 + draws,) there.
        amounts: from accuracies (1 + draws,) to training images; 0 for one below the curve, infinite for one above.
        furthest: training images up to which the curve is followed.
    """

    at: Callable[[float], Floats]
    amounts: Callable[[Floats], Floats]
    furthest: float


def n_95(curve: LearningCurve) -> AmountNeeded:
    """Find the training images after which a curve has 95 % of its accuracy at the largest amount.

    n with y(n) = 0.95 y(N), by the same curve on both sides, in each draw anew.
    """
    inverse = _inverse(curve)
    if inverse is None:
        return _unknown(nan, NeededStatus.no_curve)
    return _needed(curve, inverse, SHARE * inverse.at(curve.amounts[-1]))


def amount_within_margin(curve: LearningCurve, reference: float, margin: float) -> AmountNeeded:
    """Find the training images after which a curve is within a margin of its accuracy at a larger amount.

    n with y(n) = y(N) - margin, by the same curve on both sides, in each draw anew. It is never more than N.

    Args:
        curve: of the system.
        reference: N, one of the amounts of the curve.
        margin: the loss, as a share of accuracy in [0, 1).

    Raises:
        ValueError: the reference is no amount of the curve, or the margin is outside [0, 1).
    """
    _check_margin(curve, [reference], margin)
    inverse = _inverse(curve)
    if inverse is None:
        return _unknown(nan, NeededStatus.no_curve)
    return _needed(curve, inverse, inverse.at(reference) - margin)


def drawn_amounts_within_margin(curve: LearningCurve, references: Sequence[float], margin: float) -> Floats | None:
    """Return what `amount_within_margin` finds for several references, (1 + draws, references), in the same draws.

    The first row is the estimates; 0 stands for what the curve has already at its smallest amount. None without a
    curve.

    Args:
        curve: of the system.
        references: of the amounts of the curve; at least one.
        margin: the loss, as a share of accuracy in [0, 1).

    Raises:
        ValueError: a reference is no amount of the curve, or the margin is outside [0, 1).
    """
    _check_margin(curve, references, margin)
    inverse = _inverse(curve)
    if inverse is None:
        return None
    found = [inverse.amounts(inverse.at(reference) - margin) for reference in references]
    return _followed(np.stack(found, axis=1), curve.amounts[0], inverse.furthest)


def amount_to_match(curve: LearningCurve, correct: ArrayLike) -> AmountNeeded:
    """Find the training images after which a curve has the accuracy of a system that is not trained on them.

    n with y(n) = the accuracy of, for one, the prior, whose own spread over images is drawn along with the curve's.

    Args:
        curve: of the system that is to reach it.
        correct: (seeds, images) phrases that the constant system answered correctly, images in the curve's order; a
            system without seeds enters with its one row, or that row repeated.

    Raises:
        ValueError: the counts are not for the images of the curve.
    """
    counts = np.atleast_2d(np.asarray(correct, dtype=np.float64))
    resamples = curve.resamples
    if counts.shape[1:] != (len(resamples.phrases),):
        raise ValueError(f"the curve has {len(resamples.phrases)} images, got counts {counts.shape}")
    if len(counts) == 1:
        counts = np.repeat(counts, resamples.seeds, axis=0)
    if len(counts) != resamples.seeds:
        return _unknown(nan, NeededStatus.unequal_seeds)
    level, inverse = two_way_mean(counts, resamples.phrases).estimate, _inverse(curve)
    if inverse is None:
        return _unknown(level, NeededStatus.no_curve)
    if np.isnan(level):
        return _unknown(nan, NeededStatus.no_level)
    return _needed(curve, inverse, np.append(level, resamples.accuracies([counts])[:, 0]))


def data_multiplier(system: LearningCurve, rival: LearningCurve) -> tuple[AmountNeeded, ...]:
    """Find how many times more data the rival needs to be as accurate as the system, at each of the system's amounts.

    n_rival(y) / n, with y the accuracy measured after n images and n_rival the inverse of the rival's curve, in each
    draw with the same images and seeds for both. Above 1 the system makes more of its data. The system needs no curve.

    Args:
        system: whose accuracy is to be matched.
        rival: whose curve is to match it.

    Returns:
        One for each amount of the system, ascending.

    Raises:
        ValueError: the curves have as many seeds but were not drawn together.
    """
    if system.resamples.seeds != rival.resamples.seeds:
        return tuple(_unknown(nan, NeededStatus.unequal_seeds) for _ in system.amounts)
    if system.resamples != rival.resamples:
        raise ValueError("two curves can be compared only when they share their resamples")
    inverse = _inverse(rival)
    return tuple(_multiplier(system, rival, inverse, place) for place in range(len(system.amounts)))


def _multiplier(system: LearningCurve, rival: LearningCurve, inverse: _Inverse | None, place: int) -> AmountNeeded:
    level = system.points[place].estimate
    if inverse is None:
        return _unknown(level, NeededStatus.no_curve)
    if not len(system.drawn_accuracies):
        unequal = system.status is CurveStatus.unequal_seeds
        return _unknown(level, NeededStatus.unequal_seeds if unequal else NeededStatus.no_level)
    levels = np.append(level, system.drawn_accuracies[:, place])
    return _needed(rival, inverse, levels, unit=system.amounts[place])


def _inverse(curve: LearningCurve) -> _Inverse | None:
    if curve.law is not None:
        c, a, b = np.vstack([astuple(curve.law), curve.drawn_laws]).T
        return _Inverse(
            lambda amount: accuracy_after(np.array(amount), c, a, b),
            lambda levels: amount_reaching(levels, c, a, b),
            EXTRAPOLATION * curve.amounts[-1],
        )
    joined = curve.interpolation
    if joined is None:
        return None
    return _Inverse(
        lambda amount: joined.accuracies[:, curve.amounts.index(amount)], joined.amounts_for, curve.amounts[-1]
    )


def _check_margin(curve: LearningCurve, references: Sequence[float], margin: float) -> None:
    if not set(references) <= set(curve.amounts):
        raise ValueError(f"expected amounts of the curve, {curve.amounts}, got {list(references)}")
    if not 0 <= margin < 1:
        raise ValueError(f"expected a margin in [0, 1), got {margin}")


def _needed(curve: LearningCurve, inverse: _Inverse, levels: Floats, unit: float = 1.0) -> AmountNeeded:
    """Find what levels (1 + draws,) take, of the curve and of its draws, in units of so many images."""
    smallest, furthest = curve.amounts[0], inverse.furthest
    followed = _followed(inverse.amounts(levels), smallest, furthest)
    level, amount, drawn = float(levels[0]), float(followed[0]), followed[1:]
    value = amount / unit if 0 < amount < inf else nan
    if not all(point.status.has_interval for point in curve.points):
        return AmountNeeded(level, value, Interval(nan, nan), _status(curve, amount, level))
    # A draw beyond the reach supports "at least the furthest" from below and nothing from above, and conversely.
    low = np.sort(np.where(drawn == inf, furthest, drawn))[draws_outside(len(drawn))]
    high = np.sort(np.where(drawn == 0, smallest, drawn))[-1 - draws_outside(len(drawn))]
    interval = Interval(float(low) / unit, float(high) / unit)
    return AmountNeeded(level, value, interval, _status(curve, amount, level))


def _followed(amounts: Floats, smallest: float, furthest: float) -> Floats:
    """Return amounts with 0 for those below the curve's reach and infinity for those beyond it."""
    # The smallest amount itself comes back from the inverse with a rounding error.
    below, beyond = amounts < smallest * (1 - ROUNDING), amounts > furthest * (1 + ROUNDING)
    return np.where(below, 0.0, np.where(beyond, inf, amounts))


def _status(curve: LearningCurve, amount: float, level: float) -> NeededStatus:
    if amount == 0:
        return NeededStatus.already
    if curve.law is None:
        return NeededStatus.not_reached if amount == inf else NeededStatus.interpolated
    if amount == inf:
        return NeededStatus.beyond if level < curve.law.c else NeededStatus.never
    return NeededStatus.ok if amount <= curve.amounts[-1] * (1 + ROUNDING) else NeededStatus.extrapolated


def draws_outside(draws: int) -> int:
    """Return how many draws lie outside the interval on each side; whole ones, as infinite draws have no mean."""
    return int((1 - CONFIDENCE) / 2 * draws)


def _unknown(accuracy: float, status: NeededStatus) -> AmountNeeded:
    return AmountNeeded(accuracy, nan, Interval(nan, nan), status)
