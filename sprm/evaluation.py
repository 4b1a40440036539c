"""From predicted boxes to outcomes: is the box right, does it point at the target, how much do they overlap.

How every box of an image fits a phrase's target is known before any model is asked, so it is computed once; judging a
prediction is then a look-up. The best box and the chance of a random one come from the same table.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from sprm.corpus.batches import BatchReader, in_file_order
from sprm.corpus.encoding import EncodedSplit
from sprm.corpus.records import Corpus
from sprm.errors import TrainingError
from sprm.geometry import centres_inside, iou_matrix
from sprm.model import SPRM
from sprm.settings import Rules

CORRECT_IOU = 0.5
"""A box is correct from this overlap with the target on, borders included."""
IMAGES_AT_A_TIME = 32
"""Images whose sentences are scored together; bounds memory, changes no prediction."""


@dataclass(frozen=True)
class Fit:
    """How each box of a phrase's image fits the phrase's target. Packed: phrase p has `offsets[p]:offsets[p + 1]`."""

    offsets: NDArray[np.int64]
    """(phrases + 1,)."""
    iou: NDArray[np.float64]
    """Overlap of each box with the target, in [0, 1]."""
    pointing: NDArray[np.bool_]
    """Whether the box's centre lies in the target, borders included."""

    @property
    def correct(self) -> NDArray[np.bool_]:
        """Whether each box would be a correct answer."""
        return self.iou >= CORRECT_IOU


@dataclass(frozen=True)
class Outcomes:
    """What became of each phrase, (phrases,) arrays.

    A share rather than 0 or 1 stands where the outcome is an expectation, as for a box drawn at random.
    """

    correct: NDArray[np.float64]
    pointing: NDArray[np.float64]
    iou: NDArray[np.float64]

    @property
    def accuracy(self) -> float:
        """Share of phrases whose predicted box is correct, in [0, 1]."""
        return float(self.correct.mean())


def fit_of(corpus: Corpus, rules: Rules) -> Fit:
    """Compare every phrase's target with every box of its image."""
    image = corpus.sentences["image"].to_numpy()[corpus.phrases["sentence"].to_numpy()]
    targets = corpus.phrases[["x1", "y1", "x2", "y2"]].to_numpy(dtype=np.float64)
    counts = np.diff(corpus.offsets)[image]
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    iou, pointing = np.empty(offsets[-1]), np.empty(offsets[-1], dtype=np.bool_)
    starts = np.searchsorted(image, np.arange(len(corpus.images) + 1))
    for index in range(len(corpus.images)):
        first, last = starts[index], starts[index + 1]
        boxes = np.asarray(corpus.boxes[corpus.regions_of(index)])
        span = slice(offsets[first], offsets[last])
        iou[span] = iou_matrix(boxes, targets[first:last], rules).T.reshape(-1)
        pointing[span] = centres_inside(boxes, targets[first:last]).T.reshape(-1)
    return Fit(offsets, iou, pointing)


def predict(model: SPRM, split: EncodedSplit) -> NDArray[np.int64]:
    """Choose a box for every phrase, (phrases,) index among its image's boxes; of equals, the first in the file.

    Raises:
        TrainingError: a score is not finite, so that no box can be chosen.
    """
    chosen = []
    reader = BatchReader(split, model.device)
    with torch.inference_mode():
        for sentences in in_file_order(split, IMAGES_AT_A_TIME):
            batch = reader.read(sentences)
            scores = model(batch)
            if not scores.isfinite().all():
                raise TrainingError("a score is not finite; the weights have left the numbers")
            # argmax is documented to return the first of several maxima, which is the tie rule. Sentences are sorted by
            # image, so image by image is the order of the file.
            chosen.append(batch.pairs.by_image.pack(scores.argmax(dim=2)).cpu().numpy())
    return np.concatenate(chosen)


def judge(fit: Fit, chosen: NDArray[np.int64]) -> Outcomes:
    """Look up what became of each phrase, given the index of its predicted box, (phrases,)."""
    at = fit.offsets[:-1] + chosen
    return Outcomes(fit.correct[at].astype(np.float64), fit.pointing[at].astype(np.float64), fit.iou[at])


def best_box(fit: Fit) -> Outcomes:
    """Outcomes of an oracle that picks the box with the most overlap: the upper bound that the proposals allow."""
    best = np.array(
        [int(fit.iou[a:b].argmax()) for a, b in zip(fit.offsets[:-1], fit.offsets[1:], strict=True)],
        dtype=np.int64,
    )
    return judge(fit, best)


def random_box(fit: Fit) -> Outcomes:
    """Expected outcomes of a box drawn at random, exactly: the mean over the boxes of the image."""
    count = np.diff(fit.offsets)

    def mean(values: NDArray[np.float64]) -> NDArray[np.float64]:
        total: NDArray[np.float64] = np.add.reduceat(values, fit.offsets[:-1]) / count
        return total

    return Outcomes(mean(fit.correct.astype(np.float64)), mean(fit.pointing.astype(np.float64)), mean(fit.iou))


def items(corpus: Corpus, outcomes: Outcomes) -> pd.DataFrame:
    """Tabulate the outcomes, one row a phrase in the corpus' order.

    Columns: image_id, sentence_id, phrase, category; correct, pointing, iou in [0, 1].
    """
    phrases, sentences = corpus.phrases, corpus.sentences
    sentence = phrases["sentence"].to_numpy()
    image = sentences["image"].to_numpy()[sentence]
    return pd.DataFrame(
        {
            "image_id": corpus.images["image_id"].to_numpy()[image],
            "sentence_id": sentences["sentence_id"].to_numpy()[sentence],
            "phrase": phrases["text"].to_numpy(),
            "category": phrases["category"].to_numpy(),
            "correct": outcomes.correct,
            "pointing": outcomes.pointing,
            "iou": outcomes.iou,
        }
    )
