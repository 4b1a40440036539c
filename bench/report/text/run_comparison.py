"""What a comparison of two runs comes to: the question, one sentence of answer, the verdicts that changed, and more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import isnan

from bench.analysis.run_pairing import Cell
from bench.analysis.run_side import Side
from bench.report.compare import RunsCompared
from bench.report.text.first_screen import Chip, brackets, chip
from bench.stats import Estimate
from bench.stats.outcomes.two_way import LEVEL
from bench.text.numbers import count, hypotheses, images, listed, points, share_of
from bench.verdicts.changes import VerdictChange
from bench.verdicts.verdict import Verdict

NOT_REPRODUCED = "Trials of the same settings, corpus and package version have other outcomes"

ORIGINS = {
    "corpus": "corpus",
    **dict.fromkeys(("package", "revision", "dirty"), "code"),
    **dict.fromkeys(("python", "libraries"), "libraries"),
    **dict.fromkeys(("platform", "processor", "processors", "host", "threads"), "machine"),
}
"""What each thing that results were made from and with belongs to."""


@dataclass(frozen=True)
class ComparisonScreen:
    """What stands above everything else in the page of a comparison.

    Attributes:
        question: what was asked.
        runs: each run with its protocol, corpus and trials.
        answer: one sentence.
        chips: one for each claim on which the runs have different verdicts, or that is another claim in each; with the
            verdict of the second run.
        brackets: what the intervals of the chips are; empty where none has one.
    """

    question: str
    runs: tuple[str, str]
    answer: str
    chips: tuple[Chip, ...]
    brackets: str


def comparison_screen(compared: RunsCompared) -> ComparisonScreen:
    """Choose what a reader sees first."""
    both = ((change, change.first, change.second) for change in compared.verdicts if change.changed)
    changed = [(change, one, other) for change, one, other in both if one is not None and other is not None]
    return ComparisonScreen(
        question=f"Do {compared.first.name} and {compared.second.name} differ?",
        runs=(_run(compared.first), _run(compared.second)),
        answer=_answer(compared),
        chips=tuple(_chip(change, one, other) for change, one, other in changed),
        brackets=brackets([other for _, _, other in changed]),
    )


def _run(side: Side) -> str:
    trials = f"{count(len(side.records))} of {count(len(side.progress))} trials done"
    return f"{side.name}: protocol {side.protocol.name} on {side.protocol.corpus.described}, {trials}"


def _answer(compared: RunsCompared) -> str:
    """Answer whether two runs differ in their outcomes, by the largest difference that is significant."""
    if not compared.paired:
        return "They share no finished trial on the same test phrases, so nothing can be compared in pairs."
    trials = f"{count(compared.paired)} shared trials"
    if compared.same == compared.paired:
        return f"No: all {trials} have the same outcomes."
    tested = [cell for cell in compared.cells if not isnan(cell.p_adjusted)]
    clear = [cell for cell in tested if is_clear(cell)]
    if clear:
        return _largest(clear, len(tested), compared)
    number = compared.paired - compared.same
    others = f"{count(number)} of {trials} {'has' if number == 1 else 'have'} other outcomes"
    if not tested:
        return f"Yes: {others}; whether accuracy differs cannot be tested."
    return f"{others}, but no difference in accuracy is significant."


def _largest(clear: Sequence[Cell], tested: int, compared: RunsCompared) -> str:
    cell = max(clear, key=lambda each: abs(_estimate(each).estimate))
    difference = _estimate(cell)
    better, sign = (compared.second, 1) if difference.estimate > 0 else (compared.first, -1)
    ends = sorted((sign * difference.low, sign * difference.high))
    return (
        f"Yes: {where(cell, compared)} is {points(abs(difference.estimate))} points more accurate in {better.name} "
        f"[{points(ends[0])}, {points(ends[1])}]; {count(len(clear))} of {hypotheses(tested)} "
        f"{'is' if len(clear) == 1 else 'are'} significant."
    )


def _estimate(cell: Cell) -> Estimate:
    assert cell.difference is not None
    return cell.difference


def _chip(change: VerdictChange, first: Verdict, second: Verdict) -> Chip:
    made = chip(second)
    before = f"{'' if change.is_one_claim else 'another claim, '}{first.decision} in the first run"
    return replace(made, number=f"{before}{f'; {made.number}' if made.number else ''}")


def is_clear(cell: Cell) -> bool:
    """Tell whether a difference holds for new trainings on new images, at the 5 % level after Holm's correction."""
    return cell.p_adjusted < LEVEL


