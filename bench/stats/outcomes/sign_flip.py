"""Whether two sets of fixed models differ on new images, without an assumption about the shape of outcomes."""

from __future__ import annotations

from dataclasses import dataclass
from math import nan

import numpy as np
import scipy
from numpy.typing import ArrayLike, NDArray

from bench.stats.outcomes.paired import paired
from bench.stats.outcomes.status import Status

FLIPS = 9_999
"""Random flips, when there are more ways to flip than these; with the observation itself, p is a multiple of 1e-4."""
BATCH = 500
"""Flips held at a time."""


@dataclass(frozen=True)
class SignFlip:
    """The outcome of one test.

    Attributes:
        estimate: accuracy A minus accuracy B, as a share.
        p: two-sided, of the hypothesis that these models are equally good on images like these; NaN without a test.
        status: `ok`, or why there is no test. `ok` never speaks of new trainings.
        seeds: trainings that entered; one is enough, because the models are taken as they are.
        images: images with at least one phrase.
    """

    estimate: float
    p: float
    status: Status
    seeds: int
    images: int


def sign_flip_test(
    correct_a: ArrayLike,
    correct_b: ArrayLike,
    phrases: ArrayLike,
    rng: np.random.Generator,
    count: int = FLIPS,
) -> SignFlip:
    """Test that these models of A and these of B are equally good, over new images but not over new trainings.

    With d[i] = sum over k of A[k, i] - B[k, i]: under the null d[i] and -d[i] are equally likely, so p is the share
    of sign flips of whole images whose |sum d| is at least the observed. All 2^I flips when they are no more than
    `count`, else random ones with (1 + extreme) / (1 + count). Fisher, The Design of Experiments, 1935, §21;
    Phipson & Smyth, Permutation p-values should never be zero, 2010.

    Args:
        correct_a: (seeds, images) phrases that A answered correctly.
        correct_b: (seeds, images) the same for B, rows and columns in A's order.
        phrases: (images,) phrases in each image.
        rng: where random flips come from.
        count: number of random flips.

    Raises:
        ValueError: a shape does not fit the images, or a number of phrases is negative.
    """
    outcomes = paired([correct_a, correct_b], phrases)
    status, seeds, images = outcomes.status, outcomes.seeds, outcomes.images
    accuracy_a, accuracy_b = outcomes.accuracies
    estimate = float(accuracy_a - accuracy_b)
    if not status.has_interval:
        return SignFlip(estimate, nan, status, seeds, images)
    by_image = (outcomes.correct[0] - outcomes.correct[1]).sum(axis=0)
    if not by_image.any():
        return SignFlip(estimate, nan, Status.constant, seeds, images)
    return SignFlip(estimate, _p_value(by_image, rng, count), Status.ok, seeds, images)


def _p_value(by_image: NDArray[np.float64], rng: np.random.Generator, count: int) -> float:
    tested = scipy.stats.permutation_test(
        (by_image,),
        np.sum,
        permutation_type="samples",
        vectorized=True,
        n_resamples=count,
        batch=BATCH,
        rng=rng,
    )
    return float(tested.pvalue)
