"""What decides a claim, followed over the looks of a plan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bench.verdicts.hypothesis import Hypothesis
from bench.verdicts.stopping import Standing
from bench.verdicts.verdict import Verdict


@dataclass(frozen=True)
class LookSeries:
    """The hypothesis that decides a claim at the latest look, at every look so far.

    Attributes:
        verdict: at the latest look.
        at_looks: the looks and their hypothesis about the same amounts of data, with its repeated confidence interval.
    """

    verdict: Verdict
    at_looks: tuple[tuple[Standing, Verdict, Hypothesis], ...]


def look_series(looks: Sequence[Standing]) -> tuple[LookSeries, ...]:
    """Follow what decides each claim over looks; a claim without a hypothesis, such as one about another, is left out.

    Args:
        looks: those that are complete, in their order.
    """
    if not looks:
        return ()
    return tuple(
        LookSeries(verdict, tuple(_same(place, verdict.deciding, looks)))
        for place, verdict in enumerate(looks[-1].verdicts)
        if verdict.deciding is not None and verdict.claim.quantity is not None
    )


def _same(
    place: int, deciding: Hypothesis, looks: Sequence[Standing]
) -> Sequence[tuple[Standing, Verdict, Hypothesis]]:
    return [
        (at, at.verdicts[place], each)
        for at in looks
        for each in at.verdicts[place].hypotheses
        if (each.fraction, each.against) == (deciding.fraction, deciding.against)
    ]
