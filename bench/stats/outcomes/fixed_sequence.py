"""The smallest fraction of the training data that is competitive with all of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from numpy.typing import ArrayLike

from bench.stats.outcomes.group_sequential import ONCE, Look
from bench.stats.outcomes.non_inferiority import NonInferiority, non_inferiority


@dataclass(frozen=True)
class Step:
    """One fraction in the sequence.

    Attributes:
        fraction: its share or number of training images.
        outcome: its comparison with the reference.
        reached: whether the sequence came this far; when not, `outcome` describes and decides nothing.
    """

    fraction: float
    outcome: NonInferiority
    reached: bool


@dataclass(frozen=True)
class FixedSequence:
    """Where the sequence stopped.

    Attributes:
        reference: the largest fraction, which all others are compared with.
        steps: the other fractions, from the largest down.
        smallest: the smallest competitive fraction; None when the first test already failed.
    """

    reference: float
    steps: tuple[Step, ...]
    smallest: float | None


def smallest_competitive(
    correct: Mapping[float, ArrayLike], phrases: ArrayLike, margin: float, look: Look = ONCE
) -> FixedSequence:
    """Find the smallest fraction shown to lose less than a margin against the largest.

    Fractions are tested from the largest down, each at one-sided 5 %, until the first that is not shown to be
    competitive. Because the order is fixed beforehand, the chance of calling any fraction competitive that is
    not stays at 5 % without a correction (Maurer, Hothorn & Lehmacher 1995; Westfall & Krishen 2001).

    Args:
        correct: by fraction, (seeds, images) phrases answered correctly; rows and columns in one order.
        phrases: (images,) phrases in each image.
        margin: largest loss, exclusive, that counts as competitive, as a share in [0, 1).
        look: of a plan, at whose nominal level each fraction is tested.

    Raises:
        ValueError: no fraction is given, the margin is outside [0, 1), or a shape does not fit the images.
    """
    if not correct:
        raise ValueError("expected at least one fraction")
    reference, *others = sorted(correct, reverse=True)
    steps: list[Step] = []
    smallest, reached = None, True
    for fraction in others:
        outcome = non_inferiority(correct[reference], correct[fraction], phrases, margin, look)
        steps.append(Step(fraction, outcome, reached))
        reached = reached and outcome.verdict.is_competitive
        smallest = fraction if reached else smallest
    return FixedSequence(reference, tuple(steps), smallest)
