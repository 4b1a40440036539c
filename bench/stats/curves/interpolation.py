"""Curves read between measured points, for where no power law through them is to be believed.

That accuracy does not fall with more data is all that is taken for granted: isotonic regression (Barlow, Bartholomew,
Bremner & Brunk, Statistical inference under order restrictions, 1972), joined by lines in log n.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

import numpy as np
from numpy.typing import ArrayLike

from bench.stats.curves.power_law import Floats

ROUNDING = 1e-12
"""Accuracies nearer to each other than this are the same."""


@dataclass(frozen=True, eq=False)
class Interpolation:
    """Curves over the same amounts, linear in log n between them and undefined beyond.

    Attributes:
        amounts: (amounts,) training images, ascending.
        accuracies: (curves, amounts) in [0, 1], none lower than the one before it.
    """

    amounts: Floats
    accuracies: Floats

    def amounts_for(self, levels: ArrayLike) -> Floats:
        """Return the fewest training images (curves,) after which each curve has the accuracy asked of it.

        n_j (n_k / n_j)^s with s = (level - y_j) / (y_k - y_j), where y_k is the first accuracy that is no lower than
        the level and y_j the one before it. 0 for a level below all of them, infinite for one above. A curve that is
        level throughout has what it has before the smallest amount: 0.

        Args:
            levels: (curves,) an accuracy for each curve.
        """
        asked = np.asarray(levels, dtype=np.float64)
        first, last = self.accuracies[:, 0], self.accuracies[:, -1]
        reached = self.accuracies >= asked[:, None] - ROUNDING
        place, curves = reached.argmax(axis=1), np.arange(len(asked))
        before = np.maximum(place - 1, 0)
        start, rise = self.accuracies[curves, before], self.accuracies[curves, place] - self.accuracies[curves, before]
        step = np.clip((asked - start) / np.where(place > 0, rise, 1), 0, 1)
        amounts = self.amounts[before] * (self.amounts[place] / self.amounts[before]) ** step
        below = (first > asked + ROUNDING) | (last - first <= ROUNDING)
        return np.where(reached[:, -1], np.where(below, 0.0, amounts), inf)


def interpolate(amounts: ArrayLike, accuracies: ArrayLike) -> Interpolation:
    """Make curves of measured accuracies by isotonic regression, each amount with the same weight.

    y_i = max over s <= i of the min over t >= i of the mean of y_s ... y_t. Equal weights, as every amount has the
    same test images and seeds.

    Args:
        amounts: (amounts,) training images, above 0 and distinct, in any order; at least two.
        accuracies: (curves, amounts) in [0, 1].

    Raises:
        ValueError: there are fewer than two amounts, or a shape or value is not as it should be.
    """
    n, y = np.asarray(amounts, dtype=np.float64), np.asarray(accuracies, dtype=np.float64)
    if n.ndim != 1 or y.ndim != 2 or y.shape[1:] != n.shape:
        raise ValueError(f"expected amounts: (amounts,) and accuracies: (curves, amounts), got {n.shape} and {y.shape}")
    if len(n) < 2 or len(np.unique(n)) < len(n) or not (np.isfinite(n) & (n > 0)).all():
        raise ValueError(f"expected at least two amounts above 0, each once, got {n.tolist()}")
    if not ((y >= 0) & (y <= 1)).all():
        raise ValueError("expected accuracies in [0, 1]")
    order = np.argsort(n)
    return Interpolation(n[order], _isotonic(y[:, order]))


def _isotonic(y: Floats) -> Floats:
    fitted = np.full(y.shape, -inf)
    for start in range(y.shape[1]):
        means = np.cumsum(y[:, start:], axis=1) / np.arange(1, y.shape[1] - start + 1)
        least = np.minimum.accumulate(means[:, ::-1], axis=1)[:, ::-1]
        fitted[:, start:] = np.maximum(fitted[:, start:], least)
    return fitted
