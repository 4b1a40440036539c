"""Intervals for any statistic of accuracies, by drawing seeds and images anew.

Owen, The pigeonhole bootstrap, Annals of Applied Statistics 2007: rows and columns of a crossed design are drawn
independently, and an outcome counts as often as its row was drawn times its column. The variance of the draws counts
the interaction of seeds and images three times, so the intervals are somewhat wide: where interaction weighs much,
they cover 97 to 98 %.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from math import nan

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bench.stats.outcomes.interval_estimate import IntervalEstimate
from bench.stats.outcomes.paired import Paired, paired
from bench.stats.outcomes.status import Status
from bench.stats.outcomes.two_way import CONFIDENCE, NO_SPREAD

DRAWS = 10_000
"""Enough that the ends of a 95 % interval move by about a hundredth of its width from generator to generator."""
BLOCK = 2**20
"""Weights held at a time, so that memory does not grow with the number of draws."""

Statistic = Callable[[NDArray[np.float64]], NDArray[np.float64]]
"""From accuracies (draws, systems) in [0, 1] to one value for each draw, (draws,)."""


def crossed_bootstrap(
    statistic: Statistic,
    systems: Sequence[ArrayLike],
    phrases: ArrayLike,
    rng: np.random.Generator,
    count: int = DRAWS,
) -> IntervalEstimate:
    """Estimate a statistic of the accuracies of systems, over new images and new trainings.

    The interval runs from the 2.5th to the 97.5th percentile of the statistic over `crossed_draws`. A draw of
    which it is not a finite number makes the status `nan`: leaving the draw out would flatter the interval.

    Args:
        statistic: from accuracies (draws, systems) to values (draws,); `lambda accuracy: accuracy[:, 0] -
            accuracy[:, 1]` is a difference.
        systems: of each system, (seeds, images) phrases answered correctly; rows and columns in one order.
        phrases: (images,) phrases in each image.
        rng: where the draws come from.
        count: number of draws.

    Raises:
        ValueError: there is no system, a shape does not fit the images, or a number of phrases is negative.
    """
    outcomes = paired(systems, phrases)
    status = outcomes.status
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        estimate = float(statistic(outcomes.accuracies[None])[0])
        values = statistic(_draws(outcomes, rng, count)) if status.has_interval else np.empty(0)
    low, high = percentile_interval(values)
    if status.has_interval and not np.isfinite(values).all():
        status, low, high = Status.nan, nan, nan
    elif status.has_interval and high - low < NO_SPREAD:
        status, low, high = Status.constant, nan, nan
    return IntervalEstimate(estimate, low, high, status, outcomes.seeds, outcomes.images)


def crossed_draws(
    systems: Sequence[ArrayLike], phrases: ArrayLike, rng: np.random.Generator, count: int = DRAWS
) -> NDArray[np.float64]:
    """Draw seeds and images anew, the same ones for every system, and return the accuracies of each draw.

    With w_i ~ multinomial(I) how often each image is drawn and w_s ~ multinomial(K) how often each seed, Y the
    counts and n the phrases: accuracy = sum over k, i of w_s[k] w_i[i] Y[k, i] / (K sum over i of w_i[i] n[i]).

    Args:
        systems: of each system, (seeds, images) phrases answered correctly; rows and columns in one order.
        phrases: (images,) phrases in each image.
        rng: where the draws come from.
        count: number of draws.

    Returns:
        (draws, systems) accuracies in [0, 1]; all NaN when there is no outcome, one is not a number, or the systems
        differ in seeds.

    Raises:
        ValueError: there is no system, a shape does not fit the images, or a number of phrases is negative.
    """
    return _draws(paired(systems, phrases), rng, count)


def percentile_interval(values: NDArray[np.float64]) -> tuple[float, float]:
    """Return the ends of the 95 % interval of a statistic's draws, values (draws,); NaN without any draw."""
    if not (values.size and np.isfinite(values).all()):
        return nan, nan
    low, high = np.quantile(values, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    return float(low), float(high)


def _draws(outcomes: Paired, rng: np.random.Generator, count: int) -> NDArray[np.float64]:
    systems, seeds, images = outcomes.correct.shape
    if not outcomes.status.has_estimate:
        return np.full((count, systems), nan)
    columns = np.vstack([outcomes.correct.reshape(systems * seeds, images), outcomes.phrases]).T
    seed_weights = _times_drawn(seeds, count, rng)
    accuracies = []
    for block in _blocks(count, images):
        totals = _times_drawn(images, block.stop - block.start, rng) @ columns
        by_seed = totals[:, :-1].reshape(-1, systems, seeds)
        right = np.einsum("dms,ds->dm", by_seed, seed_weights[block])
        accuracies.append(right / (seeds * totals[:, -1:]))
    return np.concatenate(accuracies) if accuracies else np.empty((0, systems))


def _blocks(count: int, images: int) -> Iterator[slice]:
    size = max(1, BLOCK // images)
    return (slice(start, min(start + size, count)) for start in range(0, count, size))


def _times_drawn(units: int, count: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Return how often each unit is drawn when as many are drawn as there are, (count, units); multinomial."""
    # Counting single draws gives the multinomial distribution five times as fast as Generator.multinomial.
    drawn = rng.integers(units, size=(count, units)) + units * np.arange(count)[:, None]
    return np.bincount(drawn.ravel(), minlength=count * units).reshape(count, units).astype(np.float64)