def where(cell: Cell, compared: RunsCompared) -> str:
    """Name a system and its amount of training data: `sprm with 250 images`; of one that is not trained, it alone.

    Where the amount is another number of images in each run, it is named by its share.
    """
    known = [fraction for fraction in compared.fractions(cell) if fraction is not None]
    if not known:
        return cell.system
    if len({fraction.images for fraction in known}) == 1:
        return f"{cell.system} with {images(known[0].images)}"
    return f"{cell.system} with {share_of(known[0])} of the images"


def comparison_statements(compared: RunsCompared) -> list[str]:
    """State how far two runs are the same, in one sentence each: settings, origin, outcomes, verdicts."""
    return [
        _settings(compared),
        _outcomes(compared),
        *_why_other(compared),
        *_significant(compared),
        *_verdicts(compared),
    ]


def _settings(compared: RunsCompared) -> str:
    number = len(compared.settings)
    differ = "1 setting differs" if number == 1 else f"{count(number)} settings differ"
    settings = differ if number else "The settings are the same"
    if not compared.origins:
        return f"{settings}; corpus, code, libraries and machine are the same."
    parts = list(dict.fromkeys(ORIGINS[each.name.partition(".")[0]] for each in compared.origins))
    verb = "differs" if len(parts) == 1 and parts[0] != "libraries" else "differ"
    return f"{settings}; {listed(parts)} {verb}."


def _outcomes(compared: RunsCompared) -> str:
    if not compared.paired:
        return "No trial of the one run can be paired with one of the other."
    paired = "1 trial is" if compared.paired == 1 else f"{count(compared.paired)} trials are"
    return (
        f"{paired} complete in both runs with the same test phrases; {count(compared.same)} "
        f"{'has' if compared.same == 1 else 'have'} the same outcomes."
    )


def _why_other(compared: RunsCompared) -> list[str]:
    """Name what trials with other outcomes were made from that is not the same, or say that it is the same."""
    differing = [cell for cell in compared.cells if cell.differs]
    sentences = []
    if names := list(dict.fromkeys(name for cell in differing for name in cell.inputs)):
        sentences.append(f"Trials with other outcomes were made with another {listed(names)}.")
    if unexplained := [f"{cell.system} on {cell.fraction}" for cell in differing if not cell.inputs]:
        sentences.append(f"{NOT_REPRODUCED}: {listed(unexplained)}.")
    return sentences


def _significant(compared: RunsCompared) -> list[str]:
    tested = [cell for cell in compared.cells if not isnan(cell.p_adjusted)]
    if not tested:
        return []
    clear = [f"{cell.system} on {cell.fraction}" for cell in tested if is_clear(cell)]
    found = listed(clear) if clear else "none"
    return [f"Differences in accuracy that hold for new trainings and new images (5 % level, Holm): {found}."]


def _verdicts(compared: RunsCompared) -> list[str]:
    both = [change for change in compared.verdicts if change.first is not None and change.second is not None]
    if not both:
        return []
    if not any(change.changed for change in both):
        return ["All verdicts on claims that both runs make are the same."]
    others = [change.name for change in both if not change.is_one_claim]
    changed = [change.name for change in both if change.is_one_claim and change.changed]
    return [
        *([f"Other verdicts on the same claim: {listed(changed)}."] if changed else []),
        *([f"Other claims by the same name: {listed(others)}."] if others else []),
    ]
