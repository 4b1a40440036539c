"""From predicted boxes to outcomes: what every metric says of each phrase."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sprm.corpus.box_matches import BoxMatches
from sprm.corpus.corpus import Corpus
from sprm.evaluation.metric import ACCURACY, CONFIDENCE, METRICS, TIED, under, values_of
from sprm.evaluation.scores import Highest, Scores, ScoresAre, Top
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
        under: by metric and rule, (phrases,) in [0, 1], what the answer is worth where ties are settled by the rule.
        confidence: (phrases,) in [0, 1], the probability that the system gives to the box; None where its scores are
            no distribution over boxes.
    """

    boxes: NDArray[np.int64]
    scores: NDArray[np.float32]
    tied: NDArray[np.int64]
    under: Mapping[str, Mapping[Ties, NDArray[np.float64]]]
    confidence: NDArray[np.float64] | None = None


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


def judge(matches: BoxMatches, scores: Scores, ties: Ties = Ties.first, are: ScoresAre = ScoresAre.ranks) -> Outcomes:
    """Look up what became of each phrase.

    Args:
        matches: how the boxes of each phrase's image match its target.
        scores: of the same boxes.
        ties: what settles a tie.
        are: what the scores are beside an order of the boxes.
    """
    highest = scores.highest
    at = np.repeat(matches.offsets[:-1], highest.tied) + highest.boxes
    found = {name: values_under(list(Ties), name, matches, scores) for name in METRICS.of_phrases()}
    boxes = chosen_boxes(highest, matches.areas[at], ties)
    answers = Answers(boxes, highest.scores, highest.tied, found, confidence(scores, are))
    return Outcomes({name: own[ties] for name, own in found.items()}, answers)


def values_under(
    rules: Collection[Ties], metric: str, matches: BoxMatches, scores: Scores
) -> dict[Ties, NDArray[np.float64]]:
    """Return what the highest-scoring boxes of each phrase are worth by a metric, by rule, (phrases,) in [0, 1].

    They are worth what the best of them is. Where boxes tie for the last places, the rule chooses among these; if they
    share, it is the exact expectation over which of them take the places, each choice being equally probable.
    """
    of_boxes, top = values_of(metric, matches).astype(np.float64), scores.top(METRICS.of_phrases()[metric].boxes)
    # Nothing is worth less than 0, so that a phrase without a box above the tied ones has 0 from there.
    sure = np.maximum.reduceat(np.where(top.above, of_boxes, 0.0), matches.offsets[:-1])
    worth = np.maximum(of_boxes[top.at], np.repeat(sure, top.tied))
    return {rule: _settled(rule, worth, matches.areas[top.at], top) for rule in rules}


def _settled(rule: Ties, worth: NDArray[np.float64], areas: NDArray[np.float64], top: Top) -> NDArray[np.float64]:
    """Return what each phrase is worth, (phrases,), where a rule says which of its tied boxes take the last places.

    Args:
        rule: what settles ties.
        worth: (m,) what the phrase is worth if the best box is this one of the tied, or one above them.
        areas: (m,) of the tied boxes.
        top: where they stand.
    """
    begin, places = _first(top.tied), np.repeat(top.places, top.tied)
    if rule is not Ties.shared:
        taken = _ranks(_order(areas, rule), top.tied) < places
        best: NDArray[np.float64] = np.maximum.reduceat(np.where(taken, worth, 0.0), begin)
        return best
    # The best of m boxes drawn from t is that of rank j, from 0 for the worst, with probability C(j, m - 1) / C(t, m),
    # which is m / t times the product of (j - i + 1) / (t - i) over i from 1 to m - 1.
    rank, tied = _ranks(worth, top.tied), np.repeat(top.tied, top.tied)
    weight = np.ones(len(worth))
    for i in range(1, int(places.max())):
        weight *= np.where(i < places, np.maximum(rank - i + 1, 0) / np.maximum(tied - i, 1), 1.0)
    # A sum of such weights may exceed 1 in its last digit.
    return np.minimum(np.add.reduceat(worth * weight, begin) * top.places / top.tied, 1.0)


