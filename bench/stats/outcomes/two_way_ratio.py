"""An accuracy on phrases that differ from training to training, such as those whose head a subset lacks."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from bench.stats.outcomes.two_way import Estimate, two_way_mean


def two_way_ratio(correct: ArrayLike, phrases: ArrayLike) -> Estimate:
    """Estimate an accuracy where each training has phrases of its own, over new images and new trainings.

    estimate = sum Y / sum n, and the variance is that of `two_way_mean` with the residuals R = Y - estimate n, the
    linearisation of a ratio (Cochran, Sampling Techniques, 1977, ch. 6). With the mean m[i] of n over the seeds, the
    counts Y - estimate (n - m) on m phrases have this estimate and these residuals; where all seeds have the same
    phrases, they are Y and n themselves.

    Args:
        correct: (seeds, images) phrases answered correctly.
        phrases: (seeds, images) phrases that count, in each image after each training; a training without any is left
            out.

    Raises:
        ValueError: the shapes differ, or a number of phrases is negative.
    """
    counts, sizes = np.asarray(correct, dtype=np.float64), np.asarray(phrases, dtype=np.float64)
    if counts.ndim != 2 or counts.shape != sizes.shape:
        raise ValueError(f"expected correct and phrases: (seeds, images), got {counts.shape} and {sizes.shape}")
    if (sizes < 0).any():
        raise ValueError("an image cannot have fewer than no phrases")
    asked = sizes.sum(axis=1) > 0
    counts, sizes = counts[asked], sizes[asked]
    if not len(counts):
        return two_way_mean(counts, np.zeros(sizes.shape[1]))
    mean = sizes.mean(axis=0)
    return two_way_mean(counts - counts.sum() / sizes.sum() * (sizes - mean), mean)
