"""From predicted boxes to outcomes: what every metric says of each phrase."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sprm.corpus.box_matches import BoxMatches
from sprm.corpus.corpus import Corpus
from sprm.evaluation.metric import ACCURACY, METRICS, TIED, Values, correct_under
from sprm.settings import Ties

NO_BOX = -1
"""Stands in a trial's items for the box of a system that chooses none."""


@dataclass(frozen=True)
class Prediction:
    """The boxes that a system scores highest for each phrase: one, or several that tie.

    Attributes:
        boxes: (n,) phrase by phrase, the index of each of them among the boxes of the phrase's image, ascending.
        tied: (phrases,) how many they are, at least 1.
        scores: (phrases,) their score, float32; what it means is the system's own matter.
    """

    boxes: NDArray[np.int64]
    tied: NDArray[np.int64]
    scores: NDArray[np.float32]

    @classmethod
    def of_one(cls, boxes: NDArray[np.int64], scores: NDArray[np.float32]) -> Prediction:
        """Return the prediction of a system that chooses a single box for each phrase, (phrases,)."""
        return cls(boxes, np.ones(len(boxes), dtype=np.int64), scores)


@dataclass(frozen=True)
class Answers:
    """What was chosen for each phrase.

    Attributes:
        boxes: (phrases,) index of the box among those of the phrase's image; of tied ones, the largest under the rule
            of that name, else the first.
        scores: (phrases,) its score, float32.
        tied: (phrases,) how many boxes share that score, at least 1.
        correct: by rule, (phrases,) in [0, 1], how correct the answer is where ties are settled by it.
    """

    boxes: NDArray[np.int64]
    scores: NDArray[np.float32]
    tied: NDArray[np.int64]
    correct: Mapping[Ties, NDArray[np.float64]]


@dataclass(frozen=True)
class Outcomes:
    """What became of each phrase.

    Attributes:
        values: by metric, (phrases,) in [0, 1]; expectations where no box was chosen, as for one drawn at random, and
            where several share an answer.
        answers: what was chosen; None where nothing was.
    """

    values: Mapping[str, NDArray[np.float64]]
    answers: Answers | None

    @property
    def accuracy(self) -> float:
        """Share of phrases whose predicted box is correct, in [0, 1]."""
        return float(self.values[ACCURACY].mean())


def judge(matches: BoxMatches, prediction: Prediction, ties: Ties = Ties.first) -> Outcomes:
    """Look up what became of each phrase, given its predicted boxes.

    Args:
        matches: how the boxes of each phrase's image match its target.
        prediction: for the same phrases.
        ties: what settles a tie.
    """
    at = np.repeat(matches.offsets[:-1], prediction.tied) + prediction.boxes
    begin = _first(prediction.tied)
    chosen = {Ties.first: begin, Ties.largest: _largest(matches.areas[at], prediction.tied)}

    def under(rule: Ties, of_boxes: Values) -> NDArray[np.float64]:
        values: NDArray[np.float64] = of_boxes[at].astype(np.float64)
        return values[chosen[rule]] if rule in chosen else np.add.reduceat(values, begin) / prediction.tied

    metrics = {name: metric.of_boxes(matches) for name, metric in METRICS.by_name().items()}
    values = {name: under(ties, of_boxes) for name, of_boxes in metrics.items()}
    correct = {rule: under(rule, metrics[ACCURACY]) for rule in Ties}
    boxes = chosen_boxes(prediction, matches.areas[at], ties)
    return Outcomes(values, Answers(boxes, prediction.scores, prediction.tied, correct))


def chosen_boxes(prediction: Prediction, areas: NDArray[np.float64], ties: Ties) -> NDArray[np.int64]:
    """Return the box that answers each phrase, (phrases,).

    Of tied ones it is the largest under the rule of that name, else the first.

    Args:
        prediction: the boxes that each phrase has to choose from.
        areas: (n,) of these boxes.
        ties: the rule.
    """
    settled = _largest(areas, prediction.tied) if ties is Ties.largest else _first(prediction.tied)
    return prediction.boxes[settled]


def _first(tied: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return where the boxes of each phrase begin, (phrases,), of which there are so many."""
    first: NDArray[np.int64] = np.cumsum(tied) - tied
    return first


def _largest(areas: NDArray[np.float64], tied: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return where the largest area of each phrase's boxes stands, (phrases,), the first of equals.

    Args:
        areas: (n,) of the boxes, phrase by phrase.
        tied: (phrases,) how many boxes each phrase has.
    """
    phrase = np.repeat(np.arange(len(tied)), tied)
    # A stable sort, which leaves equal areas in the order of the file.
    largest: NDArray[np.int64] = np.lexsort((-areas, phrase))[_first(tied)]
    return largest


def best_box(matches: BoxMatches) -> Outcomes:
    """Outcomes of an oracle that picks the box with the most overlap: the upper bound that the proposals allow.

    Its score is that overlap, in [0, 1].
    """
    best = np.array(
        [int(matches.iou[a:b].argmax()) for a, b in zip(matches.offsets[:-1], matches.offsets[1:], strict=True)],
        dtype=np.int64,
    )
    return judge(matches, Prediction.of_one(best, matches.iou[matches.offsets[:-1] + best].astype(np.float32)))


def random_box(matches: BoxMatches) -> Outcomes:
    """Expected outcomes of a box drawn at random, exactly: the mean over the boxes of the image."""
    values = {name: matches.mean_of(metric.of_boxes(matches)) for name, metric in METRICS.by_name().items()}
    return Outcomes(values, answers=None)


def items(corpus: Corpus, outcomes: Outcomes) -> pd.DataFrame:
    """Tabulate the outcomes, one row a phrase in the corpus' order.

    Columns: image_id, sentence_id, phrase, category; box, the index of the chosen one among its image's, and its score,
    `NO_BOX` and NaN where none was chosen; one for each metric, in [0, 1]. Where boxes were chosen, `TIED`, how many
    share the highest score, and `correct_under` each rule for ties, in [0, 1].
    """
    chosen = outcomes.answers
    ties = {} if chosen is None else {TIED: chosen.tied, **{correct_under(r): chosen.correct[r] for r in Ties}}
    return phrases_of(corpus).assign(
        box=NO_BOX if chosen is None else chosen.boxes,
        score=np.float32(np.nan) if chosen is None else chosen.scores,
        **outcomes.values,
        **ties,
    )


def phrases_of(corpus: Corpus) -> pd.DataFrame:
    """Tabulate where phrases stand and what they are: image_id, sentence_id, phrase, category; one row each."""
    phrases, sentences = corpus.phrases, corpus.sentences
    sentence = phrases["sentence"].to_numpy()
    image = sentences["image"].to_numpy()[sentence]
    return pd.DataFrame(
        {
            "image_id": corpus.images["image_id"].to_numpy()[image],
            "sentence_id": sentences["sentence_id"].to_numpy()[sentence],
            "phrase": phrases["text"].to_numpy(),
            "category": phrases["category"].to_numpy(),
        }
    )
