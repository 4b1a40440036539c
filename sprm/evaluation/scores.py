"""What a system says of every box for every phrase, and the boxes that it says most of."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray


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
    def highest(self) -> Highest:
        """The boxes with the highest score of each phrase."""
        best = np.maximum.reduceat(self.values, self.offsets[:-1])
        counts = np.diff(self.offsets)
        reached = self.values == np.repeat(best, counts)
        tied = np.add.reduceat(reached, self.offsets[:-1], dtype=np.int64)
        at = np.flatnonzero(reached)
        return Highest(at - np.repeat(self.offsets[:-1], tied), tied, best.astype(np.float32))


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
