"""Where a trained system gains on an untrained one: by entity type, by what phrases are like, and phrase by phrase."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bench.analysis.evidence import Evidence
from bench.analysis.fraction import Fraction, label_of
from bench.analysis.phrase_strata import BINS, NO_BOX, phrase_strata
from bench.stats import Estimate, two_way_difference
from bench.store.ledger import Ledger
from bench.store.records import TrialKey
from bench.store.test_split import TestSplit
from sprm.corpus.box_matches import CORRECT_IOU

ENTITY_TYPE = "entity type"
"""The property that is not one of `Property`: a phrase may be of several types."""
CHANGED = 10
"""Phrases that are told on either side."""


@dataclass(frozen=True)
class GainWhere:
    """How far a trained system is above an untrained one on some of the test phrases.

    Attributes:
        property: `ENTITY_TYPE`, or the value of a `Property`.
        bin: an entity type, or one of the property's `BINS`.
        phrases: test phrases that count.
        fits: share of them for which some box would be right, in [0, 1]; NaN without a description of the test split.
        before: share of them that the untrained system has right, in [0, 1].
        difference: how far the trained system is above that, paired by seed and image; exploratory: its `p` is unused.
    """

    property: str
    bin: str
    phrases: int
    fits: float
    before: float
    difference: Estimate


@dataclass(frozen=True)
class ChangedPhrase:
    """Test phrases of the same words, and how many of them either system has right.

    Attributes:
        words: in lower case.
        phrases: how many test phrases have them.
        before: how many of these the untrained system has right.
        after: how many the trained one has right, the mean over its trainings.
    """

    words: str
    phrases: int
    before: float
    after: float

    @property
    def change(self) -> float:
        """Phrases more that the trained system has right; less than 0 where it loses."""
        return self.after - self.before


@dataclass(frozen=True)
class WhereGained:
    """Where one trained system gains on an untrained one, at the largest amount of data that it has.

    Attributes:
        system: the trained one, by its name in the protocol.
        rival: the untrained one.
        fraction: what the one was trained on.
        gains: by entity type, the most frequent first, then by property.
        helped: the words on which the trained system gains most, most first; at most `CHANGED`.
        hurt: those on which it loses most, most first.
    """

    system: str
    rival: str
    fraction: Fraction
    gains: tuple[GainWhere, ...]
    helped: tuple[ChangedPhrase, ...]
    hurt: tuple[ChangedPhrase, ...]


def where_gained(evidence: Evidence, split: TestSplit | None, ledger: Ledger) -> tuple[WhereGained, ...]:
    """Tell it of each pair of a trained and an untrained system that a claim compares, in the order of the claims.

    The untrained system need not be what the other's training started from. Exploratory: nothing of it was fixed
    beforehand, and the words are chosen by what became of them.

    Args:
        evidence: of a run.
        split: what the run's folder holds of its test split; without it, or where it has other phrases than the trials
            answered, there are entity types alone.
        ledger: of the run; it has the words of the phrases.
    """
    return tuple(own for pair in _pairs(evidence) if (own := _of(*pair, evidence, split, ledger)) is not None)


def _pairs(evidence: Evidence) -> list[tuple[str, str]]:
    trained = evidence.protocol.trained
    both = [claim.systems for claim in evidence.protocol.claims if len(claim.systems) == 2]
    return [(system, rival) for system, rival in dict.fromkeys(both) if system in trained and rival not in trained]


def _of(system: str, rival: str, evidence: Evidence, split: TestSplit | None, ledger: Ledger) -> WhereGained | None:
    outcomes, seeded = evidence.outcomes, rival in evidence.protocol.seeded
    amounts = {own: outcomes.seeds(system, label) for label, own in evidence.fractions.items()}
    finished = [own for own, seeds in amounts.items() if seeds]
    if not finished:
        return None
    fraction = finished[-1]
    there = set(outcomes.seeds(rival, label_of(None)))
    seeds = [seed for seed in amounts[fraction] if (seed if seeded else 0) in there]
    if not seeds:
        return None
    ours = outcomes.correct([TrialKey(system, fraction.label, seed) for seed in seeds])
    theirs = outcomes.correct([TrialKey(rival, label_of(None), seed if seeded else 0) for seed in seeds])
    gains = []
    split = split if split is not None and len(split.phrases) == outcomes.test.phrases else None
    fits = np.full(outcomes.test.phrases, np.nan) if split is None else split.phrases["best_iou"] >= CORRECT_IOU
    for name, label, member in _members(evidence, split):
        after, before = (outcomes.test.by_image(rows * member) for rows in (ours, theirs))
        (phrases,) = outcomes.test.by_image(member[None].astype(np.float64))
        difference = two_way_difference(after, before, phrases)
        shares = float(np.asarray(fits)[member].mean()), float(theirs[:, member].mean())
        gains.append(GainWhere(name, label, int(member.sum()), *shares, difference))
    helped, hurt = _changed(_words(ledger, TrialKey(system, fraction.label, seeds[0])), theirs, ours)
    return WhereGained(system, rival, fraction, tuple(gains), helped, hurt)


def _members(evidence: Evidence, split: TestSplit | None) -> Iterator[tuple[str, str, NDArray[np.bool_]]]:
    """Yield each bin with the phrases in it, (phrases,), but for those without any phrase or any box that fits."""
    test = evidence.outcomes.test
    yield from ((ENTITY_TYPE, name, member) for name, member in test.members.items())
    if split is None:
        return
    for name, bins in phrase_strata(split).fixed.items():
        for place, label in enumerate(BINS[name]):
            if label != NO_BOX and (member := bins == place).any():
                yield name.value, label, member


def _words(ledger: Ledger, key: TrialKey) -> pd.Series:
    return ledger.items(key)["phrase"].str.lower()


def _changed(
    words: pd.Series, before: NDArray[np.float64], after: NDArray[np.float64]
) -> tuple[tuple[ChangedPhrase, ...], tuple[ChangedPhrase, ...]]:
    """Return the words that training helps most and those that it hurts most."""
    means = pd.DataFrame({"words": words.to_numpy(), "before": before.mean(axis=0), "after": after.mean(axis=0)})
    sums = means.groupby("words").agg(phrases=("words", "size"), before=("before", "sum"), after=("after", "sum"))
    counted = zip(sums["phrases"].tolist(), sums["before"].tolist(), sums["after"].tolist(), strict=True)
    each = [ChangedPhrase(str(own), *numbers) for own, numbers in zip(sums.index, counted, strict=True)]
    # Groups come in the order of their words, which settles what changes alike.
    by_change = sorted(each, key=lambda own: -own.change)
    helped = [own for own in by_change[:CHANGED] if own.change > 0]
    hurt = [own for own in sorted(each, key=lambda own: own.change)[:CHANGED] if own.change < 0]
    return tuple(helped), tuple(hurt)
