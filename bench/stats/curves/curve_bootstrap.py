"""Draws of new images and new trainings, the same for every amount of data and every system that is compared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import nan

import numpy as np
from numpy.typing import ArrayLike

from bench.stats.curves.power_law import Floats
from bench.stats.outcomes.bootstrap import crossed_draws
from bench.stats.outcomes.two_way import CONFIDENCE

DRAWS = 2_000
"""Enough that the ends of a 95 % interval move by about a fiftieth of its width from generator to generator."""


@dataclass(frozen=True)
class Interval:
    """Where 95 % of the draws of a number lie; NaN when nothing was drawn.

    Attributes:
        low: lower end.
        high: upper end.
    """

    low: float
    high: float


@dataclass(frozen=True)
class Resamples:
    """Draws of a crossed bootstrap that can be made again for each system, draw for draw the same.

    Curves are compared within each draw, so they must come from equal resamples.

    Attributes:
        phrases: phrases in each image.
        seeds: trainings that are drawn from; with one, only the images vary.
        draws: how many.
        origin: where the generator of the draws starts each time.
    """

    phrases: tuple[float, ...] = field(repr=False)
    seeds: int
    draws: int
    origin: int

    def accuracies(self, correct: Sequence[Floats]) -> Floats:
        """Return (draws, systems), for each system's counts (seeds, images) its accuracy in every draw."""
        # The draws depend on the numbers of seeds and images alone, so the same start gives every system the same.
        return crossed_draws(correct, self.phrases, np.random.default_rng(self.origin), self.draws)


def crossed_resamples(seeds: int, phrases: ArrayLike, rng: np.random.Generator, draws: int = DRAWS) -> Resamples:
    """Fix the draws of seeds and images that a set of curves is to share; `crossed_draws` has the formula.

    The same generator gives the same draws. They go by position: with images or seeds in another order the draws are
    others, and as good.

    Args:
        seeds: number of trainings at each amount.
        phrases: (images,) phrases in each image, at least 0.
        rng: where the draws come from.
        draws: how many.

    Raises:
        ValueError: there is no seed or no draw, or `phrases` is not one number an image, at least 0.
    """
    sizes = np.asarray(phrases, dtype=np.float64)
    if seeds < 1 or draws < 1:
        raise ValueError(f"expected at least one seed and one draw, got {seeds} and {draws}")
    if sizes.ndim != 1 or (sizes < 0).any():
        raise ValueError("expected phrases: (images,), each at least 0")
    return Resamples(tuple(sizes.tolist()), seeds, draws, int(rng.integers(2**63)))


def interval_of(drawn: Floats) -> Interval:
    """Return the ends of the central 95 % of finite draws (draws,); NaN without any draw."""
    if not drawn.size:
        return Interval(nan, nan)
    low, high = np.quantile(drawn, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2]).tolist()
    return Interval(low, high)
