"""What test phrases are like: boxes alike, length, target size, and how well detector and subset know their head."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bench.store.test_split import TestSplit
from sprm.corpus.box_matches import CORRECT_IOU

NO_BIN = -1
"""Of a phrase that has not the property."""


class Property(StrEnum):
    """A property of a phrase."""

    same_label = "same-label boxes"
    """How many boxes of the image share the label of the box that covers the target best, that box included."""
    words = "words"
    """Words of the phrase."""
    size = "target size"
    """Share of the image's area that the target has."""
    noun = "noun in the label set"
    """Whether the detector has a label with the phrase's head."""
    head = "head in the subset"
    """How many phrases of the training subset have the phrase's head."""


NO_BOX = "no box fits"
BINS: dict[Property, tuple[str, ...]] = {
    Property.same_label: ("1", "2", "3", "4", "5+", NO_BOX),
    Property.words: ("1", "2", "3", "4", "5+"),
    Property.size: ("< 1 %", "1–5 %", "5–15 %", "15–40 %", "≥ 40 %"),
    Property.noun: ("no", "yes"),
    Property.head: ("0", "1–9", "10–99", "100–999", "1,000+"),
}
"""By property, its bins, which are the same for every run."""
SIZES = (0.01, 0.05, 0.15, 0.4)
"""Shares of the image's area at which a bin of target sizes ends and the next begins."""
COUNTS = (1, 10, 100, 1000)
"""Phrases of a subset at which a bin of heads ends and the next begins."""


@dataclass(frozen=True, eq=False)
class PhraseStrata:
    """The bin of each test phrase, as its place in `BINS`; `NO_BIN` where it has none.

    Attributes:
        fixed: by property but `head`, (phrases,).
        split: what the heads are looked up in.
    """

    fixed: dict[Property, NDArray[np.int64]]
    split: TestSplit

    def seeds(self, fraction: str) -> frozenset[int]:
        """Return the seeds in whose subsets of a fraction heads were counted."""
        return frozenset(subset.seed for subset in self.split.index.subsets if subset.fraction == fraction)

    def heads(self, fraction: str, seeds: Iterable[int]) -> NDArray[np.int64]:
        """Return the bins of the phrases' heads in the subsets of some seeds, (seeds, phrases).

        Args:
            fraction: label of the subsets.
            seeds: which of them.
        """
        heads, phrases = self.split.heads, self.split.phrases["head"]
        of_fraction = heads[heads["fraction"] == fraction]
        rows = []
        for seed in seeds:
            own = of_fraction[of_fraction["seed"] == seed]
            counts = phrases.map(pd.Series(own["phrases"].to_numpy(), index=own["head"])).fillna(0).to_numpy()
            rows.append(np.where(phrases == "", NO_BIN, np.digitize(counts, COUNTS)))
        return np.array(rows, dtype=np.int64).reshape(len(rows), len(phrases))


def phrase_strata(split: TestSplit) -> PhraseStrata:
    """Describe the phrases of a test split."""
    words = split.phrases["words"].to_numpy()
    fixed = {
        Property.same_label: _same_label(split),
        Property.words: np.clip(words, 1, len(BINS[Property.words])).astype(np.int64) - 1,
        Property.size: np.digitize(split.phrases["area"].to_numpy(), SIZES).astype(np.int64),
        Property.noun: np.where(split.phrases["head"] == "", NO_BIN, split.phrases["in_labels"]).astype(np.int64),
    }
    return PhraseStrata(fixed, split)


def _same_label(split: TestSplit) -> NDArray[np.int64]:
    """Return the bins of the boxes that share the label of the best one, (phrases,)."""
    most = BINS[Property.same_label].index(NO_BOX)
    bins: NDArray[np.int64] = np.minimum(split.phrases["same_label"].to_numpy(), most).astype(np.int64) - 1
    return np.where(split.phrases["best_iou"].to_numpy() >= CORRECT_IOU, bins, most)
