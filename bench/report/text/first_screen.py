"""What a reader sees first: the question, the answer, and a chip for each claim."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isnan

from bench.analysis.curves import CurvePoint
from bench.report.analyse import Analysis
from bench.text.measures import Measure
from bench.text.numbers import amount, count, listed, percent, share
from bench.verdicts.hypothesis import Decision
from bench.verdicts.statement import answer
from bench.verdicts.verdict import Verdict


@dataclass(frozen=True)
class Chip:
    """A claim in three words: its name, its verdict and the number that decides it.

    Attributes:
        claim: the claim's name in the protocol.
        decision: `supported`, `refuted`, `inconclusive` or `not testable`.
        number: the quantity that decides it, `loss 3.7 points`; what is known where there is none; empty where
            nothing is.
        interval: that of the number, `[3.0, 4.5]`; empty without one.
    """

    claim: str
    decision: str
    number: str
    interval: str


@dataclass(frozen=True)
class FirstScreen:
    """What stands above everything else.

    Attributes:
        question: what was asked.
        setting: protocol, corpus, and how much of it.
        answer: one sentence.
        chips: one for each claim, in the protocol's order.
        brackets: what the intervals of the chips are; empty where none has one.
    """

    question: str
    setting: str
    answer: str
    chips: tuple[Chip, ...]
    brackets: str


def first_screen(analysis: Analysis) -> FirstScreen:
    """Choose what a reader sees first."""
    protocol = analysis.protocol
    asked = "How much training data is enough?" if protocol.trained else "How accurate is grounding without training?"
    size = listed(
        [
            _counted(analysis.manifest.splits["train"].images, "training image"),
            _counted(analysis.test.images, "test image"),
            _counted(analysis.test.phrases, "test phrase"),
            _counted(analysis.seeds, "seed"),
        ]
    )
    return FirstScreen(
        question=asked,
        setting=f"Protocol {protocol.name} on {protocol.corpus.described}: {size}.",
        answer=_answer(analysis),
        chips=tuple(chip(verdict) for verdict in analysis.verdicts),
        brackets=brackets(analysis.verdicts),
    )


def _counted(number: int, noun: str) -> str:
    return f"{count(number)} {noun}" if number == 1 else f"{count(number)} {noun}s"


def _answer(analysis: Analysis) -> str:
    """Answer by the first claim that something is known about; without one, by what was reached."""
    testable = (verdict for verdict in analysis.verdicts if verdict.decision is not Decision.not_testable)
    if (first := next(testable, None)) is not None:
        return answer(first)
    prior = next((point for point in analysis.curve if point.system == analysis.protocol.prior), None)
    trained = [point for point in analysis.curve if point.fraction is not None]
    if not trained:
        best = prior or analysis.curve[0]
        return f"{best.system} {analysis.measure.reached(percent(best.accuracy.estimate))}, without any training."
    system = trained[0].system
    return _reached([point for point in trained if point.system == system][-1], prior, analysis.measure)


def _reached(trained: CurvePoint, prior: CurvePoint | None, measure: Measure) -> str:
    assert trained.fraction is not None
    of = "for" if measure.is_accuracy else "one of"
    untrained = (
        "" if prior is None else f"; {prior.system}, which is not trained, {of} {percent(prior.accuracy.estimate)} %"
    )
    reached = f"{trained.system} {measure.reached(percent(trained.accuracy.estimate))}{untrained}"
    return f"With {amount(trained.fraction)}, {reached}."


def chip(verdict: Verdict) -> Chip:
    """Say in a chip what became of a claim."""
    test, quantity = verdict.deciding, verdict.claim.quantity
    number, interval = "" if verdict.decision is Decision.not_testable else verdict.agreement(), ""
    if test is not None and quantity is not None and not isnan(test.estimate):
        number = f"{quantity.title.lower()} {quantity.write(test.estimate)} {quantity.unit}"
        interval = quantity.interval(test)
    return Chip(verdict.claim.name, verdict.decision.value, number, interval)


def brackets(verdicts: Sequence[Verdict]) -> str:
    """Say what the intervals are: the levels differ where a loss, which is tested one-sided, is among the claims.

    Those of a plan with several looks are wider than others of their level, and so they are named as what they are.
    """
    kinds: dict[str, list[str]] = {}
    for verdict in verdicts:
        test, quantity = verdict.deciding, verdict.claim.quantity
        if test is not None and quantity is not None and not isnan(test.low):
            kind = "intervals" if verdict.look is None else "repeated confidence intervals"
            names = kinds.setdefault(f"{share(test.confidence)} {kind}", [])
            names += [] if (name := quantity.title.lower()) in names else [name]
    if not kinds:
        return ""
    if len(kinds) == 1:
        return f"Brackets: {next(iter(kinds))}."
    parts = " and ".join(f"{kind} of {' and '.join(names)}" for kind, names in kinds.items())
    return f"Brackets: {parts}."
