"""How the data that a system needs grows with the corpus: in proportion to it, or not at all.

The answer is about one margin and one range of sizes. On a power law c - a n^(-b) the amount that is a margin m below
all of N is n = (N^(-b) + m/a)^(-1/b), and log n rises over log N with the slope s / (s + m), s = a N^(-b) being what N
lacks to the limit c. So the slope is near 1 where the curve is steep beside the margin, and near 0 where it is flat.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import inf, nan

import numpy as np

from bench.stats.curves.amount_needed import drawn_amounts_within_margin, draws_outside
from bench.stats.curves.curve_bootstrap import Interval
from bench.stats.curves.learning_curve import LearningCurve
from bench.stats.curves.power_law import Floats


class GrowthStatus(StrEnum):
    """Whether the exponent is known, and if not, why."""

    ok = "ok"
    """It is."""
    already = "already at the smallest amount"
    """For some corpus the smallest amount is enough, so the exponent has a bound at most."""
    no_margin = "no margin"
    """Without a margin all of each corpus is needed, whatever the data."""
    one_size = "fewer than two sizes"
    """A single corpus shows no growth."""
    no_curve = "no curve"
    """There is neither a fitted curve nor points to join; the curve's status says why."""


@dataclass(frozen=True)
class Growth:
    """How the amount of data that is within a margin of all of a corpus grows with the corpus.

    Attributes:
        exponent: the needed images grow like this power of the corpus: 0 if their number is the same for every
            corpus, 1 if they are the same fraction of it; of this margin and these sizes, and no property of the data
            alone. NaN unless the status is `ok`.
        interval: for new images and new trainings; infinite at an end without a bound, NaN when nothing was drawn or
            some point has no spread.
        status: whether the exponent is known, and if not, why.
    """

    exponent: float
    interval: Interval
    status: GrowthStatus


def growth(curve: LearningCurve, sizes: Sequence[float], margin: float) -> Growth:
    """Estimate how the amount that is within a margin of all of a corpus grows with the corpus.

    The slope of log n over log N by least squares, with n of `amount_within_margin`. The interval is the central 95 %
    of the slopes in the draws, in each of which all n come from the same images and seeds. A draw in which some n is
    not known, but that it is at most the smallest amount, has a bound of its slope at most: upper where N is above the
    mean on the log scale, lower where it is below.

    Args:
        curve: of the system, over amounts of which each corpus' whole is one.
        sizes: N, of the amounts of the curve, each once.
        margin: the loss, as a share of accuracy in [0, 1); of 0 there is no growth to tell.

    Raises:
        ValueError: a size is no amount of the curve or given twice, or the margin is outside [0, 1).
    """
    if len(set(sizes)) < len(sizes):
        raise ValueError(f"expected each size once, got {list(sizes)}")
    nothing = Interval(nan, nan)
    if len(sizes) < 2:
        return Growth(nan, nothing, GrowthStatus.one_size)
    amounts = drawn_amounts_within_margin(curve, sizes, margin)
    if not margin:
        return Growth(nan, nothing, GrowthStatus.no_margin)
    if amounts is None:
        return Growth(nan, nothing, GrowthStatus.no_curve)
    low, high = _slopes(np.log(np.asarray(sizes, dtype=np.float64)), amounts, curve.amounts[0])
    known = bool((amounts[0] > 0).all())
    exponent, status = (float(low[0]), GrowthStatus.ok) if known else (nan, GrowthStatus.already)
    if not all(point.status.has_interval for point in curve.points):
        return Growth(exponent, nothing, status)
    outside = draws_outside(len(amounts) - 1)
    interval = Interval(float(np.sort(low[1:])[outside]), float(np.sort(high[1:])[-1 - outside]))
    return Growth(exponent, interval, status)


def _slopes(log_sizes: Floats, amounts: Floats, smallest: float) -> tuple[Floats, Floats]:
    """Return the least and the greatest slope (rows,) of log amounts (rows, sizes), 0 being the smallest or less."""
    from_mean = log_sizes - log_sizes.mean()
    weights = from_mean / (from_mean**2).sum()
    bounded = amounts == 0
    slopes = np.log(np.where(bounded, smallest, amounts)) @ weights
    low = np.where((bounded & (weights > 0)).any(axis=1), -inf, slopes)
    high = np.where((bounded & (weights < 0)).any(axis=1), inf, slopes)
    return low, high
