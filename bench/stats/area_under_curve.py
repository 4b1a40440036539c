"""One number for a whole learning curve, without a model of its shape."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bench.stats.two_way import Estimate, two_way_mean


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
        ValueError: the shapes do not fit, the amounts differ in seeds, or one is not above 0 or is given twice.
    """
    return two_way_mean(log_mean_counts(correct, amounts), phrases)


def log_mean_counts(correct: Sequence[ArrayLike], amounts: ArrayLike) -> NDArray[np.float64]:
    """Return the mean over log amount of the counts (seeds, images), by trapezoids.

    Args:
        correct: for each amount, (seeds, images) phrases answered correctly; or (amounts, seeds, images).
        amounts: (amounts,) training images, above 0 and distinct, in any order.

    Raises:
        ValueError: the shapes do not fit, the amounts differ in seeds, or one is not above 0 or is given twice.
    """
    n = np.asarray(amounts, dtype=np.float64)
    counts = [np.asarray(each, dtype=np.float64) for each in correct]
    if n.shape != (len(counts),) or not len(n) or len({each.shape for each in counts}) > 1:
        raise ValueError(
            f"expected counts of one shape for each amount, got {[each.shape for each in counts]} for {n.tolist()}"
        )
    if not (np.isfinite(n) & (n > 0)).all():
        raise ValueError(f"expected amounts above 0, got {n.tolist()}")
    logarithms, order = np.unique(np.log(n), return_index=True)
    if len(order) < len(n):  # two amounts may differ and their logarithms be the same float
        raise ValueError(f"expected amounts apart on a log scale, each once, got {n.tolist()}")
    return np.asarray(np.tensordot(_trapezoid_weights(logarithms), np.stack(counts)[order], axes=1))


def _trapezoid_weights(logarithms: NDArray[np.float64]) -> NDArray[np.float64]:
    if len(logarithms) == 1:
        return np.ones(1)
    padded = np.concatenate([logarithms[:1], logarithms, logarithms[-1:]])
    return np.asarray((padded[2:] - padded[:-2]) / (2 * np.ptp(logarithms)))
