"""What systems chose for single phrases of the test split, and how often training helped or hurt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from bench.analysis.evidence import Evidence
from bench.analysis.example_phrases import example_phrases
from bench.analysis.fraction import Fraction, label_of
from bench.store.ledger import Ledger
from bench.store.records import TrialKey
from bench.store.test_split import TestSplit
from sprm.corpus.box_matches import CORRECT_IOU
from sprm.evaluation.metric import ACCURACY, TIED
from sprm.settings import Ties

if TYPE_CHECKING:
    import pandas as pd

SYSTEMS = 6
"""Trained systems whose answers are shown at most, the first of the protocol; a page of more would be slow to load."""
RIGHT = 0.5
"""An answer that tied boxes share counts as right when at least this share of them is."""


class Occurrence(StrEnum):
    """What can be the case with a phrase; the first four are a trained system's, and one of them holds."""

    helped = "helped"
    """The prior is wrong and the trained system right."""
    hurt = "hurt"
    """The prior is right and the trained system wrong."""
    both_wrong = "both wrong"
    both_right = "both right"
    unfit = "no proposal fits"
    """No detected box would be right."""
    disagree = "systems disagree"
    """Trained systems choose different boxes."""


@dataclass(frozen=True)
class Answerer:
    """A trial whose answers are shown.

    Attributes:
        system: its name in the protocol.
        fraction: what it was trained on; None for the prior.
        is_last: whether that is the largest amount of a trained system.
    """

    system: str
    fraction: Fraction | None
    is_last: bool


@dataclass(frozen=True)
class Choice:
    """What one trial answered to one phrase.

    Attributes:
        box: index of the chosen box among the image's; None where none was chosen. Of tied ones that share the answer,
            the first.
        correct: how right the answer is, in [0, 1]; between the ends only where tied boxes share it.
        iou: overlap with the target, in [0, 1]; the mean where boxes share the answer.
        score: of the box, on a scale of the system's own; NaN where none was chosen.
        tied: how many boxes share the highest score; 1 where nobody counted.
        is_shared: whether several of these share the answer, so that `correct` and `iou` are means over them.
    """

    box: int | None
    correct: float
    iou: float
    score: float
    tied: int
    is_shared: bool


@dataclass(frozen=True)
class Example:
    """One phrase.

    Attributes:
        row: of the phrase among all test phrases.
        image: row of its image.
        phrase: its words.
        types: its entity types.
        choices: what each answerer chose, in their order.
        occurrences: by trained system that can be compared with the prior, what training changed.
        fits: whether any detected box would be right.
        disagree: whether trained systems chose different boxes.
    """

    row: int
    image: int
    phrase: str
    types: tuple[str, ...]
    choices: tuple[Choice, ...]
    occurrences: Mapping[str, Occurrence]
    fits: bool
    disagree: bool


@dataclass(frozen=True)
class Rate:
    """How often something is the case, among the examples and among all test phrases.

    Attributes:
        what: the case.
        system: the trained system that it is about; None where it is about none or all.
        examples: of the examples.
        phrases: of all test phrases.
        share: of all test phrases, in [0, 1].
    """

    what: Occurrence
    system: str | None
    examples: int
    phrases: int
    share: float


@dataclass(frozen=True, eq=False)
class Examples:
    """The examples of a run.

    Attributes:
        split: the test split.
        seed: repetition whose trainings are shown; None where nothing is trained.
        answerers: whose choices are shown: the prior first, then each trained system by amount.
        beyond: trained systems whose choices are not shown, as there are too many.
        examples: in the order in which they are shown, those of one image apart.
        rates: how often each case occurs.
    """

    split: TestSplit
    seed: int | None
    answerers: tuple[Answerer, ...]
    beyond: tuple[str, ...]
    examples: tuple[Example, ...]
    rates: tuple[Rate, ...]

    @property
    def compared(self) -> tuple[str, ...]:
        """Trained systems that are compared with the prior."""
        return tuple(rate.system for rate in self.rates if rate.what is Occurrence.helped and rate.system is not None)


def examples(evidence: Evidence, split: TestSplit, run: Path) -> Examples | None:
    """Draw phrases of the images that were chosen as examples, and look up what was answered.

    What is shown was chosen by the test split alone: images when it was described, phrases by a fixed seed.

    Args:
        evidence: the outcomes of the run.
        split: its test split.
        run: the run folder.

    Returns:
        The examples; None where neither prior nor trained system has answered, or the split is not that of the answers.

    Raises:
        ResultsError: a trial that is complete cannot be read any more.
    """
    ledger = Ledger(run)
    answerers, seed = _answerers(evidence)
    items = [ledger.items(_key(each, seed)) for each in answerers]
    ids = split.images["image_id"].to_numpy()
    if not items or ids[split.phrases["image"].to_numpy()].tolist() != items[0]["image_id"].tolist():
        return None
    rules = [evidence.protocol.system(each.system).tie_rule for each in answerers]
    answers = {each: _answers(own, rule) for each, own, rule in zip(answerers, items, rules, strict=True)}
    cases = _cases(answers, split)
    texts, categories = items[0]["phrase"].tolist(), items[0]["category"].tolist()
    shown = example_phrases(split, texts)
    return Examples(
        split=split,
        seed=seed,
        answerers=tuple(answerers),
        beyond=evidence.protocol.trained[SYSTEMS:],
        examples=tuple(_example(row, split, texts, categories, answers, cases) for row in shown),
        rates=tuple(
            Rate(what, system, int(case[shown].sum()), int(case.sum()), float(case.mean()))
            for (what, system), case in cases.items()
        ),
    )


