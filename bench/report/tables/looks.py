"""What decided each claim at each look of a group-sequential plan, as a table."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from bench.report.tables.claims import P_OF_A_LOSS, carrying
from bench.report.tables.table import Table
from bench.text.numbers import NONE, count, probability
from bench.verdicts.hypothesis import Hypothesis
from bench.verdicts.look_series import LookSeries
from bench.verdicts.verdict import Quantity, Verdict


def looks(series: Sequence[LookSeries]) -> Table:
    """List every claim at every look that is complete, with its repeated confidence interval and sequential p-value."""
    every = [(own.verdict, at, then, test) for own in series for at, then, test in own.at_looks]
    rows = tuple(
        (
            verdict.claim.name,
            then.decision.value,
            f"{quantity.title.lower()}, {quantity.unit}",
            str(at.look.number),
            str(at.look.seeds),
            count(test.fraction.images),
            quantity.write(test.estimate),
            quantity.interval(test) or NONE,
            probability(carrying(quantity, test, test.p_adjusted)) if test.reached else NONE,
        )
        for verdict, at, then, test in every
        for quantity in (_quantity(verdict),)
    )
    return Table(
        name="looks",
        caption=(
            "Each claim at each look of the plan. Estimate, repeated confidence interval and sequential p-value are "
            "those of the hypothesis that decides the claim at the latest look. The p-value is adjusted for the "
            f"family. {P_OF_A_LOSS} A dash: not tested, or not reached by the fixed sequence."
        ),
        header=("Claim", "Verdict", "Quantity", "Look", "Seeds", "Training images", "Estimate", "Interval", "p"),
        rows=rows,
        data=pd.DataFrame(
            [
                {
                    "claim": verdict.claim.name,
                    "look": at.look.number,
                    "seeds": at.look.seeds,
                    "verdict": then.decision.value,
                    **_numbers(then, test),
                }
                for verdict, at, then, test in every
            ]
        ),
        words=3,
    )


def _quantity(verdict: Verdict) -> Quantity:
    assert verdict.claim.quantity is not None
    return verdict.claim.quantity


def _numbers(verdict: Verdict, test: Hypothesis) -> dict[str, float | str | None]:
    return {
        "quantity": _quantity(verdict).title.lower(),
        "fraction": test.fraction.label,
        "training_images": test.fraction.images,
        "estimate": test.estimate,
        "low": test.low,
        "high": test.high,
        "confidence": test.confidence,
        "p_of_look": test.basis.p,
        "p": test.p,
        "p_adjusted": test.p_adjusted,
        "reached": test.reached,
        "margin": verdict.margin,
    }
