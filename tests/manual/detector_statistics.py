"""What boxes, labels and scores of a corpus say without any training; run by hand.

    python tests/manual/detector_statistics.py PROTOCOL [--set KEY=VALUE ...] [--split val]

prints a column of the table in docs/data.md that holds the noise models of Scenes against photographs.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
import torch
import typer

from bench.cli.locate import prepared
from bench.cli.tables import plain_table
from bench.cli.terminal import console, stderr
from bench.protocol.load import load
from sprm.batches.encoding import encode
from sprm.corpus.box_matches import BoxMatches, match_boxes
from sprm.corpus.corpus import Corpus
from sprm.corpus.dataset import Dataset, open_dataset
from sprm.errors import SprmError
from sprm.evaluation.metric import ACCURACY
from sprm.evaluation.outcomes import Answers, judge
from sprm.evaluation.scores import Scores
from sprm.evaluation.scoring import score as scores_of
from sprm.model.prior import BoxTerms
from sprm.model.sprm import SPRM
from sprm.settings import Rules, Ties

SCORE_WEIGHT, SIZE_WEIGHT = 0.15, 0.1
"""Chosen on the validation split of photographs."""
WRONG_USE = 2
TITLES = {
    "boxes": "boxes an image",
    "labels": "distinct labels an image",
    "chance": "a box at random",
    "upper_bound": "the best box",
    "one_box": "one box an image, the best for its phrases",
    "tied": "phrases tied at the top of the prior",
    "boxes_tied": "boxes at the top, mean",
    "first": "prior, the first in the file",
    "largest": "prior, the largest",
    "shared": "prior, ties shared",
    "with_score": f"prior + {SCORE_WEIGHT:g} log score, the first",
    "with_size": f"prior + {SIZE_WEIGHT:g} log share of the image, the first",
    "with_both": "prior + both, the first",
    "best_score": "the best score alone",
    "largest_box": "the largest box alone",
}


@dataclass(frozen=True)
class Statistics:
    """What a split says untrained; accuracies and shares in [0, 1], None for what needs scores that are not there."""

    boxes: float
    labels: float
    chance: float
    upper_bound: float
    one_box: float
    """Share of phrases that one box for each image is right for, chosen by the answers."""
    tied: float
    """Share of phrases of which several boxes have the highest cosine."""
    boxes_tied: float
    """Mean number of boxes with the highest cosine, over all phrases."""
    first: float
    largest: float
    shared: float
    with_score: float | None
    with_size: float
    with_both: float | None
    best_score: float | None
    largest_box: float


class Untrained:
    """Answers of a split's phrases by cosines, scores and sizes."""

    def __init__(self, dataset: Dataset, corpus: Corpus, rules: Rules) -> None:
        self.matches = match_boxes(corpus, rules)
        self.has_scores = corpus.scores is not None
        self.by_words = encode(corpus, dataset.lexicon, rules, score=self.has_scores)
        self.by_box = encode(corpus, dataset.lexicon, rules, score=self.has_scores, locations=False)

    def prior(self, score: float = 0.0, size: float = 0.0) -> Answers:
        """Answer by the cosine of head and label, to which box terms with some weights are added."""
        concepts, terms = torch.from_numpy(self.by_words.concepts), BoxTerms(score, size)
        return answers(self.matches, scores_of(SPRM(concepts, None, omega=0.0, terms=terms), self.by_words))

    def boxes(self, score: float = 0.0, size: float = 0.0) -> Answers:
        """Answer by box terms alone, whatever the phrase says."""
        nothing, terms = torch.zeros(self.by_box.concepts.shape), BoxTerms(score, size)
        return answers(self.matches, scores_of(SPRM(nothing, None, omega=0.0, terms=terms), self.by_box))


def answers(matches: BoxMatches, scores: Scores) -> Answers:
    """Judge the boxes that score highest, which every phrase has."""
    found = judge(matches, scores).answers
    assert found is not None
    return found


def one_box(corpus: Corpus, matches: BoxMatches) -> float:
    """Share of phrases that are right when each image has one box for all of its phrases, the best for them."""
    image = corpus.sentences["image"].to_numpy()[corpus.phrases["sentence"].to_numpy()]
    starts = np.searchsorted(image, np.arange(len(corpus.images) + 1))
    right = 0
    for first, last in pairwise(starts.tolist()):
        own = matches.correct[matches.offsets[first] : matches.offsets[last]].reshape(last - first, -1)
        right += int(own.sum(axis=0).max())
    return right / len(image)


def statistics(dataset: Dataset, split: str, rules: Rules) -> Statistics:
    """Measure a split of a prepared corpus."""
    corpus = dataset.corpus(split)
    untrained = Untrained(dataset, corpus, rules)
    prior = untrained.prior()

    def first(found: Answers) -> float:
        return float(found.under[ACCURACY][Ties.first].mean())

    with_scores: dict[str, float | None] = dict.fromkeys(("with_score", "with_both", "best_score"))
    if untrained.has_scores:
        with_scores = {
            "with_score": first(untrained.prior(SCORE_WEIGHT)),
            "with_both": first(untrained.prior(SCORE_WEIGHT, SIZE_WEIGHT)),
            "best_score": first(untrained.boxes(score=1.0)),
        }
    labels = [len(np.unique(corpus.labels[corpus.regions_of(image)])) for image in range(len(corpus.images))]
    return Statistics(
        boxes=float(np.diff(corpus.offsets).mean()),
        labels=float(np.mean(labels)),
        chance=untrained.matches.chance,
        upper_bound=untrained.matches.upper_bound,
        one_box=one_box(corpus, untrained.matches),
        tied=float((prior.tied > 1).mean()),
        boxes_tied=float(prior.tied.mean()),
        first=first(prior),
        largest=float(prior.under[ACCURACY][Ties.largest].mean()),
        shared=float(prior.under[ACCURACY][Ties.shared].mean()),
        with_size=first(untrained.prior(size=SIZE_WEIGHT)),
        largest_box=first(untrained.boxes(size=1.0)),
        **with_scores,
    )


def main(
    protocol: Annotated[Path, typer.Argument(help="Whose corpus is measured.")],
    overrides: Annotated[list[str], typer.Option("--set", metavar="KEY=VALUE", help="As in every command.")] = [],  # noqa: B006
    split: Annotated[Literal["train", "val", "test"], typer.Option(help="Which of its splits.")] = "test",
) -> None:
    """Print what boxes, labels and scores of a protocol's corpus say without any training."""
    try:
        loaded = load(protocol, overrides).protocol
        measured = statistics(open_dataset(prepared(loaded)), split, loaded.rules)
    except SprmError as error:
        stderr.print(str(error), soft_wrap=True)
        raise typer.Exit(WRONG_USE) from error
    out = plain_table(("", f"{loaded.corpus.title}, {split}"), numeric=(f"{loaded.corpus.title}, {split}",), folded=())
    for name, value in asdict(measured).items():
        digits = 1 if name in ("boxes", "labels", "boxes_tied") else 3
        out.add_row(TITLES[name], "–" if value is None else f"{value:.{digits}f}")
    console().print(out)


if __name__ == "__main__":
    typer.run(main)
