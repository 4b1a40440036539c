"""The curve y = c - a n^-b of accuracy over training images, fitted by weighted least squares.

The form with a floor on the error is that of Hestness et al., Deep learning scaling is predictable, empirically,
2017; fitting by weighted least squares and predicting from it, of Figueroa et al., Predicting sample size required for
classification performance, BMC Medical Informatics and Decision Making 2012.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

import numpy as np
from numpy.typing import ArrayLike, NDArray

SMALLEST_EXPONENT, LARGEST_EXPONENT = 0.01, 2.0
"""Bounds of b. Below, the curve is a line in log n and its limit a guess; above, it is flat after one step."""
STARTS = 48
"""Exponents from which the best is refined. The error over b may have two valleys; the grid is finer than these."""
GOLDEN = (5**0.5 - 1) / 2
REFINEMENTS = 60
"""Golden sections of the bracket around the best start, which leave 1e-12 of it."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class PowerLaw:
    """Accuracy c - a n^-b after training on n images.

    Attributes:
        c: accuracy that more and more data approaches, in (0, 1].
        a: what one training image falls short of it, at least 0.
        b: how fast the shortfall shrinks with data, in [0.01, 2].
    """

    c: float
    a: float
    b: float

    def predict(self, amounts: ArrayLike) -> Floats:
        """Return the accuracy (amounts,) after training on so many images (amounts,), each above 0."""
        return accuracy_after(np.asarray(amounts, dtype=np.float64), self.c, self.a, self.b)

    def amount_for(self, accuracy: float) -> float:
        """Return the training images after which the curve has an accuracy; infinite when it never has.

        The inverse of `predict`: (a / (c - accuracy))^(1/b).
        """
        return float(amount_reaching(accuracy, self.c, self.a, self.b))


def fit_power_law(amounts: ArrayLike, accuracy: ArrayLike, se: ArrayLike) -> PowerLaw:
    """Fit c - a n^-b by least squares, each point weighted by 1 / se^2.

    Whether the fit deserves belief is for `learning_curve` to say.

    Args:
        amounts: (amounts,) training images, above 0 and distinct; at least three.
        accuracy: (amounts,) in [0, 1].
        se: (amounts,) standard errors, above 0.

    Raises:
        ValueError: fewer points than parameters, or a value outside its range.
    """
    c, a, b = fit_power_laws(amounts, np.asarray(accuracy, dtype=np.float64)[None], se)[0]
    return PowerLaw(float(c), float(a), float(b))


def fit_power_laws(amounts: ArrayLike, accuracies: ArrayLike, se: ArrayLike) -> Floats:
    """Fit many curves over the same amounts at once.

    For a given b the best c and a are a linear regression with bounds, known in closed form; so only b is searched
    for, from a grid of starts over its whole range and by golden section from the best (variable projection, Golub &
    Pereyra 1973). The result is the same on every machine and depends on no generator.

    Args:
        amounts: (amounts,) training images, above 0 and distinct; at least three.
        accuracies: (curves, amounts) in [0, 1].
        se: (amounts,) standard errors, the same for all curves, above 0.

    Returns:
        (curves, 3): c, a and b of each.

    Raises:
        ValueError: fewer points than parameters, or a value outside its range.
    """
    n, y, spread = (np.asarray(values, dtype=np.float64) for values in (amounts, accuracies, se))
    _check(n, y, spread)
    order = np.argsort(n)
    n, y, spread = n[order], y[:, order], spread[order]
    weights = spread**-2.0 / (spread**-2.0).sum()
    steps = np.log(n / n[0])
    b = _refined(*_bracket(steps, y, weights), steps, y, weights)
    c, a, _ = _linear(b, steps, y, weights)
    return np.stack([c, a * n[0] ** b, b], axis=1)


def accuracy_after(amounts: Floats, c: ArrayLike, a: ArrayLike, b: ArrayLike) -> Floats:
    """Return c - a n^-b, broadcast over all four."""
    return np.asarray(c - np.asarray(a) * np.asarray(amounts, dtype=np.float64) ** -np.asarray(b))


