"""Outcomes of several systems on the same images after the same seeds, checked once for every method."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bench.stats.two_way import Status


@dataclass(frozen=True)
class Paired:
    """Systems paired by seed and image, without the images that were never asked anything.

    Attributes:
        correct: (systems, seeds, images) phrases answered correctly.
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
        if self.status in (Status.empty, Status.nan):
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
        ValueError: there is no system, the shapes do not fit, or a number of phrases is negative.
    """
    counts = [np.asarray(system, dtype=np.float64) for system in systems]
    sizes = np.asarray(phrases, dtype=np.float64)
    shapes = sorted({one.shape for one in counts})
    if len(shapes) != 1:
        raise ValueError(f"systems are paired by seed and image, but have shapes {', '.join(map(str, shapes)) or '()'}")
    if len(shapes[0]) != 2 or sizes.shape != shapes[0][1:]:
        raise ValueError(
            f"expected correct: (seeds, images) and phrases: (images,), got shapes {shapes[0]} and {sizes.shape}"
        )
    if (sizes < 0).any():
        raise ValueError("an image cannot have fewer than no phrases")
    asked = sizes != 0
    stacked = np.stack(counts)[:, :, asked]
    return Paired(stacked, sizes[asked], _status(stacked, sizes[asked]))


def _status(correct: NDArray[np.float64], phrases: NDArray[np.float64]) -> Status:
    _, seeds, images = correct.shape
    if seeds == 0 or images == 0:
        return Status.empty
    if not (np.isfinite(correct).all() and np.isfinite(phrases).all()):
        return Status.nan
    if images == 1:
        return Status.one_image
    if seeds == 1:
        return Status.one_seed
    return Status.identical_seeds if (correct == correct[:, :1]).all() else Status.ok
