"""From predicted boxes to outcomes: what every metric says of each phrase."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sprm.corpus.box_matches import BoxMatches
from sprm.corpus.corpus import Corpus
from sprm.evaluation.metric import ACCURACY, METRICS

NO_BOX = -1
"""Stands in a trial's items for the box of a system that chooses none."""


@dataclass(frozen=True)
class Prediction:
    """The box that a system chooses for each phrase.

    Attributes:
        boxes: (phrases,) index of the box among those of the phrase's image.
        scores: (phrases,) its score, float32; what it means is the system's own matter.
    """

    boxes: NDArray[np.int64]
    scores: NDArray[np.float32]


@dataclass(frozen=True)
class Outcomes:
    """What became of each phrase.

    Attributes:
        values: by metric, (phrases,) in [0, 1]; expectations where no box was chosen, as for one drawn at random.
        prediction: the chosen boxes; None where none was chosen.
    """

    values: Mapping[str, NDArray[np.float64]]
    prediction: Prediction | None

    @property
    def accuracy(self) -> float:
        """Share of phrases whose predicted box is correct, in [0, 1]."""
        return float(self.values[ACCURACY].mean())


def judge(matches: BoxMatches, prediction: Prediction) -> Outcomes:
    """Look up what became of each phrase, given its predicted box."""
    at = matches.offsets[:-1] + prediction.boxes
    values = {name: metric.of_boxes(matches)[at].astype(np.float64) for name, metric in METRICS.by_name().items()}
    return Outcomes(values, prediction)


def best_box(matches: BoxMatches) -> Outcomes:
    """Outcomes of an oracle that picks the box with the most overlap: the upper bound that the proposals allow.

    Its score is that overlap, in [0, 1].
    """
    best = np.array(
        [int(matches.iou[a:b].argmax()) for a, b in zip(matches.offsets[:-1], matches.offsets[1:], strict=True)],
        dtype=np.int64,
    )
    return judge(matches, Prediction(best, matches.iou[matches.offsets[:-1] + best].astype(np.float32)))


def random_box(matches: BoxMatches) -> Outcomes:
    """Expected outcomes of a box drawn at random, exactly: the mean over the boxes of the image."""
    values = {name: matches.mean_of(metric.of_boxes(matches)) for name, metric in METRICS.by_name().items()}
    return Outcomes(values, prediction=None)


def items(corpus: Corpus, outcomes: Outcomes) -> pd.DataFrame:
    """Tabulate the outcomes, one row a phrase in the corpus' order.

    Columns: image_id, sentence_id, phrase, category; box, the index of the chosen one among its image's, and its score,
    `NO_BOX` and NaN where none was chosen; one for each metric, in [0, 1].
    """
    phrases, sentences = corpus.phrases, corpus.sentences
    sentence = phrases["sentence"].to_numpy()
    image = sentences["image"].to_numpy()[sentence]
    chosen = outcomes.prediction
    return pd.DataFrame(
        {
            "image_id": corpus.images["image_id"].to_numpy()[image],
            "sentence_id": sentences["sentence_id"].to_numpy()[sentence],
            "phrase": phrases["text"].to_numpy(),
            "category": phrases["category"].to_numpy(),
            "box": NO_BOX if chosen is None else chosen.boxes,
            "score": np.float32(np.nan) if chosen is None else chosen.scores,
            **outcomes.values,
        }
    )
