"""How every box of an image matches the target of each phrase, known before any model is asked.

It is computed once; judging a prediction is then a look-up, and the best box and the chance of a random one come from
the same table.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sprm.errors import DataError

if TYPE_CHECKING:
    from sprm.corpus.corpus import Corpus
    from sprm.settings import Rules

CORRECT_IOU = 0.5
"""A box is correct from this overlap with the target on, borders included."""


@dataclass(frozen=True)
class BoxMatches:
    """How each box of a phrase's image fits the phrase's target. Packed: phrase p has `offsets[p]:offsets[p + 1]`."""

    offsets: NDArray[np.int64]
    """(phrases + 1,)."""
    iou: NDArray[np.float64]
    """Overlap of each box with the target, in [0, 1]."""
    pointing: NDArray[np.bool_]
    """Whether the box's centre lies in the target, borders included."""
    areas: NDArray[np.float64]
    """Area of each box in square pixels."""

    @property
    def correct(self) -> NDArray[np.bool_]:
        """Whether each box would be a correct answer."""
        return self.iou >= CORRECT_IOU

    @property
    def upper_bound(self) -> float:
        """Share of phrases that any box is a correct answer to, in [0, 1]."""
        return float(np.logical_or.reduceat(self.correct, self.offsets[:-1]).mean())

    @property
    def chance(self) -> float:
        """Accuracy of a box drawn at random, in [0, 1]."""
        return float(self.mean_of(self.correct).mean())

    def of_phrases(self, phrases: NDArray[np.int64]) -> BoxMatches:
        """Return those of some phrases, (n,) ascending indices."""
        counts = np.diff(self.offsets)
        boxes = np.repeat(np.isin(np.arange(len(counts)), phrases), counts)
        offsets = np.concatenate([[0], np.cumsum(counts[phrases])]).astype(np.int64)
        return BoxMatches(offsets, self.iou[boxes], self.pointing[boxes], self.areas[boxes])

    def mean_of(self, values: NDArray[np.generic]) -> NDArray[np.float64]:
        """Mean over the boxes of each phrase's image, (phrases,), of a value that each box has."""
        total: NDArray[np.float64] = np.add.reduceat(values.astype(np.float64), self.offsets[:-1])
        return total / np.diff(self.offsets)


def match_boxes(corpus: Corpus, rules: Rules) -> BoxMatches:
    """Compare every phrase's target with every box of its image.

    Raises:
        DataError: a phrase has no target.
    """
    if not corpus.has_targets:
        problem = f"phrases of the {corpus.info.origin.split} split have no box, so no answer to them can be judged"
        raise DataError(problem, path=corpus.folder)
    # Metrics are named where nothing is computed, and this loads torch.
    from sprm.corpus.boxes import centres_inside, iou_matrix
    from sprm.corpus.corpus import TARGET

    image = corpus.sentences["image"].to_numpy()[corpus.phrases["sentence"].to_numpy()]
    targets = corpus.phrases[list(TARGET)].to_numpy(dtype=np.float64)
    counts = np.diff(corpus.offsets)[image]
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    iou, pointing, areas = np.empty(offsets[-1]), np.empty(offsets[-1], dtype=np.bool_), np.empty(offsets[-1])
    starts = np.searchsorted(image, np.arange(len(corpus.images) + 1))
    for index in range(len(corpus.images)):
        first, last = starts[index], starts[index + 1]
        boxes = np.asarray(corpus.boxes[corpus.regions_of(index)])
        span = slice(offsets[first], offsets[last])
        iou[span] = iou_matrix(boxes, targets[first:last], rules).T.reshape(-1)
        pointing[span] = centres_inside(boxes, targets[first:last]).T.reshape(-1)
        sides = boxes[:, 2:].astype(np.float64) - boxes[:, :2]
        areas[span] = np.tile(sides.prod(axis=1), last - first)
    return BoxMatches(offsets, iou, pointing, areas)
