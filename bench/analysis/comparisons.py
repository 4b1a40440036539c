"""Which differences a report tests: in families, each of which is read at one level."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import combinations, pairwise
from math import nan

import numpy as np

from bench.analysis.evidence import Evidence
from bench.analysis.fraction import Fraction, label_of
from bench.stats import (
    Estimate,
    Improvement,
    benjamini_hochberg,
    cohens_h,
    holm,
    probability_of_improvement,
    sign_flip_test,
    two_way_difference,
)
from bench.systems.system import Role
from sprm.seeding import generator

FLIPS = 1_999
"""Sign flips of a comparison: the smallest p-value, 2 in 2,000, is below 5 % in a family of fewer than fifty."""


class Family(StrEnum):
    """Hypotheses that are read together."""

    gains = "each amount of data against the prior"
    other_gains = "each amount of data against another prior"
    neighbours = "neighbouring amounts of data"
    between_systems = "system against system"
    type_gains = "entity types against the prior"

    @property
    def is_exploratory(self) -> bool:
        """Whether the family was not fixed beforehand, so that it suggests and shows nothing."""
        return self is Family.type_gains

    @property
    def correction(self) -> str:
        """Whose method adjusts the p-values: Holm's holds for the whole family, the other on average over findings."""
        return "Benjamini-Hochberg" if self.is_exploratory else "Holm"


@dataclass(frozen=True)
class Pair:
    """Two cells of a study, to be compared.

    Attributes:
        system: the one system, which is trained.
        fraction: what it was trained on.
        rival: the other system; of neighbouring amounts of data the same.
        rival_fraction: what the other was trained on; None when it is not trained.
        entity_type: the phrases that count; None for all of them.
    """

    system: str
    fraction: Fraction
    rival: str
    rival_fraction: Fraction | None
    entity_type: str | None


@dataclass(frozen=True)
class Comparison(Pair):
    """Two cells, compared.

    Attributes:
        phrases: test phrases that count.
        difference: accuracy of the one minus that of the other, paired by seed and image; its `p` is unadjusted.
        p_adjusted: that p, adjusted over the family; NaN when there is none.
        p_fixed: two-sided, of the hypothesis that these very models are equally good on new images, by sign flips of
            whole images; says nothing of new trainings. NaN without a test, and in an exploratory family.
        p_fixed_adjusted: the same, adjusted over the family.
        cohens_h: the difference on the arcsine scale.
        improvement: how often a training of the one beats one of the other; describes these and tests nothing.
        family: what the comparison belongs to.
        family_size: hypotheses that the p-values are adjusted for: in an exploratory family those that could be
            tested, in any other all that the protocol names.
    """

    phrases: int
    difference: Estimate
    p_adjusted: float
    p_fixed: float
    p_fixed_adjusted: float
    cohens_h: float
    improvement: Improvement
    family: Family
    family_size: int

    @property
    def added_images(self) -> int:
        """How many more training images the one has than the other, which is trained, too."""
        assert self.rival_fraction is not None
        return self.fraction.images - self.rival_fraction.images

    @property
    def per_added_image(self) -> float:
        """Difference for each image more, as a share of accuracy; NaN where both have as many."""
        return self.difference.estimate / self.added_images if self.added_images else nan


def gains(evidence: Evidence) -> tuple[Comparison, ...]:
    """Compare every trained system at every amount of data with the prior.

    In this family and the next two a pair without a seed that is complete on both sides keeps its place and is left
    out of the answer. Without a prior there is nothing to compare with, and the answer is empty.
    """
    prior = _complete_prior(evidence)
    if prior is None:
        return ()
    return _gains_over(prior, Family.gains, evidence)


def other_gains(evidence: Evidence) -> tuple[Comparison, ...]:
    """Compare every trained system at every amount of data with each other prior that the protocol has.

    Each of those priors has a family of its own; one without a complete trial is left out.
    """
    others = [
        name
        for name, system in evidence.protocol.systems.items()
        if system.stands_for is Role.prior and name != evidence.protocol.prior
    ]
    return tuple(
        gain
        for other in others
        if evidence.outcomes.seeds(other, label_of(None))
        for gain in _gains_over(other, Family.other_gains, evidence)
    )


def _gains_over(prior: str, family: Family, evidence: Evidence) -> tuple[Comparison, ...]:
    pairs = [
        Pair(system, fraction, prior, None, None)
        for system in evidence.protocol.trained
        for fraction in evidence.fractions.values()
    ]
    return _compared(family, pairs, evidence)


