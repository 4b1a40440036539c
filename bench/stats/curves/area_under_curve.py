"""One number for a whole learning curve, without a model of its shape."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bench.stats.outcomes.two_way import Estimate, two_way_sum


def area_under_curve(correct: Sequence[ArrayLike], amounts: ArrayLike, phrases: ArrayLike) -> Estimate:
    """Estimate the mean accuracy over the logarithm of the amount, with an interval over new images and trainings.

    With l the logarithms of the amounts in ascending order, the trapezoids weigh the accuracies by
    v_f = (l[f+1] - l[f-1]) / (2 (l[F] - l[1])), with l[f] itself for a neighbour that is not there; sum v = 1.
    So the area is the accuracy of the counts sum_f v_f Y_f, and `two_way_mean` of these gives its interval in closed
    form: the variation that the amounts share by image and seed is in it. The difference of two systems is
    `two_way_difference` of their `log_mean_counts`. A single amount has no width, and its mean is its accuracy.

    Args:
        correct: for each amount, (seeds, images) phrases answered correctly; or (amounts, seeds, images).
        amounts: (amounts,) training images, above 0 and distinct, in any order.
        phrases: (images,) phrases in each image.

    Raises:
        ValueError: a shape does not fit the images, or an amount is not above 0 or is given twice.
    """
    return two_way_sum(_weights(len(correct), amounts), correct, phrases)


def log_mean_counts(correct: Sequence[ArrayLike], amounts: ArrayLike) -> NDArray[np.float64]:
    """Return the mean over log amount of the counts (seeds, images), by trapezoids.

    Args:
        correct: for each amount, (seeds, images) phrases answered correctly; or (amounts, seeds, images).
        amounts: (amounts,) training images, above 0 and distinct, in any order.

    Raises:
        ValueError: the amounts differ in seeds or images, or one is not above 0 or is given twice.
    """
    weights, counts = _weights(len(correct), amounts), [np.asarray(each, dtype=np.float64) for each in correct]
    if len({each.shape for each in counts}) > 1:
        raise ValueError(f"expected counts of one shape for each amount, got {[each.shape for each in counts]}")
    return np.asarray(sum(weight * each for weight, each in zip(weights, counts, strict=True)))


def _weights(curve: int, amounts: ArrayLike) -> list[float]:
    """Return what each of the amounts of a curve weighs, in the order given."""
    n = np.asarray(amounts, dtype=np.float64)
    if n.shape != (curve,) or not curve:
        raise ValueError(f"expected one amount for each of {curve} arrays of counts and at least one, got {n.tolist()}")
    if not (np.isfinite(n) & (n > 0)).all():
        raise ValueError(f"expected amounts above 0, got {n.tolist()}")
    logarithms, place = np.unique(np.log(n), return_inverse=True)
    if len(logarithms) < curve:  # two amounts may differ and their logarithms be the same float
        raise ValueError(f"expected amounts apart on a log scale, each once, got {n.tolist()}")
    if curve == 1:
        return [1.0]
    padded = np.concatenate([logarithms[:1], logarithms, logarithms[-1:]])
    ascending = (padded[2:] - padded[:-2]) / (2 * np.ptp(logarithms))
    return [float(weight) for weight in ascending[place]]
