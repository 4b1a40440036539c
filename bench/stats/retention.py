"""How much of the gain over the untrained prior is left when there is less training data."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bench.stats.bootstrap import DRAWS, BootstrapInterval, crossed_bootstrap
from bench.stats.two_way import Estimate, two_way_difference


class RetentionStatus(StrEnum):
    """Whether there is a gain to keep a share of."""

    defined = "defined"
    """There is."""
    no_gain = "no gain"
    """Training on everything is not shown to beat the prior: the 95 % interval of the gain reaches 0."""
    gain_unknown = "gain unknown"
    """The gain has no interval; its status says why."""


@dataclass(frozen=True)
class Retention:
    """The share of a gain that is kept.

    Attributes:
        status: whether the share is defined.
        gain: accuracy after training on everything minus that of the prior, with its 95 % interval.
        share: the share kept, with its 95 % interval over new images and new trainings; below 0 when worse than
            the prior, above 1 when better than all the data. None when not defined.
    """

    status: RetentionStatus
    gain: Estimate
    share: BootstrapInterval | None


def retention(
    correct_fraction: ArrayLike,
    correct_full: ArrayLike,
    correct_prior: ArrayLike,
    phrases: ArrayLike,
    rng: np.random.Generator,
    count: int = DRAWS,
) -> Retention:
    """Estimate the share of the gain over the prior that a fraction of the data keeps.

    (acc_fraction - acc_prior) / (acc_full - acc_prior), with the percentile interval of `crossed_bootstrap`. It is
    left undefined when the interval of the denominator, by `two_way_difference`, reaches 0: the ratio then has no
    bounded interval (Fieller, 1954).

    Args:
        correct_fraction: (seeds, images) phrases answered correctly after training on the fraction.
        correct_full: (seeds, images) the same after training on everything.
        correct_prior: (seeds, images) the same for the prior; one row repeated when it does not depend on the seed.
        phrases: (images,) phrases in each image.
        rng: where the draws come from.
        count: number of draws.

    Raises:
        ValueError: the shapes do not fit, or a number of phrases is negative.
    """
    gain = two_way_difference(correct_full, correct_prior, phrases)
    if not gain.status.has_interval:
        return Retention(RetentionStatus.gain_unknown, gain, None)
    if gain.low <= 0:
        return Retention(RetentionStatus.no_gain, gain, None)
    systems = [correct_fraction, correct_full, correct_prior]
    return Retention(RetentionStatus.defined, gain, crossed_bootstrap(_share_kept, systems, phrases, rng, count))


def _share_kept(accuracy: NDArray[np.float64]) -> NDArray[np.float64]:
    fraction, full, prior = accuracy.T
    share: NDArray[np.float64] = (fraction - prior) / (full - prior)
    return share
