"""The verdicts, and the hypotheses of each claim, as tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from bench.report.tables.columns import amount_fields, estimate_fields
from bench.report.tables.table import Table
from bench.text.numbers import NONE, count, probability, share, share_of
from bench.verdicts.hypothesis import Decision, Hypothesis
from bench.verdicts.verdict import Quantity, Verdict

P_OF_A_LOSS = (
    "The p-value of a loss tests the hypothesis that the true loss is at least the margin. If the loss is shown to be "
    "at least the margin, the p-value tests the hypothesis that the loss is below the margin."
)


def verdicts(judged: Sequence[Verdict]) -> Table:
    """Every claim with its verdict and the numbers that decide it."""
    rows = tuple(
        (
            verdict.claim.name,
            verdict.decision.value,
            *_tested(verdict),
        )
        for verdict in judged
    )
    return Table(
        name="verdicts",
        caption=(
            "Verdicts on the claims of the protocol. Estimate, interval and p-value are those of the hypothesis that "
            "decides the verdict. Intervals: 90 % for a loss, which is tested one-sided; 95 % otherwise. The p-value "
            f"is adjusted for the number of tests in the family. {P_OF_A_LOSS} A dash: not tested."
        ),
        header=("Claim", "Verdict", "Quantity", "Margin", "Estimate", "p", "Family", "Seeds"),
        rows=rows,
        data=pd.DataFrame([_verdict_fields(verdict) for verdict in judged]),
        words=4,
    )


def hypotheses(verdict: Verdict) -> Table:
    """The hypotheses of a claim about a quantity, in the order of their tests."""
    claim, quantity = verdict.claim, verdict.claim.quantity
    assert quantity is not None
    confidence = verdict.hypotheses[0].confidence if verdict.hypotheses else 0.95
    return Table(
        name=f"claim-{claim.name}",
        caption=(
            f"{claim.name}: {quantity.title.lower()} in {quantity.unit}, margin "
            f"{claim.margin_in_words(verdict.margin)}; {verdict.method}."
            f"{f' {P_OF_A_LOSS}' if quantity.one_sided else ''}"
        ),
        header=(
            "Finding",
            "Training images",
            "Fraction",
            "Against",
            quantity.title,
            f"{share(confidence)} interval",
            "p",
            *([] if quantity.one_sided else ["p (Holm)"]),
        ),
        rows=tuple(_row(quantity, test) for test in verdict.hypotheses),
        data=pd.DataFrame([_hypothesis_fields(claim.name, test) for test in verdict.hypotheses]),
    )


def _row(quantity: Quantity, test: Hypothesis) -> tuple[str, ...]:
    return (
        test.finding if test.reached else "not reached",
        count(test.fraction.images),
        share_of(test.fraction),
        NONE if test.against is None else count(test.against.images),
        quantity.write(test.estimate),
        quantity.interval(test) or NONE,
        probability(carrying(quantity, test, test.p)) if test.reached else NONE,
        *([] if quantity.one_sided else [probability(test.p_adjusted)]),
    )


def _tested(verdict: Verdict) -> tuple[str, ...]:
    """Write what decides a verdict; dashes where nothing was tested."""
    test, quantity = verdict.deciding, verdict.claim.quantity
    if test is None or quantity is None:
        return (NONE,) * 6
    return (
        f"{quantity.title.lower()}, {quantity.unit}",
        verdict.claim.margin_in_words(verdict.margin),
        f"{quantity.write(test.estimate)} {quantity.interval(test)}".rstrip(),
        probability(carrying(quantity, test, test.p_adjusted)),
        str(verdict.family),
        str(len(verdict.seeds)),
    )


def carrying(quantity: Quantity, test: Hypothesis, p: float) -> float:
    """Return the p-value that carries a decision; p of a loss is that of losing the margin or more."""
    return test.p_against if quantity.one_sided and test.decision is Decision.refuted else p


def _verdict_fields(verdict: Verdict) -> dict[str, Any]:
    own = {"claim": verdict.claim.name, "kind": verdict.claim.kind, "verdict": verdict.decision.value}
    test, quantity = verdict.deciding, verdict.claim.quantity
    numbers = {
        "quantity": None if test is None or quantity is None else quantity.title.lower(),
        "estimate": verdict.estimate,
        "low": None if test is None else test.low,
        "high": None if test is None else test.high,
        "confidence": None if test is None else test.confidence,
        "p": None if test is None else test.p,
        "p_adjusted": verdict.p,
    }
    size = {"family": verdict.family, "seeds": len(verdict.seeds), "test_images": verdict.images}
    return {**own, **numbers, "margin": verdict.margin, **size}


def _hypothesis_fields(claim: str, test: Hypothesis) -> dict[str, Any]:
    against = {f"against_{name}": value for name, value in amount_fields(test.against).items()}
    numbers = {name: getattr(test, name) for name in ("low", "high", "confidence", "p", "p_adjusted")}
    basis = {f"tested_{name}": value for name, value in estimate_fields(test.basis).items()}
    decided = {"verdict": test.decision.value, "finding": test.finding, "reached": test.reached}
    own = {"claim": claim, **amount_fields(test.fraction), **against, "estimate": test.estimate}
    return {**own, **numbers, **decided, **basis}
