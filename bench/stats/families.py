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
    p = np.asarray(p_values, dtype=np.float64)
    tested = ~np.isnan(p)
    if p.ndim != 1 or ((p[tested] < 0) | (p[tested] > 1)).any():
        raise ValueError("expected p-values in [0, 1], in one dimension")
    adjusted = np.full(p.shape, np.nan)
    order = np.flatnonzero(tested)[np.argsort(p[tested], kind="stable")]
    factors = len(p) - np.arange(len(order))
    adjusted[order] = np.minimum(np.maximum.accumulate(p[order] * factors), 1.0)
    return adjusted
