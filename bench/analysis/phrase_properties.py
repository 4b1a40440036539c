"""Accuracy by what test phrases are like: where a prior and trained systems are right."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.analysis.evidence import Evidence
from bench.analysis.fraction import Fraction, label_of
from bench.analysis.phrase_strata import BINS, PhraseStrata, Property, phrase_strata
from bench.stats import Estimate, two_way_ratio
from bench.store.records import TrialKey
from bench.store.test_split import TestSplit


@dataclass(frozen=True)
class PropertyPoint:
    """How well a system does on the test phrases of one bin.

    Attributes:
        property: of the phrases.
        bin: one of its `BINS`.
        system: its name in the protocol.
        fraction: what it was trained on; None for a system that is not trained.
        subset: the amount of data in whose subsets heads were counted; None for any other property.
        phrases: test phrases of the bin; their mean over seeds, which a whole number need not be.
        accuracy: share of those phrases with the right box.
    """

    property: Property
    bin: str
    system: str
    fraction: Fraction | None
    subset: Fraction | None
    phrases: float
    accuracy: Estimate


def phrase_properties(evidence: Evidence, split: TestSplit | None) -> tuple[PropertyPoint, ...]:
    """Estimate the accuracy by property of the prior and of every trained system at its smallest and largest amount.

    Exploratory. By heads the prior is judged in the subsets of each of these amounts. Nothing without a description of
    the test split, or where it has other phrases than the trials answered.

    Args:
        evidence: of a run.
        split: what the run's folder holds of its test split; None where it holds nothing.
    """
    if split is None or len(split.phrases) != evidence.outcomes.test.phrases:
        return ()
    strata = phrase_strata(split)
    cells = ((name, cell) for name in BINS for cell in _cells(evidence, name))
    return tuple(point for name, cell in cells for point in _points(evidence, strata, name, cell))


@dataclass(frozen=True)
class _Cell:
    """A system, what it was trained on, and what the heads are counted in."""

    system: str
    fraction: Fraction | None
    subset: Fraction | None


def _cells(evidence: Evidence, name: Property) -> Iterator[_Cell]:
    ends = {system: _ends(evidence, system) for system in evidence.protocol.trained}
    prior = evidence.protocol.prior
    if prior is not None and evidence.outcomes.seeds(prior, label_of(None)):
        subsets = dict.fromkeys(fraction for own in ends.values() for fraction in own)
        yield from (_Cell(prior, None, subset) for subset in (subsets if name is Property.head else [None]))
    for system, own in ends.items():
        yield from (_Cell(system, fraction, fraction if name is Property.head else None) for fraction in own)


def _ends(evidence: Evidence, system: str) -> tuple[Fraction, ...]:
    """Return the smallest and the largest amount at which a system has a complete trial."""
    started = [own for label, own in evidence.fractions.items() if evidence.outcomes.seeds(system, label)]
    return tuple(dict.fromkeys((started[0], started[-1]))) if started else ()


def _points(evidence: Evidence, strata: PhraseStrata, name: Property, cell: _Cell) -> Iterator[PropertyPoint]:
    seeds = _seeds(evidence, cell)
    if cell.subset is None:
        bins = np.tile(strata.fixed[name], (len(seeds), 1))
    else:
        # A phrase's head is in one subset and not in another; its other properties are its own.
        subset_of, counted = evidence.protocol.design.subset_of, strata.seeds(cell.subset.label)
        seeds = [seed for seed in seeds if subset_of(seed) in counted]
        bins = strata.heads(cell.subset.label, map(subset_of, seeds))
    correct = _correct(evidence, cell, seeds)
    for place, label in enumerate(BINS[name]):
        member = bins == place
        if member.any():
            accuracy = two_way_ratio(
                *map(evidence.outcomes.test.by_image, (member * correct, member.astype(np.float64)))
            )
            phrases = float(member.sum(axis=1).mean())
            yield PropertyPoint(name, label, cell.system, cell.fraction, cell.subset, phrases, accuracy)


def _seeds(evidence: Evidence, cell: _Cell) -> Sequence[int]:
    """Return the seeds whose answers count; the one answer of what is not trained stands for every seed."""
    if cell.fraction is None:
        return range(max(2, evidence.protocol.independent_seeds))
    return evidence.outcomes.seeds(cell.system, cell.fraction.label)


def _correct(evidence: Evidence, cell: _Cell, seeds: Sequence[int]) -> NDArray[np.float64]:
    """Return how correct each answer is, (seeds, phrases) in [0, 1]."""
    of_seed = [0] * len(seeds) if cell.fraction is None else seeds
    return evidence.outcomes.correct([TrialKey(cell.system, label_of(cell.fraction), seed) for seed in of_seed])
