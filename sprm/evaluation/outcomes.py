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


@dataclass(frozen=True)
class Outcomes:
    """What became of each phrase.

    Attributes:
        values: by metric, (phrases,) in [0, 1]; expectations where no box was chosen, as for one drawn at random.
    """

    values: Mapping[str, NDArray[np.float64]]

    @property
    def accuracy(self) -> float:
        """Share of phrases whose predicted box is correct, in [0, 1]."""
        return float(self.values[ACCURACY].mean())


def judge(matches: BoxMatches, chosen: NDArray[np.int64]) -> Outcomes:
    """Look up what became of each phrase, given the index of its predicted box, (phrases,)."""
    at = matches.offsets[:-1] + chosen
    return Outcomes(
        {name: metric.of_boxes(matches)[at].astype(np.float64) for name, metric in METRICS.by_name().items()}
    )


def best_box(matches: BoxMatches) -> Outcomes:
    """Outcomes of an oracle that picks the box with the most overlap: the upper bound that the proposals allow."""
    best = np.array(
        [int(matches.iou[a:b].argmax()) for a, b in zip(matches.offsets[:-1], matches.offsets[1:], strict=True)],
        dtype=np.int64,
    )
    return judge(matches, best)


def random_box(matches: BoxMatches) -> Outcomes:
    """Expected outcomes of a box drawn at random, exactly: the mean over the boxes of the image."""
    return Outcomes({name: matches.mean_of(metric.of_boxes(matches)) for name, metric in METRICS.by_name().items()})


def items(corpus: Corpus, outcomes: Outcomes) -> pd.DataFrame:
    """Tabulate the outcomes, one row a phrase in the corpus' order.

    Columns: image_id, sentence_id, phrase, category; one for each metric, in [0, 1].
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
            **outcomes.values,
        }
    )
