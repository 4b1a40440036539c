"""How often a training of one system beats a training of another."""

from __future__ import annotations

from dataclasses import dataclass
from math import nan

import numpy as np
from numpy.typing import ArrayLike

from bench.stats.outcomes.status import Status


@dataclass(frozen=True)
class Improvement:
    """The probability of improvement.

    Attributes:
        probability: in [0, 1], 0.5 when neither is ahead; NaN without a value.
        status: `ok`, `nan` or `empty`.
        seeds_a: trainings of A.
        seeds_b: trainings of B.
    """

    probability: float
    status: Status
    seeds_a: int
    seeds_b: int


def probability_of_improvement(accuracy_a: ArrayLike, accuracy_b: ArrayLike) -> Improvement:
    """Describe how often a training of A is more accurate than a training of B, on these images.

    P(A > B) = the share of pairs (one seed of A, one of B) in which A is ahead, a tie counting half: the
    Mann-Whitney U over the number of pairs. It describes these trainings and carries no interval and no p-value:
    as a test it needs 29 paired runs (Bouthillier et al., Accounting for variance in machine learning
    benchmarks, MLSys 2021), far more than a study has.

    Args:
        accuracy_a: (seeds,) in [0, 1].
        accuracy_b: (seeds,) in [0, 1]; not necessarily as many.

    Raises:
        ValueError: an array does not have one dimension.
    """
    a, b = np.asarray(accuracy_a, dtype=np.float64), np.asarray(accuracy_b, dtype=np.float64)
    if a.ndim != 1 or b.ndim != 1:
        raise ValueError(f"expected accuracies: (seeds,), got shapes {a.shape} and {b.shape}")
    if a.size == 0 or b.size == 0:
        return Improvement(nan, Status.empty, a.size, b.size)
    if not (np.isfinite(a).all() and np.isfinite(b).all()):
        return Improvement(nan, Status.nan, a.size, b.size)
    ahead = np.sign(a[:, None] - b).mean()
    return Improvement(float(1 + ahead) / 2, Status.ok, a.size, b.size)
