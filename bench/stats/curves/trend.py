"""Whether accuracy rises with the training data."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from math import nan

import numpy as np
import scipy
from numpy.typing import ArrayLike, NDArray

FEWEST_FRACTIONS = 3
"""Of two fractions there is a difference, not a trend."""


class TrendStatus(StrEnum):
    """Whether there is a test, and if not, why."""

    ok = "ok"
    """There is; it holds for new trainings on these images, not for new images."""
    one_seed = "one seed"
    """One training says nothing of others."""
    few_fractions = "too few fractions"
    """Fewer than three."""
    identical_seeds = "identical seeds"
    """The seeds agree at every fraction, as those of an untrained system do; one order repeated proves nothing."""
    constant = "constant"
    """Every seed has the same accuracy at all fractions."""
    nan = "nan"
    """An accuracy is missing or not a number."""
    empty = "empty"
    """No seed or no fraction."""


@dataclass(frozen=True)
class Trend:
    """The outcome of one test.

    Attributes:
        statistic: Page's L, the sum over fractions of rank sum times position; NaN without a test.
        p: one-sided, of the hypothesis that accuracy does not depend on the fraction; NaN without a test.
        status: `ok`, or why there is no test.
        seeds: trainings that entered, the blocks of the test.
        fractions: fractions that entered.
    """

    statistic: float
    p: float
    status: TrendStatus
    seeds: int
    fractions: int


def trend_test(accuracy: ArrayLike) -> Trend:
    """Test that accuracy rises with the fraction, over new trainings on these images.

    Within each seed the fractions are ranked by accuracy; L = sum over j of j times the rank sum of fraction j.
    Small p-values speak for a rise. Page, Ordered hypotheses for multiple treatments, JASA 1963.

    Args:
        accuracy: (seeds, fractions), fractions from the smallest up.

    Raises:
        ValueError: the array does not have two dimensions.
    """
    table = np.asarray(accuracy, dtype=np.float64)
    if table.ndim != 2:
        raise ValueError(f"expected accuracy: (seeds, fractions), got shape {table.shape}")
    status, (seeds, fractions) = _status(table), table.shape
    if status is not TrendStatus.ok:
        return Trend(nan, nan, status, seeds, fractions)
    tested = scipy.stats.page_trend_test(table)
    return Trend(float(tested.statistic), float(tested.pvalue), status, seeds, fractions)


def _status(table: NDArray[np.float64]) -> TrendStatus:
    seeds, fractions = table.shape
    if table.size == 0:
        return TrendStatus.empty
    if not np.isfinite(table).all():
        return TrendStatus.nan
    if fractions < FEWEST_FRACTIONS:
        return TrendStatus.few_fractions
    if seeds == 1:
        return TrendStatus.one_seed
    if (table == table[:, :1]).all():
        return TrendStatus.constant
    return TrendStatus.identical_seeds if (table == table[0]).all() else TrendStatus.ok
