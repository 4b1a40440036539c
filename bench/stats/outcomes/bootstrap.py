"""Accuracies of studies made anew, by drawing seeds and images from the one there is.

Owen, The pigeonhole bootstrap, Annals of Applied Statistics 2007: rows and columns of a crossed design are drawn
independently, and an outcome counts as often as its row was drawn times its column. The variance of the draws counts
the interaction of seeds and images three times, so intervals that rest on them are somewhat wide.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import nan

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bench.stats.outcomes.paired import paired

BLOCK = 2**20
"""Weights held at a time, so that memory does not grow with the number of draws."""


def crossed_draws(
    systems: Sequence[ArrayLike], phrases: ArrayLike, rng: np.random.Generator, count: int
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
    outcomes = paired(systems, phrases)
    number, seeds, images = outcomes.correct.shape
    if not outcomes.status.has_estimate:
        return np.full((count, number), nan)
    columns = np.vstack([outcomes.correct.reshape(number * seeds, images), outcomes.phrases]).T
    seed_weights = _times_drawn(seeds, count, rng)
    accuracies = []
    for block in _blocks(count, images):
        totals = _times_drawn(images, block.stop - block.start, rng) @ columns
        by_seed = totals[:, :-1].reshape(-1, number, seeds)
        right = np.einsum("dms,ds->dm", by_seed, seed_weights[block])
        accuracies.append(right / (seeds * totals[:, -1:]))
    return np.concatenate(accuracies) if accuracies else np.empty((0, number))


def _blocks(count: int, images: int) -> Iterator[slice]:
    size = max(1, BLOCK // images)
    return (slice(start, min(start + size, count)) for start in range(0, count, size))


def _times_drawn(units: int, count: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Return how often each unit is drawn when as many are drawn as there are, (count, units); multinomial."""
    # Counting single draws gives the multinomial distribution five times as fast as Generator.multinomial.
    drawn = rng.integers(units, size=(count, units)) + units * np.arange(count)[:, None]
    return np.bincount(drawn.ravel(), minlength=count * units).reshape(count, units).astype(np.float64)
