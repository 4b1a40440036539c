"""How much of the spread of outcomes comes from seeds, from images, and from one with the other."""

from __future__ import annotations

from dataclasses import dataclass
from math import nan, sqrt

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bench.stats.outcomes.paired import Paired, paired
from bench.stats.outcomes.status import Status
from bench.stats.outcomes.two_way import NO_SPREAD


@dataclass(frozen=True)
class VarianceComponents:
    """Standard deviations of the parts an outcome is made of, all as shares: 0.01 is one point.

    Attributes:
        seed: of the accuracy from training to training, over endless images.
        image: of the accuracy from image to image, over endless trainings.
        interaction: of what is left, a training's luck with an image; the luck of few phrases is in it.
        status: `ok`; `one seed`, in which case `seed` and `interaction` are NaN and `image` holds all three parts;
            `identical seeds`, in which they are 0; or why there is nothing.
    """

    seed: float
    image: float
    interaction: float
    status: Status = Status.ok


def variance_components(correct: ArrayLike, phrases: ArrayLike) -> VarianceComponents:
    """Estimate the standard deviations of seeds, images and their interaction from a pilot.

    With Y the counts, n the phrases, N their sum, estimate = sum Y / (K N): r[k, i] = (Y[k, i] - estimate n[i]) I / N
    = seed[k] + image[i] + rest[k, i], of which the mean squares MS_s, MS_i and MS_r of a two-way analysis of
    variance expect I s^2 + r^2, K i^2 + r^2 and r^2. A negative variance counts as 0. Searle, Casella & McCulloch,
    Variance Components, 1992, ch. 4.

    Args:
        correct: (seeds, images) phrases answered correctly; to plan a comparison, the differences of the counts of
            two systems paired by seed and image.
        phrases: (images,) phrases in each image.

    Raises:
        ValueError: the shapes do not fit, or a number of phrases is negative.
    """
    outcomes = paired([correct], phrases)
    if not outcomes.status.has_interval:
        return VarianceComponents(nan, nan, nan, outcomes.status)
    residuals, images = scaled_residuals(outcomes), outcomes.images
    if np.abs(residuals).max() < NO_SPREAD:
        return VarianceComponents(nan, nan, nan, Status.constant)
    if outcomes.seeds == 1:
        return VarianceComponents(nan, sqrt(float((residuals**2).sum()) / (images - 1)), nan, Status.one_seed)
    return _two_way(residuals, outcomes.status)


def scaled_residuals(outcomes: Paired) -> NDArray[np.float64]:
    """Return what the outcomes of the first system differ by from its accuracy, (seeds, images).

    In units in which the mean over all images is that of the accuracy.
    """
    residuals = outcomes.correct[0] - outcomes.accuracies[0] * outcomes.phrases
    scaled: NDArray[np.float64] = residuals * (outcomes.images / outcomes.phrases.sum())
    return scaled


def _two_way(residuals: NDArray[np.float64], status: Status) -> VarianceComponents:
    """Split residuals (seeds, images), whose mean is 0."""
    seeds, images = residuals.shape
    by_seed, by_image = residuals.mean(axis=1, keepdims=True), residuals.mean(axis=0)
    rest = float(((residuals - by_seed - by_image) ** 2).sum()) / ((seeds - 1) * (images - 1))
    seed = float((by_seed**2).sum()) / (seeds - 1) - rest / images
    image = float((by_image**2).sum()) / (images - 1) - rest / seeds
    return VarianceComponents(sqrt(max(seed, 0.0)), sqrt(max(image, 0.0)), sqrt(rest), status)
