"""Outcomes of several systems on the same images after the same seeds, checked once for every method."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bench.stats.outcomes.status import Status


@dataclass(frozen=True)
class Paired:
    """Systems paired by seed and image, without the images that were never asked anything.

    Attributes:
        correct: (systems, seeds, images) phrases answered correctly; no seed when the systems cannot be paired.
        phrases: (images,) phrases in each image.
        status: what these outcomes allow; never `constant`, which only a statistic of them can be.
    """

    correct: NDArray[np.float64]
    phrases: NDArray[np.float64]
    status: Status

    @property
    def seeds(self) -> int:
        """Trainings of each system."""
        return int(self.correct.shape[1])

    @property
    def images(self) -> int:
        """Images with at least one phrase."""
        return int(self.correct.shape[2])

    @property
    def accuracies(self) -> NDArray[np.float64]:
        """Accuracy of each system over all seeds and images, (systems,) in [0, 1]; NaN where there is none."""
        if not self.status.has_estimate:
            return np.full(len(self.correct), np.nan)
        shares: NDArray[np.float64] = self.correct.sum(axis=(1, 2)) / (self.seeds * self.phrases.sum())
        return shares


def paired(systems: Sequence[ArrayLike], phrases: ArrayLike) -> Paired:
    """Line up the outcomes of systems, and say what they allow.

    Args:
        systems: of each system, (seeds, images) phrases answered correctly; rows and columns in one order. A
            system that does not depend on the seed enters with its one row repeated.
        phrases: (images,) phrases in each image; an image without any is left out.

    Raises:
        ValueError: there is no system, a shape does not fit the images, or a number of phrases is negative.
    """
    counts = [np.asarray(system, dtype=np.float64) for system in systems]
    sizes = np.asarray(phrases, dtype=np.float64)
    shapes = [correct.shape for correct in counts]
    if not shapes or any(len(shape) != 2 or shape[1:] != sizes.shape for shape in shapes):
        raise ValueError(
            "expected systems paired by seed and image, of each correct: (seeds, images), and phrases: (images,); "
            f"got shapes {', '.join(map(str, sorted(set(shapes)))) or 'of no system'} and {sizes.shape}"
        )
    if (sizes < 0).any():
        raise ValueError("an image cannot have fewer than no phrases")
    # An image that was never asked anything is no evidence, and must not count as one more image.
    asked = sizes != 0
    counts, sizes = [correct[:, asked] for correct in counts], sizes[asked]
    alike = len({len(correct) for correct in counts}) == 1
    stacked = np.stack(counts) if alike else np.empty((len(counts), 0, len(sizes)))
    return Paired(stacked, sizes, _status(counts, sizes))


def _status(counts: Sequence[NDArray[np.float64]], phrases: NDArray[np.float64]) -> Status:
    seeds = {len(correct) for correct in counts}
    if 0 in seeds or not len(phrases):
        return Status.empty
    if not all(np.isfinite(values).all() for values in (*counts, phrases)):
        return Status.nan
    if len(seeds) > 1:
        return Status.unequal_seeds
    if len(phrases) == 1:
        return Status.one_image
    if seeds == {1}:
        return Status.one_seed
    return Status.identical_seeds if all((correct == correct[0]).all() for correct in counts) else Status.ok