def _answerers(evidence: Evidence) -> tuple[list[Answerer], int | None]:
    """Return the prior and the trained systems that are shown at their smallest and largest amount, of one seed.

    That seed is the lowest of those of which most of these trials are complete.
    """
    outcomes, protocol = evidence.outcomes, evidence.protocol
    amounts = list(evidence.fractions.values())
    trained = protocol.trained[:SYSTEMS]
    ends = [(system, at.label) for system in trained for at in dict.fromkeys([amounts[0], amounts[-1]])]
    complete = [seed for system, label in ends for seed in outcomes.seeds(system, label)]
    seed = min(sorted({*complete}), key=lambda each: -complete.count(each), default=None)
    found = []
    if protocol.prior is not None and outcomes.seeds(protocol.prior, label_of(None)):
        found.append(Answerer(protocol.prior, None, is_last=False))
    for system in trained:
        own = [at for at in amounts if seed in outcomes.seeds(system, at.label)]
        found += [Answerer(system, at, is_last=at is own[-1]) for at in dict.fromkeys([*own[:1], *own[-1:]])]
    return found, seed


def _key(answerer: Answerer, seed: int | None) -> TrialKey:
    fraction = answerer.fraction
    return TrialKey(answerer.system, label_of(fraction), 0 if fraction is None or seed is None else seed)


@dataclass(frozen=True, eq=False)
class _Answers:
    """What one trial answered to each phrase, (phrases,); as `Choice` has it, but -1 for no box."""

    box: NDArray[np.int64]
    correct: NDArray[np.float64]
    iou: NDArray[np.float64]
    score: NDArray[np.float64]
    tied: NDArray[np.int64]
    is_shared: NDArray[np.bool_]

    @property
    def right(self) -> NDArray[np.bool_]:
        """Whether each answer counts as right."""
        return self.correct >= RIGHT

    def of(self, row: int, boxes: int) -> Choice:
        """Return the answer to a phrase whose image has so many boxes."""
        box = int(self.box[row])
        return Choice(
            box=box if 0 <= box < boxes else None,
            correct=float(self.correct[row]),
            iou=float(self.iou[row]),
            score=float(self.score[row]),
            tied=int(self.tied[row]),
            is_shared=bool(self.is_shared[row]),
        )


def _answers(items: pd.DataFrame, rule: Ties) -> _Answers:
    tied = items[TIED].to_numpy("int64") if TIED in items else np.ones(len(items), dtype=np.int64)
    return _Answers(
        box=items["box"].to_numpy("int64"),
        correct=items[ACCURACY].to_numpy("float64"),
        iou=items["iou"].to_numpy("float64"),
        score=items["score"].to_numpy("float64"),
        tied=tied,
        is_shared=(tied > 1) & (rule is Ties.shared),
    )


def _cases(
    answers: Mapping[Answerer, _Answers], split: TestSplit
) -> dict[tuple[Occurrence, str | None], NDArray[np.bool_]]:
    """Tell for all test phrases, (phrases,), what is the case with them, and with which system."""
    last = {each.system: own for each, own in answers.items() if each.is_last}
    prior: NDArray[np.bool_] | None = next((own.right for each, own in answers.items() if each.fraction is None), None)
    cases: dict[tuple[Occurrence, str | None], NDArray[np.bool_]] = {}
    if prior is not None:
        for system, own in last.items():
            cases[Occurrence.helped, system] = ~prior & own.right
            cases[Occurrence.hurt, system] = prior & ~own.right
            cases[Occurrence.both_wrong, system] = ~prior & ~own.right
            cases[Occurrence.both_right, system] = prior & own.right
    cases[Occurrence.unfit, None] = split.phrases["best_iou"].to_numpy() < CORRECT_IOU
    if len(last) > 1:
        boxes = np.array([own.box for own in last.values()])
        cases[Occurrence.disagree, None] = (boxes != boxes[0]).any(axis=0)
    return cases


def _example(
    row: int,
    split: TestSplit,
    texts: Sequence[str],
    categories: Sequence[str],
    answers: Mapping[Answerer, _Answers],
    cases: Mapping[tuple[Occurrence, str | None], NDArray[np.bool_]],
) -> Example:
    image = int(split.phrases["image"].iloc[row])
    boxes = int(split.offsets[image + 1] - split.offsets[image])
    held = [case for case, holds in cases.items() if holds[row]]
    return Example(
        row=row,
        image=image,
        phrase=texts[row],
        types=tuple(categories[row].split("/")),
        choices=tuple(own.of(row, boxes) for own in answers.values()),
        occurrences={system: what for what, system in held if system is not None},
        fits=(Occurrence.unfit, None) not in held,
        disagree=(Occurrence.disagree, None) in held,
    )
