"""P-values of several hypotheses, adjusted so that a whole family of them can be read at one level."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def holm(p_values: ArrayLike) -> NDArray[np.float64]:
    """Adjust p-values by Holm's step-down method, which holds the family-wise error without assumptions.

    The i-th smallest of m becomes max over j <= i of min(1, (m - j + 1) p_(j)). Holm, A simple sequentially
    rejective multiple test procedure, Scandinavian Journal of Statistics 1979.

    Args:
        p_values: (hypotheses,) in [0, 1]. NaN is a hypothesis that could not be tested: it stays NaN and
            still counts as one of the family, so a gap in the data never makes the others look better.

    Returns:
        (hypotheses,) adjusted p-values in the same order.

    Raises:
        ValueError: the array is not one-dimensional, or a value is outside [0, 1].
    """
    p, order = _in_order(p_values)
    adjusted = np.full(p.shape, np.nan)
    factors = len(p) - np.arange(len(order))
    adjusted[order] = np.minimum(np.maximum.accumulate(p[order] * factors), 1.0)
    return adjusted


def benjamini_hochberg(p_values: ArrayLike) -> NDArray[np.float64]:
    """Adjust p-values by Benjamini and Hochberg's step-up method, which holds the false discovery rate.

    The i-th smallest of m becomes the min over j >= i of min(1, m p_(j) / j). It holds for hypotheses that are
    independent or positively dependent. Benjamini & Hochberg, Controlling the false discovery rate, JRSS B 1995.

    Args:
        p_values: (hypotheses,) in [0, 1]. NaN is a hypothesis that could not be tested: it stays NaN and, unlike
            in `holm`, is not one of the family. An exploratory family is not fixed beforehand: it is whatever
            the data let one look at.

    Returns:
        (hypotheses,) adjusted p-values in the same order.

    Raises:
        ValueError: the array is not one-dimensional, or a value is outside [0, 1].
    """
    p, order = _in_order(p_values)
    adjusted = np.full(p.shape, np.nan)
    factors = len(order) / np.arange(1, len(order) + 1)
    adjusted[order] = np.minimum(np.minimum.accumulate((p[order] * factors)[::-1])[::-1], 1.0)
    return adjusted


def _in_order(p_values: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """Return the checked p-values, and where those that are numbers stand, from the smallest up."""
    p = np.asarray(p_values, dtype=np.float64)
    tested = ~np.isnan(p)
    if p.ndim != 1 or ((p[tested] < 0) | (p[tested] > 1)).any():
        raise ValueError("expected p-values in [0, 1], in one dimension")
    return p, np.flatnonzero(tested)[np.argsort(p[tested], kind="stable")]
