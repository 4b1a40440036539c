"""Where the variance of a reported accuracy comes from, and so what would narrow its interval: seeds or images."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

from bench.analysis.evidence import Evidence
from bench.analysis.fraction import Fraction
from bench.analysis.outcomes import Outcomes
from bench.stats import Status, crossed_components, variance_components


@dataclass(frozen=True)
class SeedParts:
    """What the part of the seeds in the variance of a mean accuracy is made of, where seeds are crossed.

    Attributes:
        subsets: draws of training images that the estimates rest on.
        initialisations: draws of initial weights and batch orders that they rest on.
        by_subset: the variance between subsets over the number of seeds.
        by_initialisation: that between initialisations over it.
        by_pair: that of what a subset and an initialisation have together beyond both, over it.
    """

    subsets: int
    initialisations: int
    by_subset: float
    by_initialisation: float
    by_pair: float


@dataclass(frozen=True)
class VarianceShares:
    """The variance of a mean accuracy over seeds and test images, by where it comes from; all in [0, 1] squared.

    Attributes:
        system: its name in the protocol.
        fraction: the amount of data that it was trained on.
        seeds: trainings that the accuracy is the mean of.
        images: test images with a phrase.
        by_seed: part that more seeds would lessen: the variance between trainings over the number of seeds.
        by_image: part that more test images would lessen: the variance between images over their number.
        by_both: part that either would lessen: what is left, over the number of pairs of both.
        of_seeds: what `by_seed` is the sum of; None where seeds are not crossed.
    """

    system: str
    fraction: Fraction
    seeds: int
    images: int
    by_seed: float
    by_image: float
    by_both: float
    of_seeds: SeedParts | None = None

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

    @property
    def finest(self) -> tuple[float, ...]:
        """The same shares, that of crossed seeds in its three parts: of subsets, initialisations and pairs of them."""
        own, (by_seed, by_image, by_both) = self.of_seeds, self.shares
        parts = (own.by_subset, own.by_initialisation, own.by_pair) if own is not None else ()
        return (*((part / self.total for part in parts) if parts else (by_seed,)), by_image, by_both)


def variance_shares(evidence: Evidence) -> tuple[VarianceShares, ...]:
    """Split the variance of the accuracy of every trained system at every amount of data.

    The accuracy of K seeds on I images has the variance s^2 / K + i^2 / I + r^2 / (K I), with the components s, i and
    r of seeds, images and what is left, as `variance_components` estimates them. A cell with one seed, whose parts
    cannot be told apart, is left out, and so is one without any spread.

    Where seeds are crossed, the accuracy is the mean of the K trainings of which no two share a subset or an
    initialisation, so that s^2 is the sum of the components of subsets, initialisations and their pairs. All trainings
    serve to estimate the components, as `crossed_components` does; a cell of which one is missing is left out.
    """
    cells = [(name, fraction) for name in evidence.protocol.trained for fraction in evidence.fractions.values()]
    found = (_shares(evidence, name, fraction) for name, fraction in cells)
    return tuple(own for own in found if own is not None)


def _shares(evidence: Evidence, system: str, fraction: Fraction) -> VarianceShares | None:
    if evidence.crossed is not None:
        return _crossed_shares(evidence, evidence.crossed, system, fraction)
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


def _crossed_shares(evidence: Evidence, outcomes: Outcomes, system: str, fraction: Fraction) -> VarianceShares | None:
    design = evidence.protocol.design
    counts = outcomes.counts(system, fraction.label, range(design.trainings))
    grid = counts.reshape(design.subsets, design.initialisations, -1)
    # A missing training is not a number, and neither is what is estimated then.
    parts = crossed_components(grid, evidence.phrases)
    if parts.status not in (Status.ok, Status.identical_seeds):
        return None
    seeds, images = len(design.independent), int((evidence.phrases > 0).sum())
    of_seeds = SeedParts(
        subsets=design.subsets,
        initialisations=design.initialisations,
        by_subset=parts.subset**2 / seeds,
        by_initialisation=parts.initialisation**2 / seeds,
        by_pair=parts.pair**2 / seeds,
    )
    own = VarianceShares(
        system=system,
        fraction=fraction,
        seeds=seeds,
        images=images,
        by_seed=of_seeds.by_subset + of_seeds.by_initialisation + of_seeds.by_pair,
        by_image=parts.image**2 / images,
        by_both=parts.rest**2 / (seeds * images),
        of_seeds=of_seeds,
    )
    return own if own.total > 0 else None
