"""Intervals that are robust to clustering in two crossed ways, by seed and by image.

Cameron, Gelbach & Miller, Robust inference with multiway clustering, JBES 2011; with the guard of MacKinnon,
Nielsen & Webb, 2024, that the variance is never less than either one-way variance.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from math import nan, sqrt

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

CONFIDENCE = 0.95
"""Of every two-sided interval."""
NO_SPREAD = 1e-12
"""A standard error of an accuracy below this is rounding, not spread."""


class Status(StrEnum):
    """Whether an estimate carries an interval and a p-value, and if not, why."""

    ok = "ok"
    """Both; they hold for new images and new trainings alike."""
    one_seed = "one seed"
    """An interval over new images for this one model; nothing is known of new trainings, so no p-value."""
    identical_seeds = "identical seeds"
    """An interval over new images; the seeds agree everywhere, as those of an untrained system do."""
    one_image = "one image"
    """An estimate alone: one image says nothing of others."""
    constant = "constant"
    """An estimate alone: no image and no seed departs from it, so there is no spread to go by."""
    nan = "nan"
    """Nothing: an outcome is missing or not a number."""
    empty = "empty"
    """Nothing: no seed or no phrase."""

    @property
    def has_interval(self) -> bool:
        """Whether `low` and `high` are numbers."""
        return self in (Status.ok, Status.one_seed, Status.identical_seeds)


@dataclass(frozen=True)
class Estimate:
    """An accuracy, or a difference of two, with its uncertainty. Fields that `status` rules out are NaN.

    Attributes:
        estimate: the value, as a share: 0.02 is two points.
        se: standard error.
        df: degrees of freedom (Satterthwaite), at least about half the smaller of seeds - 1 and images - 1.
        low: lower end of the 95 % interval.
        high: upper end of the 95 % interval.
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


def two_way_mean(correct: ArrayLike, phrases: ArrayLike) -> Estimate:
    """Estimate an accuracy, with an interval over new images and new trainings.

    With Y the counts, n the phrases, N their sum: estimate = sum Y / (K N), R = Y - estimate n,
    V_s = K/(K-1) sum_k (sum_i R)^2 / (K N)^2, V_i = I/(I-1) sum_i (sum_k R)^2 / (K N)^2,
    V_si = sum R^2 / (K N)^2, V = max(V_s + V_i - V_si, V_s, V_i), df = V^2 / (V_s^2/(K-1) + V_i^2/(I-1)).
    With one seed V = V_i, and the interval is for that one model on new images.

    Args:
        correct: (seeds, images) phrases answered correctly; expected counts for a system that draws lots.
        phrases: (images,) phrases in each image; an image without any is left out.

    Raises:
        ValueError: the shapes do not fit, or a number of phrases is negative.
    """
    counts, sizes = _checked(correct, phrases)
    seeds, images = counts.shape
    if seeds == 0 or images == 0:
        return _without_interval(nan, nan, Status.empty, seeds, images)
    if not (np.isfinite(counts).all() and np.isfinite(sizes).all()):
        return _without_interval(nan, nan, Status.nan, seeds, images)
    total = seeds * sizes.sum()
    estimate = float(counts.sum() / total)
    if images == 1:
        return _without_interval(estimate, nan, Status.one_image, seeds, images)
    variance, df = _variance((counts - estimate * sizes) / total)
    se = sqrt(variance)
    if se < NO_SPREAD:
        return _without_interval(estimate, 0.0, Status.constant, seeds, images)
    reach = float(stats.t.ppf((1 + CONFIDENCE) / 2, df)) * se
    status = _status(counts)
    p = float(2 * stats.t.sf(abs(estimate) / se, df)) if status is Status.ok else nan
    return Estimate(estimate, se, df, estimate - reach, estimate + reach, p, status, seeds, images)


def two_way_difference(correct_a: ArrayLike, correct_b: ArrayLike, phrases: ArrayLike) -> Estimate:
    """Estimate accuracy A minus accuracy B, paired by seed and image, over new images and new trainings.

    The formula is that of `two_way_mean`, on the differences of the counts.

    Args:
        correct_a: (seeds, images) phrases that A answered correctly.
        correct_b: (seeds, images) the same for B, rows and columns in A's order; a system that does not
            depend on the seed enters with its one row repeated.
        phrases: (images,) phrases in each image.

    Raises:
        ValueError: the shapes do not fit, or a number of phrases is negative.
    """
    a, b = np.asarray(correct_a, dtype=np.float64), np.asarray(correct_b, dtype=np.float64)
    if a.shape != b.shape:
        raise ValueError(f"two systems are paired by seed and image, but have shapes {a.shape} and {b.shape}")
    return two_way_mean(a - b, phrases)


def _checked(correct: ArrayLike, phrases: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    counts, sizes = np.asarray(correct, dtype=np.float64), np.asarray(phrases, dtype=np.float64)
    if counts.ndim != 2 or sizes.shape != counts.shape[1:]:
        raise ValueError(
            f"expected correct: (seeds, images) and phrases: (images,), got shapes {counts.shape} and {sizes.shape}"
        )
    if (sizes < 0).any():
        raise ValueError("an image cannot have fewer than no phrases")
    # An image that was never asked anything is no evidence, and must not count as one more image.
    asked = sizes != 0
    return counts[:, asked], sizes[asked]


def _variance(residuals: NDArray[np.float64]) -> tuple[float, float]:
    """Return the variance and its degrees of freedom, for residuals (seeds, images) over the phrase total."""
    seeds, images = residuals.shape
    by_image = images / (images - 1) * float((residuals.sum(axis=0) ** 2).sum())
    if seeds == 1:
        return by_image, images - 1.0
    by_seed = seeds / (seeds - 1) * float((residuals.sum(axis=1) ** 2).sum())
    variance = max(by_seed + by_image - float((residuals**2).sum()), by_seed, by_image)
    if variance == 0:
        return 0.0, nan
    return variance, variance**2 / (by_seed**2 / (seeds - 1) + by_image**2 / (images - 1))


def _status(counts: NDArray[np.float64]) -> Status:
    if len(counts) == 1:
        return Status.one_seed
    return Status.identical_seeds if (counts == counts[0]).all() else Status.ok


def _without_interval(estimate: float, se: float, status: Status, seeds: int, images: int) -> Estimate:
    return Estimate(estimate, se, nan, nan, nan, nan, status, seeds, images)