def amount_reaching(accuracy: ArrayLike, c: ArrayLike, a: ArrayLike, b: ArrayLike) -> Floats:
    """Return the n at which c - a n^-b is an accuracy, broadcast over all four.

    Infinite for an accuracy of c or more; 0 for one below c on a curve with a = 0, which has more from the start.
    """
    short, fall, exponent = np.broadcast_arrays(np.asarray(c) - np.asarray(accuracy, dtype=np.float64), a, b)
    amount = np.full(short.shape, inf)
    reached = short > 0
    amount[reached] = (fall[reached] / short[reached]) ** (1 / exponent[reached])
    return amount


def _check(n: Floats, y: Floats, spread: Floats) -> None:
    if n.ndim != 1 or y.ndim != 2 or y.shape[1:] != n.shape or spread.shape != n.shape:
        raise ValueError(
            f"expected amounts and se: (amounts,) and accuracies: (curves, amounts), got shapes {n.shape}, "
            f"{spread.shape} and {y.shape}"
        )
    if len(np.unique(n)) < max(3, len(n)):
        raise ValueError("expected at least three amounts, each once")
    if not (np.isfinite(n) & (n > 0) & np.isfinite(spread) & (spread > 0)).all():
        raise ValueError("expected amounts and standard errors above 0")
    if not ((y >= 0) & (y <= 1)).all():
        raise ValueError("expected accuracies in [0, 1]")


def _linear(b: Floats, steps: Floats, y: Floats, weights: Floats) -> tuple[Floats, Floats, Floats]:
    """Return the best c, a and squared error for exponents b (curves,), where a is the shortfall at the least amount.

    c >= 0 needs no bound of its own: with a >= 0, c is at least the mean accuracy. c > 1 and a < 0 exclude each other.
    """
    x = np.exp(-b[:, None] * steps)
    mean_x, mean_y = x @ weights, y @ weights
    from_mean = x - mean_x[:, None]
    a = np.maximum(-((from_mean * y) @ weights) / ((from_mean**2) @ weights), 0.0)
    c = mean_y + a * mean_x
    above = c > 1
    a = np.where(above, (((1 - y) * x) @ weights) / ((x**2) @ weights), a)
    c = np.where(above, 1.0, c)
    return c, a, ((y - c[:, None] + a[:, None] * x) ** 2) @ weights


def _bracket(steps: Floats, y: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """Return the logarithms (curves,) of the exponents on either side of the best of the starts."""
    starts = np.linspace(np.log(SMALLEST_EXPONENT), np.log(LARGEST_EXPONENT), STARTS)
    errors = [_linear(np.full(len(y), np.exp(start)), steps, y, weights)[2] for start in starts]
    best = np.argmin(errors, axis=0)
    return starts[np.maximum(best - 1, 0)], starts[np.minimum(best + 1, STARTS - 1)]


def _refined(low: Floats, high: Floats, steps: Floats, y: Floats, weights: Floats) -> Floats:
    """Return the exponents (curves,) with the least error between two logarithms, by golden section."""

    def error(log_b: Floats) -> Floats:
        return _linear(np.exp(log_b), steps, y, weights)[2]

    left, right = high - GOLDEN * (high - low), low + GOLDEN * (high - low)
    at_left, at_right = error(left), error(right)
    for _ in range(REFINEMENTS):
        lower = at_left < at_right
        low, high = np.where(lower, low, left), np.where(lower, right, high)
        fresh = np.where(lower, high - GOLDEN * (high - low), low + GOLDEN * (high - low))
        at_fresh = error(fresh)
        left, right = np.where(lower, fresh, right), np.where(lower, left, fresh)
        at_left, at_right = np.where(lower, at_fresh, at_right), np.where(lower, at_left, at_fresh)
    return np.clip(np.exp((low + high) / 2), SMALLEST_EXPONENT, LARGEST_EXPONENT)
