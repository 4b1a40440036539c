"""Intervals that are robust to clustering in two crossed ways, by seed and by image.

Cameron, Gelbach & Miller, Robust inference with multiway clustering, JBES 2011; with the guard of MacKinnon,
Nielsen & Webb, 2024, that the variance is never less than either one-way variance.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import nan, sqrt

import numpy as np
import scipy
from numpy.typing import ArrayLike, NDArray

from bench.stats.outcomes.group_sequential import ONCE, Look
from bench.stats.outcomes.paired import paired
from bench.stats.outcomes.status import Status

LEVEL = 0.05
"""Of every two-sided test."""
CONFIDENCE = 1 - LEVEL
"""Of every two-sided interval."""
UNDERESTIMATED = 0.01
"""Chance that a variance between seeds is more than a cautious answer allows for."""
NO_SPREAD = 1e-12
"""A standard error of an accuracy below this is rounding, not spread."""


@dataclass(frozen=True)
class Estimate:
    """An accuracy, or a difference of two, with its uncertainty. Fields that `status` rules out are NaN.

    Attributes:
        estimate: the value, as a share: 0.02 is two points.
        se: standard error.
        df: degrees of freedom (Satterthwaite), at least about half the smaller of seeds - 1 and images - 1.
        low: lower end of the 95 % interval; at a look of a plan, of the repeated confidence interval.
        high: upper end of it.
        p: two-sided, of the hypothesis that the true value is 0.
        status: why a field is missing, or `ok`.
        seeds: trainings that entered.
        images: images with at least one phrase.
    """

    estimate: float
    se: float
    df: float
    low: float
    high: float
    p: float
    status: Status
    seeds: int
    images: int


def two_way_mean(correct: ArrayLike, phrases: ArrayLike, look: Look = ONCE) -> Estimate:
    """Estimate an accuracy, with an interval over new images and new trainings.

    With Y the counts, n the phrases, N their sum: estimate = sum Y / (K N), R = Y - estimate n,
    V_s = K/(K-1) sum_k (sum_i R)^2 / (K N)^2, V_i = I/(I-1) sum_i (sum_k R)^2 / (K N)^2,
    V_si = sum R^2 / (K N)^2, V = max(V_s + V_i - V_si, V_s, V_i), df = V^2 / (V_s^2/(K-1) + V_i^2/(I-1)).
    With one seed V = V_i, and the interval is for that one model on new images.

    Args:
        correct: (seeds, images) phrases answered correctly; expected counts for a system that draws lots.
        phrases: (images,) phrases in each image; an image without any is left out.
        look: of a plan, for whose nominal level the interval is; its degrees of freedom are cautious before the last.

    Raises:
        ValueError: the shapes do not fit, or a number of phrases is negative.
    """
    return two_way_sum((1.0,), [correct], phrases, look)


def two_way_difference(correct_a: ArrayLike, correct_b: ArrayLike, phrases: ArrayLike, look: Look = ONCE) -> Estimate:
    """Estimate accuracy A minus accuracy B, paired by seed and image, over new images and new trainings.

    The formula is that of `two_way_mean`, on the differences of the counts.

    Args:
        correct_a: (seeds, images) phrases that A answered correctly.
        correct_b: (seeds, images) the same for B, rows and columns in A's order; a system that does not
            depend on the seed enters with its one row repeated.
        phrases: (images,) phrases in each image.
        look: of a plan, for whose nominal level the interval is; its degrees of freedom are cautious before the last.

    Raises:
        ValueError: a shape does not fit the images, or a number of phrases is negative.
    """
    return two_way_sum((1.0, -1.0), [correct_a, correct_b], phrases, look)


def two_way_sum(
    weights: Sequence[float], systems: Sequence[ArrayLike], phrases: ArrayLike, look: Look = ONCE
) -> Estimate:
    """Estimate a weighted sum of the accuracies of systems, paired by seed and image.

    The formula is that of `two_way_mean`, on the weighted sums of the counts.

    Args:
        weights: one for each system.
        systems: of each system, (seeds, images) phrases answered correctly; rows and columns in one order.
        phrases: (images,) phrases in each image.
        look: of a plan, for whose nominal level the interval is; its degrees of freedom are cautious before the last.

    Raises:
        ValueError: there is no system, a shape does not fit the images, or a number of phrases is negative.
    """
    outcomes = paired(systems, phrases)
    status, seeds, images = outcomes.status, outcomes.seeds, outcomes.images
    if not status.has_estimate:
        return _without_interval(nan, nan, status, seeds, images)
    # Term by term: a dot product may round equal rows differently, and seeds that agree must still agree.
    terms = [weight * correct for weight, correct in zip(weights, outcomes.correct, strict=True)]
    counts = sum(terms, np.zeros((seeds, images)))
    total = seeds * outcomes.phrases.sum()
    estimate = float(counts.sum() / total)
    if status is Status.one_image:
        return _without_interval(estimate, nan, status, seeds, images)
    variance, df = _variance((counts - estimate * outcomes.phrases) / total, look)
    se = sqrt(variance)
    if se < NO_SPREAD:
        return _without_interval(estimate, 0.0, Status.constant, seeds, images)
    if status is Status.ok and (counts == counts[0]).all():
        status = Status.identical_seeds
    reach = float(scipy.stats.t.ppf(1 - look.level(LEVEL / 2), df)) * se
    p = float(2 * scipy.stats.t.sf(abs(estimate) / se, df)) if status is Status.ok else nan
    return Estimate(estimate, se, df, estimate - reach, estimate + reach, p, status, seeds, images)


def _variance(residuals: NDArray[np.float64], look: Look) -> tuple[float, float]:
    """Return the variance and its degrees of freedom, for residuals (seeds, images) over the phrase total."""
    seeds, images = residuals.shape
    by_image = images / (images - 1) * float((residuals.sum(axis=0) ** 2).sum())
    if seeds == 1:
        return by_image, images - 1.0
    by_seed = seeds / (seeds - 1) * float((residuals.sum(axis=1) ** 2).sum())
    variance = max(by_seed + by_image - float((residuals**2).sum()), by_seed, by_image)
    if variance < NO_SPREAD**2:  # its square may not be a number above 0
        return variance, nan
    return variance, degrees_of_freedom(variance, by_seed, by_image, seeds, images, cautious=not look.is_last)


def degrees_of_freedom(
    variance: float, by_seed: float, by_image: float, seeds: int, images: int, *, cautious: bool
) -> float:
    """Return how precisely a variance is known, after Satterthwaite.

    By chance a few seeds may agree so well that the images seem to dominate, of which there are many. Where p-values
    near 0 count, as at an early look, such chances are most of those that do. So a cautious answer takes the variance
    between seeds at its 99 % upper bound, if that gives fewer.

    Args:
        variance: of the estimate.
        by_seed: its variance if whole seeds were the observations.
        by_image: its variance if whole images were.
        seeds: trainings, at least 2.
        images: test images, at least 2.
        cautious: whether the share of the seeds may be underestimated.
    """
    df = variance**2 / (by_seed**2 / (seeds - 1) + by_image**2 / (images - 1))
    if not cautious:
        return df
    at_most = by_seed * (seeds - 1) / float(scipy.stats.chi2.ppf(UNDERESTIMATED, seeds - 1))
    wide = variance + at_most - by_seed
    return min(df, wide**2 / (at_most**2 / (seeds - 1) + by_image**2 / (images - 1)))


def _without_interval(estimate: float, se: float, status: Status, seeds: int, images: int) -> Estimate:
    return Estimate(estimate, se, nan, nan, nan, nan, status, seeds, images)
