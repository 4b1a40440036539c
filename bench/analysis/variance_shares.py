"""Where the variance of a reported accuracy comes from, and so what would narrow its interval: seeds or images."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

from bench.analysis.evidence import Evidence
from bench.analysis.fraction import Fraction
from bench.stats import Status, variance_components


@dataclass(frozen=True)
class VarianceShares:
    """The variance of a mean accuracy over seeds and test images, by where it comes from; all in [0, 1] squared.

    Attributes:
        system: its name in the protocol.
        fraction: the amount of data that it was trained on.
        seeds: trainings that entered.
        images: test images with a phrase.
        by_seed: part that more seeds would lessen: the variance between trainings over the number of seeds.
        by_image: part that more test images would lessen: the variance between images over their number.
        by_both: part that either would lessen: what is left, over the number of pairs of both.
    """

    system: str
    fraction: Fraction
    seeds: int
    images: int
    by_seed: float
    by_image: float
    by_both: float

    @property
    def total(self) -> float:
        """Variance of the mean."""
        return self.by_seed + self.by_image + self.by_both

    @property
    def standard_error(self) -> float:
        """Of the mean accuracy, by these components, in [0, 1]."""
        return sqrt(self.total)

    @property
    def shares(self) -> tuple[float, float, float]:
        """Of seeds, of images and of both together, which sum to 1."""
        return self.by_seed / self.total, self.by_image / self.total, self.by_both / self.total


def variance_shares(evidence: Evidence) -> tuple[VarianceShares, ...]:
    """Split the variance of the accuracy of every trained system at every amount of data.

    The accuracy of K seeds on I images has the variance s^2 / K + i^2 / I + r^2 / (K I), with the components s, i and
    r of seeds, images and what is left, as `variance_components` estimates them. A cell with one seed, whose parts
    cannot be told apart, is left out, and so is one without any spread.
    """
    cells = [(name, fraction) for name in evidence.protocol.trained for fraction in evidence.fractions.values()]
    found = (_shares(evidence, name, fraction) for name, fraction in cells)
    return tuple(own for own in found if own is not None)


def _shares(evidence: Evidence, system: str, fraction: Fraction) -> VarianceShares | None:
    seeds = evidence.outcomes.seeds(system, fraction.label)
    parts = variance_components(evidence.counts(system, fraction, seeds), evidence.phrases)
    if parts.status not in (Status.ok, Status.identical_seeds):
        return None
    images = int((evidence.phrases > 0).sum())
    own = VarianceShares(
        system=system,
        fraction=fraction,
        seeds=len(seeds),
        images=images,
        by_seed=parts.seed**2 / len(seeds),
        by_image=parts.image**2 / images,
        by_both=parts.interaction**2 / (len(seeds) * images),
    )
    return own if own.total > 0 else None
