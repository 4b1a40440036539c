"""What a system says of every box for every phrase, and the boxes that it says most of."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

import numpy as np
from numpy.typing import NDArray


class ScoresAre(StrEnum):
    """What scores are beside an order of an image's boxes; decides what the confidence of an answer is."""

    probabilities = "probabilities"
    """A distribution over the boxes of the image, but for a factor."""
    logits = "logits"
    """Logarithms of such a distribution, but for a summand: a softmax makes them one."""
    ranks = "ranks"
    """Nothing else."""


@dataclass(frozen=True)
class Scores:
    """A number for every box of a phrase's image. Packed: phrase p has `offsets[p]:offsets[p + 1]`.

    Attributes:
        values: (n,) the scores, finite; within a phrase, more is better, and what they mean is the system's own matter.
        offsets: (phrases + 1,).
    """

    values: NDArray[np.floating]
    offsets: NDArray[np.int64]

    @cached_property
    def _descending(self) -> NDArray[np.floating]:
        """The scores of each phrase, the highest first."""
        phrase = np.repeat(np.arange(len(self.offsets) - 1), np.diff(self.offsets))
        descending: NDArray[np.floating] = self.values[np.lexsort((-self.values, phrase))]
        return descending

    @cached_property
    def highest(self) -> Highest:
        """The boxes with the highest score of each phrase."""
        top = self.top(1)
        best = self.values[top.at[np.cumsum(top.tied) - top.tied]]
        return Highest(top.at - np.repeat(self.offsets[:-1], top.tied), top.tied, best.astype(np.float32))

    def top(self, boxes: int) -> Top:
        """Return the boxes that stand among so many with the highest scores of each phrase, surely or by a tie.

        Args:
            boxes: how many, at least 1; of a phrase with fewer, all of its boxes.
        """
        begin, counts = self.offsets[:-1], np.diff(self.offsets)
        asked = np.minimum(boxes, counts)
        last = self._descending[begin + asked - 1] if boxes > 1 else np.maximum.reduceat(self.values, begin)
        border = np.repeat(last, counts)
        above, tied = self.values > border, self.values == border
        places = asked - np.add.reduceat(above, begin, dtype=np.int64)
        return Top(above, np.flatnonzero(tied), np.add.reduceat(tied, begin, dtype=np.int64), places)


@dataclass(frozen=True)
class Top:
    """The boxes that a system scores highest for each phrase, so many, and those that tie for the last places.

    Attributes:
        above: (n,) whether a box is surely among them, packed as the scores are.
        at: (m,) where in the packing the boxes stand that have the lowest of their scores, phrase by phrase.
        tied: (phrases,) how many these are, at least 1.
        places: (phrases,) how many of these belong to them, at least 1.
    """

    above: NDArray[np.bool_]
    at: NDArray[np.int64]
    tied: NDArray[np.int64]
    places: NDArray[np.int64]


@dataclass(frozen=True)
class Highest:
    """The boxes that a system scores highest for each phrase: one, or several that tie.

    Attributes:
        boxes: (n,) phrase by phrase, the index of each of them among the boxes of the phrase's image, ascending.
        tied: (phrases,) how many they are, at least 1.
        scores: (phrases,) their score, float32.
    """

    boxes: NDArray[np.int64]
    tied: NDArray[np.int64]
    scores: NDArray[np.float32]
