"""How far systems that are not trained hang on what settles ties, in words."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence

from bench.analysis.ties import NOTABLE, TiedSystem
from bench.text.numbers import listed, percent, points
from sprm.settings import Ties

IN_WORDS = {
    Ties.first: "with the first of them in the file",
    Ties.largest: "with the largest",
    Ties.shared: "with all in equal shares",
}


def tie_caveats(systems: Iterable[TiedSystem]) -> list[str]:
    """Warn of systems whose accuracy is another by more than `NOTABLE` under another rule, alike ones together."""
    alike: dict[Hashable, list[TiedSystem]] = {}
    for own in systems:
        if own.spread > NOTABLE:
            alike.setdefault((own.phrases, *_accuracies(own)), []).append(own)
    return [_warning(members) for members in alike.values()]


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
