"""Whether two systems are equally good, up to a margin in either direction."""

from __future__ import annotations

from dataclasses import dataclass

from numpy.typing import ArrayLike

from bench.stats.outcomes.non_inferiority import non_inferiority
from bench.stats.outcomes.two_way import Estimate


@dataclass(frozen=True)
class Equivalence:
    """The outcome of two one-sided tests.

    Attributes:
        difference: accuracy A minus accuracy B, with its 95 % interval; its status says why a test is missing.
        margin: difference, in either direction, that no longer counts as equal, as a share.
        p: of the hypothesis that the true difference is the margin or more in either direction; NaN when not testable.
        low: lower end of the 90 % interval.
        high: upper end of the 90 % interval. Both ends lie inside the margin exactly when p < 0.05.
        is_equivalent: whether p < 0.05. False says nothing of a difference; only that equality is not shown.
    """

    difference: Estimate
    margin: float
    p: float
    low: float
    high: float
    is_equivalent: bool


def equivalence(correct_a: ArrayLike, correct_b: ArrayLike, phrases: ArrayLike, margin: float) -> Equivalence:
    """Test that two systems differ by less than a margin, over new images and new trainings.

    Neither is worse than the other by the margin: with the difference d, SE and df of `two_way_difference`,
    p = max(T_df((d - margin) / SE), T_df((-d - margin) / SE)). Schuirmann, A comparison of the two one-sided
    tests procedure and the power approach, 1987.

    Args:
        correct_a: (seeds, images) phrases that A answered correctly.
        correct_b: (seeds, images) the same for B, rows and columns in A's order.
        phrases: (images,) phrases in each image.
        margin: largest difference, exclusive, that counts as equal, as a share in [0, 1).

    Raises:
        ValueError: the margin is outside [0, 1), or a shape does not fit the images.
    """
    b_loses = non_inferiority(correct_a, correct_b, phrases, margin)
    a_loses = non_inferiority(correct_b, correct_a, phrases, margin)
    # Of two numbers or two NaN, so max never has to order a NaN.
    p = max(b_loses.p, a_loses.p)
    both = b_loses.verdict.is_competitive and a_loses.verdict.is_competitive
    return Equivalence(b_loses.loss, margin, p, b_loses.at_least, b_loses.at_most, both)