def accuracy_of(matches: BoxMatches, scores: Scores, ties: Ties) -> float:
    """Return the share of phrases whose answer is correct, in [0, 1]."""
    return float(values_under([ties], ACCURACY, matches, scores)[ties].mean())


def chosen_boxes(highest: Highest, areas: NDArray[np.float64], ties: Ties) -> NDArray[np.int64]:
    """Return the box that answers each phrase, (phrases,).

    Of tied ones it is the largest under the rule of that name, else the first.

    Args:
        highest: the boxes that each phrase has to choose from.
        areas: (n,) of these boxes.
        ties: the rule.
    """
    boxes: NDArray[np.int64] = highest.boxes[_ranks(_order(areas, ties), highest.tied) == 0]
    return boxes


def _order(areas: NDArray[np.float64], ties: Ties) -> NDArray[np.float64]:
    """Return what tied boxes are sorted by, (n,); equal ones stay in the order of the file."""
    return -areas if ties is Ties.largest else np.zeros(len(areas))


def _first(tied: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return where the boxes of each phrase begin, (phrases,), of which there are so many."""
    first: NDArray[np.int64] = np.cumsum(tied) - tied
    return first


def _ranks(values: NDArray[np.float64], tied: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the rank of each box among those of its phrase in ascending order, (n,) from 0, equals as they stand.

    Args:
        values: (n,) of the boxes, phrase by phrase.
        tied: (phrases,) how many boxes each phrase has.
    """
    phrase, ranks = np.repeat(np.arange(len(tied)), tied), np.empty(len(values), dtype=np.int64)
    # A stable sort, which leaves equal values in the order of the file.
    ranks[np.lexsort((values, phrase))] = np.arange(len(values)) - np.repeat(_first(tied), tied)
    return ranks


def confidence(scores: Scores, are: ScoresAre) -> NDArray[np.float64] | None:
    """Return the probability of a highest-scoring box of each phrase, (phrases,) in [0, 1].

    Args:
        scores: of the boxes.
        are: how they become a distribution over the boxes of an image; None is returned where they become none.
    """
    if are is ScoresAre.ranks:
        return None
    begin, values = scores.offsets[:-1], scores.values.astype(np.float64)
    best = np.maximum.reduceat(values, begin)
    if are is ScoresAre.logits:
        values = np.exp(values - np.repeat(best, np.diff(scores.offsets)))
        best = np.ones(len(best))
    total: NDArray[np.float64] = np.add.reduceat(values, begin)
    return best / total


def best_box(matches: BoxMatches) -> Outcomes:
    """Outcomes of the box with the most overlap, which is its score: the upper bound that the proposals allow."""
    return judge(matches, Scores(matches.iou, matches.offsets))


def random_box(matches: BoxMatches) -> Outcomes:
    """Expected outcomes of boxes drawn at random, exactly: all boxes of an image tie and share."""
    alike = Scores(np.zeros(matches.offsets[-1], dtype=np.float32), matches.offsets)
    metrics, shared = METRICS.of_phrases(), Ties.shared
    return Outcomes({name: values_under([shared], name, matches, alike)[shared] for name in metrics}, None)


def items(corpus: Corpus, outcomes: Outcomes) -> pd.DataFrame:
    """Tabulate the outcomes, one row a phrase in the corpus' order.

    Columns: image_id, sentence_id, phrase, category; box, the index of the chosen one among its image's, and its score,
    `NO_BOX` and NaN where none was chosen; one for each metric, in [0, 1]. Where boxes were chosen, `TIED`, how many
    share the highest score, and, unless no rule for ties changes anything, each metric `under` each rule, in [0, 1];
    `CONFIDENCE`, the probability of the chosen box in [0, 1], where the system tells it.
    """
    chosen = outcomes.answers
    ties: dict[str, NDArray[np.generic]] = {}
    if chosen is not None:
        ties = {TIED: chosen.tied}
        # Most trained systems never tie, and with what no rule changes their items would be twice as large.
        if any((own[rule] != outcomes.values[name]).any() for name, own in chosen.under.items() for rule in Ties):
            ties |= {under(name, rule): own[rule] for name, own in chosen.under.items() for rule in Ties}
        ties |= {} if chosen.confidence is None else {CONFIDENCE: chosen.confidence}
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