def neighbours(evidence: Evidence) -> tuple[Comparison, ...]:
    """Compare every trained system at each amount of data but the smallest with itself at the next smaller one."""
    steps = list(pairwise(evidence.fractions.values()))
    pairs = [Pair(system, more, system, less, None) for system in evidence.protocol.trained for less, more in steps]
    return _compared(Family.neighbours, pairs, evidence)


def between_systems(evidence: Evidence) -> tuple[Comparison, ...]:
    """Compare every two trained systems at every amount of data, the one named first in the protocol with the other."""
    both = combinations(evidence.protocol.trained, 2)
    pairs = [
        Pair(system, fraction, rival, fraction, None)
        for system, rival in both
        for fraction in evidence.fractions.values()
    ]
    return _compared(Family.between_systems, pairs, evidence)


def type_gains(evidence: Evidence) -> tuple[Comparison, ...]:
    """Compare every trained system at every amount of data with the prior, on the phrases of each entity type alone.

    Exploratory, the most frequent type first; what cannot be tested is no part of the family.
    """
    prior = _complete_prior(evidence)
    if prior is None:
        return ()
    cells = [(system, fraction) for system in evidence.protocol.trained for fraction in evidence.fractions.values()]
    pairs = [Pair(*cell, prior, None, entity_type) for entity_type in evidence.outcomes.test.members for cell in cells]
    return _compared(Family.type_gains, pairs, evidence)


def _complete_prior(evidence: Evidence) -> str | None:
    prior = evidence.protocol.prior
    return prior if prior is not None and evidence.outcomes.seeds(prior, label_of(None)) else None


def _compared(family: Family, pairs: Sequence[Pair], evidence: Evidence) -> tuple[Comparison, ...]:
    """Compare each pair that has a seed in common, and adjust the p-values over the family."""
    comparisons = [_compare(family, pair, seeds, evidence) for pair in pairs if (seeds := _seeds(pair, evidence))]
    without = [nan] * (len(pairs) - len(comparisons))
    p = [comparison.difference.p for comparison in comparisons] + without
    p_fixed = [comparison.p_fixed for comparison in comparisons] + without
    adjust = benjamini_hochberg if family.is_exploratory else holm
    size = int(np.isfinite(p).sum()) if family.is_exploratory else len(pairs)
    return tuple(
        replace(comparison, p_adjusted=float(adjusted), p_fixed_adjusted=float(fixed), family_size=size)
        for comparison, adjusted, fixed in zip(comparisons, adjust(p), adjust(p_fixed), strict=False)
    )


def _compare(family: Family, pair: Pair, seeds: tuple[int, ...], evidence: Evidence) -> Comparison:
    """Compare two cells; what concerns the family is added by `_compared`."""
    phrases = evidence.outcomes.test.sizes(pair.entity_type)
    ours = evidence.counts(pair.system, pair.fraction, seeds, entity_type=pair.entity_type)
    theirs = evidence.counts(pair.rival, pair.rival_fraction, seeds, entity_type=pair.entity_type)
    of_ours, of_theirs = ours.sum(axis=1) / phrases.sum(), theirs.sum(axis=1) / phrases.sum()
    return Comparison(
        **vars(pair),
        phrases=int(phrases.sum()),
        difference=two_way_difference(ours, theirs, phrases),
        p_adjusted=nan,
        p_fixed=nan if family.is_exploratory else sign_flip_test(ours, theirs, phrases, _flips(pair), FLIPS).p,
        p_fixed_adjusted=nan,
        cohens_h=cohens_h(float(of_ours.mean()), float(of_theirs.mean())),
        # What has one trial is one training, however often its row is repeated.
        improvement=probability_of_improvement(
            of_ours, of_theirs if _is_seeded(pair.rival, evidence) else of_theirs[:1]
        ),
        family=family,
        family_size=0,
    )


def _seeds(pair: Pair, evidence: Evidence) -> tuple[int, ...]:
    """Return the seeds that are complete on both sides, ascending; what has one trial has every seed."""
    seeds = evidence.outcomes.seeds(pair.system, pair.fraction.label)
    if not _is_seeded(pair.rival, evidence):
        return seeds
    both = set(seeds) & set(evidence.outcomes.seeds(pair.rival, label_of(pair.rival_fraction)))
    return tuple(sorted(both))


def _is_seeded(system: str, evidence: Evidence) -> bool:
    return system in evidence.protocol.seeded


def _flips(pair: Pair) -> np.random.Generator:
    """Return the source of a comparison's flips, which no other comparison shifts."""
    cell, rival = (pair.system, pair.fraction.label), (pair.rival, label_of(pair.rival_fraction))
    return generator("report", "sign flips", *cell, *rival)
