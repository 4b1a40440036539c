"""What a study of given size can show, and the size it takes to show a given effect.

The seeds of a comparison are bought; its images are those of the test set. So there is a floor: the effect that
endless seeds would still not show on these images.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from enum import StrEnum
from math import nan, sqrt

import scipy

from bench.stats.outcomes.components import VarianceComponents
from bench.stats.outcomes.group_sequential import ONCE, Look
from bench.stats.outcomes.non_inferiority import ALPHA
from bench.stats.outcomes.status import Status
from bench.stats.outcomes.two_way import NO_SPREAD, degrees_of_freedom

POWER = 0.8
"""Chance of showing an effect of the size in question."""
MOST_SEEDS = 2**20
"""As good as endless."""


@dataclass(frozen=True)
class DetectableEffect:
    """The smallest effect a study can be expected to show. Fields that `status` rules out are NaN.

    Attributes:
        effect: distance between the true difference and the value tested against (0, or a margin), as a share.
        se: standard error to be expected.
        df: degrees of freedom to be expected.
        status: `ok`, or why nothing can be said: `one seed` and `one image` allow no test, `constant` components
            leave no spread to go by, `nan` ones are unknown.
    """

    effect: float
    se: float
    df: float
    status: Status


class SeedsStatus(StrEnum):
    """Whether there is a number of seeds that suffices."""

    found = "found"
    """There is."""
    images_too_few = "images too few"
    """There is none: on so few images, not even endless seeds show an effect of this size."""
    unknown = "unknown"
    """The components are not known, or there is no spread to go by."""


@dataclass(frozen=True)
class SeedsNeeded:
    """The seeds it takes.

    Attributes:
        seeds: the smallest number that suffices, at least 2; None when none does.
        floor: the effect that endless seeds could show on these images, as a share; NaN when unknown.
        status: whether there is an answer.
    """

    seeds: int | None
    floor: float
    status: SeedsStatus


def minimum_detectable_effect(
    components: VarianceComponents,
    seeds: int,
    images: int,
    alpha: float = ALPHA,
    power: float = POWER,
    look: Look = ONCE,
) -> DetectableEffect:
    """Find the smallest effect that a comparison of K seeds on I images shows with a given chance.

    With s, i and r the standard deviations of seeds, images and interaction, of the *difference* of two systems:
    V_s = s^2 / K + r^2 / (K I), V_i = i^2 / I + r^2 / (K I), SE^2 = s^2 / K + i^2 / I + r^2 / (K I), df =
    SE^4 / (V_s^2 / (K-1) + V_i^2 / (I-1)), which are what `two_way_difference` is to expect. The effect is c SE, with
    c the noncentrality at which Student's t with df exceeds its critical value with the chance `power`; with many
    degrees of freedom c = z_(1-alpha) + z_power. Two systems whose trainings vary by sd each, independently, have
    s = sqrt(2) sd, which gives the rule of thumb K = 2 c^2 sd^2 / effect^2 where images play no part.

    Args:
        components: of the difference, from `variance_components` of a pilot or stated.
        seeds: trainings of each system.
        images: test images.
        alpha: one-sided risk, in (0, 0.5); that of `non_inferiority` by default. For a two-sided test, half its level.
        power: chance of showing the effect, in [0.5, 1).
        look: of a plan, at whose nominal level it is tested; `alpha` is the risk over all looks.

    Raises:
        ValueError: a number of seeds or images below 1, a negative component, or a risk or chance out of range.
    """
    if seeds < 1 or images < 1:
        raise ValueError(f"expected at least one seed and one image, got {seeds} and {images}")
    _check(components, alpha, power)
    status = _status(components, seeds, images)
    if status is not Status.ok:
        return DetectableEffect(nan, nan, nan, status)
    se, df = _to_expect(components, seeds, images, look)
    critical = float(scipy.stats.t.ppf(1 - look.level(alpha), df))
    return DetectableEffect(float(scipy.special.nctdtrinc(df, 1 - power, critical)) * se, se, df, Status.ok)


def seeds_needed(
    components: VarianceComponents, images: int, margin: float, alpha: float = ALPHA, power: float = POWER
) -> SeedsNeeded:
    """Find the number of seeds that shows an effect as large as a margin with a given chance.

    The smallest K at which `minimum_detectable_effect` is at most the margin. No K is enough when c i / sqrt(I), the
    effect that endless seeds show, is more than that: then only more images help. From about ten images on the effect
    falls with every seed; with fewer, the degrees of freedom can outweigh it and the answer is a rough one.

    Args:
        components: of the difference, from `variance_components` of a pilot or stated.
        images: test images.
        margin: effect to be shown, as a share above 0; for `non_inferiority`, the margin less the loss expected.
        alpha: one-sided risk, in (0, 0.5). For a two-sided test, half its level.
        power: chance of showing the effect, in [0.5, 1).

    Raises:
        ValueError: the margin is not above 0, or as for `minimum_detectable_effect`.
    """
    if not margin > 0:
        raise ValueError(f"expected a margin above 0, got {margin}")
    endless = minimum_detectable_effect(components, MOST_SEEDS, images, alpha, power)
    if endless.status is not Status.ok:
        return SeedsNeeded(None, nan, SeedsStatus.unknown)
    if endless.effect > margin:
        return SeedsNeeded(None, endless.effect, SeedsStatus.images_too_few)
    candidates = range(2, MOST_SEEDS + 1)
    place = bisect_left(
        candidates, True, key=lambda k: minimum_detectable_effect(components, k, images, alpha, power).effect <= margin
    )
    return SeedsNeeded(candidates[place], endless.effect, SeedsStatus.found)


def _check(components: VarianceComponents, alpha: float, power: float) -> None:
    if min(components.seed, components.image, components.interaction) < 0:
        raise ValueError("a standard deviation cannot be negative")
    if not 0 < alpha < 0.5:
        raise ValueError(f"expected a one-sided risk in (0, 0.5), got {alpha}")
    if not 0.5 <= power < 1:
        raise ValueError(f"expected a power in [0.5, 1), got {power}")


def _status(components: VarianceComponents, seeds: int, images: int) -> Status:
    if components.status is not Status.ok:
        return components.status
    spread = components.seed + components.image + components.interaction
    if spread != spread:
        return Status.nan
    if spread < NO_SPREAD:
        return Status.constant
    if images == 1:
        return Status.one_image
    return Status.one_seed if seeds == 1 else Status.ok


def _to_expect(components: VarianceComponents, seeds: int, images: int, look: Look) -> tuple[float, float]:
    """Return the standard error and the degrees of freedom that `two_way_difference` is to expect."""
    shared = components.interaction**2 / (seeds * images)
    by_seed, by_image = components.seed**2 / seeds + shared, components.image**2 / images + shared
    variance = by_seed + by_image - shared
    return sqrt(variance), degrees_of_freedom(variance, by_seed, by_image, seeds, images, cautious=not look.is_last)
