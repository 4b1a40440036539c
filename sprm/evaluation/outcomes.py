"""From predicted boxes to outcomes: what every metric says of each phrase."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sprm.corpus.box_matches import BoxMatches
from sprm.corpus.corpus import Corpus
from sprm.evaluation.metric import ACCURACY, METRICS, TIED, Values, correct_under, values_of
from sprm.evaluation.scores import Highest, Scores
from sprm.settings import Ties

NO_BOX = -1
"""Stands in a trial's items for the box of a system that chooses none."""


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


def judge(matches: BoxMatches, scores: Scores, ties: Ties = Ties.first) -> Outcomes:
    """Look up what became of each phrase.

    Args:
        matches: how the boxes of each phrase's image match its target.
        scores: of the same boxes.
        ties: what settles a tie.
    """
    metrics = {name: values_of(name, matches) for name in METRICS.by_name()}
    highest = scores.highest
    at = np.repeat(matches.offsets[:-1], highest.tied) + highest.boxes
    begin = _first(highest.tied)
    chosen = {Ties.first: begin, Ties.largest: _largest(matches.areas[at], highest.tied)}

    def under(rule: Ties, of_boxes: Values) -> NDArray[np.float64]:
        values: NDArray[np.float64] = of_boxes[at].astype(np.float64)
        return values[chosen[rule]] if rule in chosen else np.add.reduceat(values, begin) / highest.tied

    values = {name: under(ties, of_boxes) for name, of_boxes in metrics.items()}
    correct = {rule: under(rule, metrics[ACCURACY]) for rule in Ties}
    boxes = chosen_boxes(highest, matches.areas[at], ties)
    return Outcomes(values, Answers(boxes, highest.scores, highest.tied, correct))


def chosen_boxes(highest: Highest, areas: NDArray[np.float64], ties: Ties) -> NDArray[np.int64]:
    """Return the box that answers each phrase, (phrases,).

    Of tied ones it is the largest under the rule of that name, else the first.

    Args:
        highest: the boxes that each phrase has to choose from.
        areas: (n,) of these boxes.
        ties: the rule.
    """
    settled = _largest(areas, highest.tied) if ties is Ties.largest else _first(highest.tied)
    return highest.boxes[settled]


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
    """Outcomes of the box with the most overlap, which is its score: the upper bound that the proposals allow."""
    return judge(matches, Scores(matches.iou, matches.offsets))


def random_box(matches: BoxMatches) -> Outcomes:
    """Expected outcomes of a box drawn at random, exactly: the mean over the boxes of the image."""
    values = {name: matches.mean_of(values_of(name, matches)) for name in METRICS.by_name()}
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
