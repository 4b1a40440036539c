"""How much of the gain over the untrained prior is left when there is less training data."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from math import cos, isfinite, nan, pi, sin, tan

import numpy as np
import scipy
from numpy.typing import ArrayLike

from bench.stats.outcomes.group_sequential import ONCE, Look
from bench.stats.outcomes.interval_estimate import IntervalEstimate
from bench.stats.outcomes.paired import paired
from bench.stats.outcomes.two_way import Estimate, two_way_difference, two_way_sum

ANGLES = 91
"""From a quarter turn down to none, to find the outermost shares by: one in each degree."""


class RetentionStatus(StrEnum):
    """Whether there is a gain to keep a share of."""

    defined = "defined"
    """There is."""
    no_gain = "no gain"
    """Training on everything is not shown to beat the prior: the interval of the gain reaches 0."""
    gain_unknown = "gain unknown"
    """The gain has no interval; its status says why."""


@dataclass(frozen=True)
class Retention:
    """What is kept of a gain.

    Attributes:
        status: whether the share is defined.
        gain: accuracy after training on everything minus that of the prior, with its interval.
        share: the share kept, below 0 when worse than the prior and above 1 when better than all the data; None when
            not defined.
    """

    status: RetentionStatus
    gain: Estimate
    share: IntervalEstimate | None


def retention(
    correct_fraction: ArrayLike,
    correct_full: ArrayLike,
    correct_prior: ArrayLike,
    phrases: ArrayLike,
    look: Look = ONCE,
) -> Retention:
    """Estimate the share of the gain over the prior that a fraction of the data keeps.

    (acc_fraction - acc_prior) / (acc_full - acc_prior). Its interval runs from the least to the greatest share x that
    `kept_at_least` does not reject, |D_x| <= t SE(D_x). It is bounded because a gain whose own interval reaches 0
    leaves the share undefined. Fieller, Some problems in interval estimation, JRSS B 1954; the standard errors are
    those of Cameron, Gelbach & Miller 2011.

    Args:
        correct_fraction: (seeds, images) phrases answered correctly after training on the fraction.
        correct_full: (seeds, images) the same after training on everything.
        correct_prior: (seeds, images) the same for the prior; one row repeated when it does not depend on the seed.
        phrases: (images,) phrases in each image.
        look: of a plan, for whose nominal level the intervals are.

    Raises:
        ValueError: a shape does not fit the images, or a number of phrases is negative.
    """
    gain = two_way_difference(correct_full, correct_prior, phrases, look)
    if not gain.status.has_interval:
        return Retention(RetentionStatus.gain_unknown, gain, None)
    if gain.low <= 0:
        return Retention(RetentionStatus.no_gain, gain, None)
    outcomes = paired([correct_fraction, correct_full, correct_prior], phrases)
    if not outcomes.status.has_estimate:
        share = IntervalEstimate(nan, nan, nan, outcomes.status, outcomes.seeds, outcomes.images)
        return Retention(RetentionStatus.defined, gain, share)

    def excess(of_kept: float, of_gain: float) -> Estimate:
        return two_way_sum(_weights(of_kept, of_gain), list(outcomes.correct), outcomes.phrases, look)

    return Retention(RetentionStatus.defined, gain, _share(gain, excess))


def kept_at_least(
    correct_fraction: ArrayLike,
    correct_full: ArrayLike,
    correct_prior: ArrayLike,
    phrases: ArrayLike,
    share: float,
    look: Look = ONCE,
) -> Estimate:
    """Estimate by how much a fraction of the data exceeds a share of the gain over the prior.

    D_x = (acc_fraction - acc_prior) - x (acc_full - acc_prior) by `two_way_mean`: above 0, more than x of the gain is
    kept. p < 0.05 exactly when x is outside the interval of `retention`; with two seeds it may be so of some x inside.
    Where there is no gain, D_x tells nothing of a share.

    Args:
        correct_fraction: (seeds, images) phrases answered correctly after training on the fraction.
        correct_full: (seeds, images) the same after training on everything.
        correct_prior: (seeds, images) the same for the prior; one row repeated when it does not depend on the seed.
        phrases: (images,) phrases in each image.
        share: x, a finite number; 0.8 is four fifths of the gain.
        look: of a plan, for whose nominal level the interval is.

    Raises:
        ValueError: the share is not finite, a shape does not fit the images, or a number of phrases is negative.
    """
    if not isfinite(share):
        raise ValueError(f"expected a finite share, got {share}")
    return two_way_sum(_weights(1, share), [correct_fraction, correct_full, correct_prior], phrases, look)


def _weights(of_kept: float, of_gain: float) -> tuple[float, float, float]:
    """Return the weights of fraction, full and prior in of_kept (fraction - prior) - of_gain (full - prior)."""
    return of_kept, -of_gain, of_gain - of_kept


def _share(gain: Estimate, excess: Callable[[float, float], Estimate]) -> IntervalEstimate:
    """Find the shares that are not rejected, given the estimate of u (fraction - prior) - v (full - prior).

    Shares are written x + s tan(angle), with x the estimate and s its standard error: then all of them lie between
    two angles, at which the gain as a whole is tested, and rejected.
    """
    share = excess(1, 0).estimate / gain.estimate
    at = excess(1, share)
    if not at.status.has_interval:
        return IntervalEstimate(share, nan, nan, at.status, at.seeds, at.images)
    scale = at.se / gain.estimate

    def beyond(angle: float) -> float:
        estimate = excess(cos(angle), share * cos(angle) + scale * sin(angle))
        return max(estimate.low, -estimate.high)

    low, high = (share + scale * tan(_outermost(beyond, end)) for end in (-pi / 2, pi / 2))
    return IntervalEstimate(share, low, high, at.status, at.seeds, at.images)


def _outermost(beyond: Callable[[float], float], end: float) -> float:
    """Return the angle nearest to an end at which `beyond` turns from positive, as at the end, to negative, as at 0."""
    # The degrees of freedom change with the share: with two seeds they can let go of it and seize it again.
    outer, inner = next(pair for pair in pairwise(np.linspace(end, 0, ANGLES)) if beyond(pair[1]) <= 0)
    # A gain that is beyond doubt by no more than rounding may not be rejected at the end.
    return float(scipy.optimize.brentq(beyond, outer, inner)) if beyond(outer) > 0 else float(outer)
