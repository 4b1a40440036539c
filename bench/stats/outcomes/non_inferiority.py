"""Whether a system trained on a fraction is worse than one trained on everything, by a margin or more.

"No significant difference" answers another question: with little data it is what one finds for systems that are
far apart. Here the burden of proof is reversed.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from math import nan

import scipy
from numpy.typing import ArrayLike

from bench.stats.outcomes.group_sequential import ONCE, Look
from bench.stats.outcomes.status import Status
from bench.stats.outcomes.two_way import Estimate, two_way_difference

ALPHA = 0.05
"""Risk of each one-sided test, over all looks of a plan."""


class Finding(StrEnum):
    """What is shown of the loss; each at one-sided 5 %, over all looks of a plan."""

    non_inferior = "non-inferior"
    """The loss is below the margin, and may be nothing."""
    within_margin = "lower but within the margin"
    """There is a loss, and it is below the margin."""
    inferior = "inferior"
    """The loss is at least the margin."""
    inconclusive = "inconclusive"
    """The loss may lie on either side of the margin."""
    not_testable = "not testable"
    """There is no test; the status of the loss says why."""

    @property
    def is_competitive(self) -> bool:
        """Whether the loss is shown to be below the margin."""
        return self in (Finding.non_inferior, Finding.within_margin)


@dataclass(frozen=True)
class NonInferiority:
    """The outcome of one test against a margin.

    Attributes:
        loss: accuracy of the reference minus that of the fraction, with its 95 % interval.
        margin: loss that no longer counts as competitive, as a share.
        p: one-sided, of the hypothesis that the true loss is the margin or more; NaN when not testable.
        at_least: one-sided 95 % bound: the true loss is not below this.
        at_most: one-sided 95 % bound: the true loss is not above this. Below the margin exactly when p < 0.05, or at a
            look of a plan below the nominal level of that.
        verdict: what follows.
    """

    loss: Estimate
    margin: float
    p: float
    at_least: float
    at_most: float
    verdict: Finding


def non_inferiority(
    reference: ArrayLike, fraction: ArrayLike, phrases: ArrayLike, margin: float, look: Look = ONCE
) -> NonInferiority:
    """Test that training on a fraction loses less than a margin against training on the reference.

    p = T_df((loss - margin) / SE) with the loss, SE and df of `two_way_difference`; so it holds for new images
    and new trainings.

    Args:
        reference: (seeds, images) phrases answered correctly after training on everything.
        fraction: (seeds, images) the same after training on the fraction.
        phrases: (images,) phrases in each image.
        margin: largest loss, exclusive, that counts as competitive, as a share in [0, 1).
        look: of a plan, whose nominal levels it is tested at; bounds and interval are repeated confidence intervals.

    Raises:
        ValueError: the margin is outside [0, 1), or a shape does not fit the images.
    """
    if not 0 <= margin < 1:
        raise ValueError(f"expected a margin in [0, 1), got {margin}")
    loss = two_way_difference(reference, fraction, phrases, look)
    if loss.status is not Status.ok:
        return NonInferiority(loss, margin, nan, nan, nan, Finding.not_testable)
    reach = float(scipy.stats.t.ppf(1 - look.level(ALPHA), loss.df)) * loss.se
    at_least, at_most = loss.estimate - reach, loss.estimate + reach
    p = float(scipy.stats.t.cdf((loss.estimate - margin) / loss.se, loss.df))
    return NonInferiority(loss, margin, p, at_least, at_most, _verdict(at_least, at_most, margin))


def _verdict(at_least: float, at_most: float, margin: float) -> Finding:
    if at_most < margin:
        return Finding.within_margin if at_least > 0 else Finding.non_inferior
    return Finding.inferior if at_least >= margin else Finding.inconclusive
