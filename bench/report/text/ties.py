"""How much the accuracy of untrained systems depends on the rule for ties, in words."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from bench.analysis.ties import NOTABLE, TiedSystem
from bench.report.analyse import Analysis
from bench.systems.system import Role
from bench.text.measures import Measure
from bench.text.numbers import listed, percent, points
from sprm.settings import Ties

IN_WORDS = {
    Ties.first: "the first tied box in the file",
    Ties.largest: "the largest tied box",
    Ties.shared: "ties shared evenly",
}

ANSWERS = {
    Ties.first: "uses the first tied box in the file",
    Ties.largest: "uses the largest tied box",
    Ties.shared: "shares ties evenly",
}


def tie_caveats(analysis: Analysis) -> list[str]:
    """Warn of systems whose accuracy is another by more than `NOTABLE` under another rule, alike ones together.

    Of a prior whose trial is older than the record of ties, they say that the effect is unknown.
    """
    alike: dict[Hashable, list[TiedSystem]] = {}
    for own in analysis.ties:
        if own.spread > NOTABLE:
            alike.setdefault((own.phrases, *_accuracies(own)), []).append(own)
    return [*(_warning(own, analysis.measure) for own in alike.values()), *_unrecorded(analysis)]


def _unrecorded(analysis: Analysis) -> list[str]:
    known, answered = {own.system for own in analysis.ties}, {record.system for record in analysis.records}
    priors = [name for name, system in analysis.protocol.systems.items() if system.role is Role.prior]
    unknown = [name for name in priors if name in answered - known]
    if not unknown:
        return []
    return [
        f"Boxes with the same label tie in a prior, and its {analysis.measure} depends on which of them answers. For "
        f"{listed(unknown)}, the effect is unknown: these results are older than the record of ties."
    ]


def _accuracies(own: TiedSystem) -> tuple[float, ...]:
    return tuple(own.accuracy[rule].estimate for rule in IN_WORDS)


def _warning(alike: Sequence[TiedSystem], measure: Measure) -> str:
    first = alike[0]
    under = listed(
        [
            f"{percent(accuracy)} % with {words}"
            for accuracy, words in zip(_accuracies(first), IN_WORDS.values(), strict=True)
        ]
    )
    answers = listed([f"{own.system} {ANSWERS[own.rule]}" for own in alike])
    return (
        f"Ties decide {points(first.spread)} points of the {measure} of {listed([own.system for own in alike])}. For "
        f"{percent(first.phrases)} % of the test phrases, several boxes ({first.boxes:.1f} on average) have the "
        f"highest score. The {measure} is {under}. In this run, {answers}."
    )
