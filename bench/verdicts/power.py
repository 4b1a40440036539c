"""What a comparison of this size can show, and how many seeds would show what a claim asks for."""

from __future__ import annotations

from dataclasses import dataclass
from math import nan

from bench.stats import (
    DetectableEffect,
    Look,
    SeedsNeeded,
    SeedsStatus,
    VarianceComponents,
    minimum_detectable_effect,
    seeds_needed,
)
from bench.stats.outcomes.group_sequential import ONCE
from bench.stats.outcomes.two_way import LEVEL


def two_sided(family: int) -> float:
    """Return the one-sided risk of a two-sided test that shares the level with others, as Holm's first step does."""
    return LEVEL / 2 / family


@dataclass(frozen=True)
class Power:
    """The power of one comparison.

    Attributes:
        detectable: the smallest effect that it shows with 80 % power, in shares of accuracy.
        effect: the effect that would settle the claim if it holds as stated, in shares of accuracy; NaN when the
            claim does not imply one.
        needed: the seeds that show `effect` with 80 % power on these images.
        alpha: one-sided risk of the test, at its look of a plan.
    """

    detectable: DetectableEffect
    effect: float
    needed: SeedsNeeded
    alpha: float


def power_of(
    components: VarianceComponents, seeds: int, images: int, alpha: float, effect: float, look: Look = ONCE
) -> Power:
    """Find what a comparison can show.

    The seeds that it takes are those of a plan that ends with them, so they are tested at the level of its last look.

    Args:
        components: of the difference that is tested.
        seeds: trainings of each system.
        images: test images.
        alpha: one-sided risk of the test, over all looks of a plan.
        effect: distance from the margin that the claim implies, as a share; NaN or not above 0 when there is none.
        look: at which the comparison is tested.
    """
    nominal = look.level(alpha)
    detectable = minimum_detectable_effect(components, max(seeds, 1), max(images, 1), alpha, look=look)
    if effect > 0:
        needed = seeds_needed(components, max(images, 1), effect, look.last.level(alpha))
        return Power(detectable, effect, needed, nominal)
    return Power(detectable, nan, SeedsNeeded(None, nan, SeedsStatus.unknown), nominal)
