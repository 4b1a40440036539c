"""How far systems that are not trained hang on what settles ties, in words."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from bench.analysis.ties import NOTABLE, TiedSystem
from bench.report.analyse import Analysis
from bench.systems.system import Role
from bench.text.numbers import listed, percent, points
from sprm.settings import Ties

IN_WORDS = {
    Ties.first: "with the first of them in the file",
    Ties.largest: "with the largest",
    Ties.shared: "with all in equal shares",
}


def tie_caveats(analysis: Analysis) -> list[str]:
    """Warn of systems whose accuracy is another by more than `NOTABLE` under another rule, alike ones together.

    Of a prior whose trial is older than the record of ties, it is told that nobody knows.
    """
    alike: dict[Hashable, list[TiedSystem]] = {}
    for own in analysis.ties:
        if own.spread > NOTABLE:
            alike.setdefault((own.phrases, *_accuracies(own)), []).append(own)
    return [*map(_warning, alike.values()), *_unrecorded(analysis)]


def _unrecorded(analysis: Analysis) -> list[str]:
    known, answered = {own.system for own in analysis.ties}, {record.system for record in analysis.records}
    priors = [name for name, system in analysis.protocol.systems.items() if system.role is Role.prior]
    unknown = [name for name in priors if name in answered - known]
    if not unknown:
        return []
    return [
        f"Boxes with the same label tie in a prior, and its accuracy depends on which of them answers. How far that of "
        f"{listed(unknown)} does is unknown, as these results are from before ties were recorded."
    ]


def _accuracies(own: TiedSystem) -> tuple[float, ...]:
    return tuple(own.accuracy[rule].estimate for rule in IN_WORDS)


def _warning(alike: Sequence[TiedSystem]) -> str:
    first = alike[0]
    under = ", ".join(
        f"{percent(accuracy)} % {words}" for accuracy, words in zip(_accuracies(first), IN_WORDS.values(), strict=True)
    )
    answers = listed([f"{own.system} answers {IN_WORDS[own.rule]}" for own in alike])
    return (
        f"Ties decide {points(first.spread)} points of the accuracy of {listed([own.system for own in alike])}: for "
        f"{percent(first.phrases)} % of the phrases several boxes ({first.boxes:.1f} on average) have the highest "
        f"score. The accuracy is {under}. Here, {answers}."
    )
