"""Drawing by weight, as `Generator.choice` does, without its checks, which take longer than the draw."""

from __future__ import annotations

from bisect import bisect_right
from functools import lru_cache

import numpy as np


def pick(rng: np.random.Generator, weights: tuple[float, ...]) -> int:
    """Draw a position with a chance in proportion to its weight.

    It takes one number of the stream, and is what `rng.choice(len(weights), p=shares)` would return.
    """
    return bisect_right(_cumulated(weights), rng.random())


@lru_cache(maxsize=1024)
def _cumulated(weights: tuple[float, ...]) -> tuple[float, ...]:
    """Add up the shares of some weights; the last sum is 1."""
    shares = np.array(weights, dtype=np.float64)
    sums = (shares / shares.sum()).cumsum()
    return tuple((sums / sums[-1]).tolist())
