"""How much of the spread between trainings comes from their subsets, their initialisations, and one with the other."""

from __future__ import annotations

from dataclasses import dataclass
from math import nan, sqrt

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bench.stats.outcomes.components import scaled_residuals
from bench.stats.outcomes.paired import paired
from bench.stats.outcomes.status import Status
from bench.stats.outcomes.two_way import NO_SPREAD


@dataclass(frozen=True)
class CrossedComponents:
    """Standard deviations of the parts an outcome is made of, all as shares: 0.01 is one point.

    Attributes:
        subset: of the accuracy from subset to subset, over endless initialisations and images.
        initialisation: from initialisation to initialisation, over endless subsets and images.
        pair: of what a subset and an initialisation have together beyond both, over endless images.
        image: from image to image, over endless trainings.
        rest: of all that is left in a single training's answers to an image: how an image suits a subset, an
            initialisation and the two together; the luck of few phrases is in it.
        status: `ok`; `identical seeds`, where all parts but `image` are 0; `one seed`, where there is only one subset
            or initialisation, and nothing; or why else there is nothing.
    """

    subset: float
    initialisation: float
    pair: float
    image: float
    rest: float
    status: Status = Status.ok


def crossed_components(correct: ArrayLike, phrases: ArrayLike) -> CrossedComponents:
    """Estimate the standard deviations of subsets, initialisations, their interaction, images and the rest.

    The outcomes, scaled as in `variance_components`, are taken for r[a, b, i] = subset[a] + initialisation[b] +
    pair[a, b] + image[i] + (what an image has with a subset, with an initialisation, with both), all random. With the
    mean squares of the analysis of variance with three crossed factors, one outcome a cell, and A subsets, B
    initialisations and I images, the estimates are (MS_a - MS_ab - MS_ai + MS_abi) / (B I), (MS_b - MS_ab - MS_bi +
    MS_abi) / (A I), (MS_ab - MS_abi) / I and (MS_i - MS_ai - MS_bi + MS_abi) / (A B), and the rest is
    (MS_ai - MS_abi) / B + (MS_bi - MS_abi) / A + MS_abi. A negative variance counts as 0. Searle, Casella & McCulloch,
    Variance Components, 1992, ch. 4.

    Args:
        correct: (subsets, initialisations, images) phrases answered correctly.
        phrases: (images,) phrases in each image.

    Raises:
        ValueError: the shapes do not fit, or a number of phrases is negative.
    """
    counts = np.asarray(correct, dtype=np.float64)
    if counts.ndim != 3:
        raise ValueError(f"expected correct: (subsets, initialisations, images), got shape {counts.shape}")
    subsets, initialisations, images = counts.shape
    outcomes = paired([counts.reshape(subsets * initialisations, images)], phrases)
    if not outcomes.status.has_interval:
        return _nothing(outcomes.status)
    residuals = scaled_residuals(outcomes)
    if np.abs(residuals).max() < NO_SPREAD:
        return _nothing(Status.constant)
    if min(subsets, initialisations) < 2:
        return _nothing(Status.one_seed)
    return _three_way(residuals.reshape(subsets, initialisations, -1), outcomes.status)


def _three_way(residuals: NDArray[np.float64], status: Status) -> CrossedComponents:
    """Split residuals (subsets, initialisations, images), whose mean is 0."""
    a, b, i = residuals.shape
    by_a, by_b, by_i = (residuals.mean(axis=axes, keepdims=True) for axes in ((1, 2), (0, 2), (0, 1)))
    ab, ai, bi = (residuals.mean(axis=axis, keepdims=True) for axis in (2, 1, 0))
    square_ab = _mean_square(ab - by_a - by_b, i, (a - 1) * (b - 1))
    square_ai = _mean_square(ai - by_a - by_i, b, (a - 1) * (i - 1))
    square_bi = _mean_square(bi - by_b - by_i, a, (b - 1) * (i - 1))
    left = _mean_square(residuals - ab - ai - bi + by_a + by_b + by_i, 1, (a - 1) * (b - 1) * (i - 1))
    rest = max(square_ai - left, 0.0) / b + max(square_bi - left, 0.0) / a + left
    return CrossedComponents(
        subset=_deviation(_mean_square(by_a, b * i, a - 1) - square_ab - square_ai + left, b * i),
        initialisation=_deviation(_mean_square(by_b, a * i, b - 1) - square_ab - square_bi + left, a * i),
        pair=_deviation(square_ab - left, i),
        image=_deviation(_mean_square(by_i, a * b, i - 1) - square_ai - square_bi + left, a * b),
        rest=sqrt(rest),
        status=status,
    )


def _mean_square(effects: NDArray[np.float64], outcomes: int, degrees: int) -> float:
    """Return the mean square of effects, each of which is the mean of so many outcomes."""
    return outcomes * float((effects**2).sum()) / degrees


def _deviation(variance: float, times: int) -> float:
    deviation = sqrt(max(variance, 0.0) / times)
    return deviation if deviation >= NO_SPREAD else 0.0


def _nothing(status: Status) -> CrossedComponents:
    return CrossedComponents(nan, nan, nan, nan, nan, status)
