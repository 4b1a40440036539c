"""The verdicts, and the hypotheses of each claim, as tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isnan
from typing import Any

import pandas as pd

from bench.claims.verdict import Decision, Hypothesis, Verdict
from bench.protocol.claims import Claim, CompetitiveClaim, MoreEfficientClaim, RetainsClaim, RobustClaim
from bench.report.tables.columns import amount_fields, estimate_fields
from bench.report.tables.table import Table
from bench.text.numbers import NONE, count, exact_points, percent, points, probability, share, signed


@dataclass(frozen=True)
class Quantity:
    """What a claim is about.

    Attributes:
        title: its name.
        unit: what it is shown in.
    """

    title: str
    unit: str


P_OF_A_LOSS = (
    "The p-value of a loss tests the hypothesis that the true loss is at least the margin; where the loss is shown to "
    "be at least the margin, it tests the hypothesis that the loss is below the margin."
)
LEAD, LOSS, KEPT = Quantity("Lead", "points"), Quantity("Loss", "points"), Quantity("Gain kept", "%")


def quantity_of(claim: Claim) -> Quantity:
    """Return what a claim is about."""
    if isinstance(claim, CompetitiveClaim):
        return LOSS
    return KEPT if isinstance(claim, RetainsClaim) else LEAD


def verdicts(found: Sequence[Verdict]) -> Table:
    """Every claim with its verdict and the numbers that decide it."""
    rows = tuple(
        (
            one.claim.name,
            one.decision.value,
            *_tested(one),
        )
        for one in found
    )
    return Table(
        name="verdicts",
        caption=(
            "The claims of the protocol: the hypothesis that decides each verdict, its interval (90 % for a loss, "
            "which is tested one-sided; otherwise 95 %), and the p-value behind the verdict, adjusted for the number "
            f"of tests in the family. {P_OF_A_LOSS} A dash: not tested."
        ),
        header=("Claim", "Verdict", "Quantity", "Margin", "Estimate", "p", "Family", "Seeds"),
        rows=rows,
        data=pd.DataFrame([_verdict_fields(one) for one in found]),
        words=4,
    )


def hypotheses(verdict: Verdict) -> Table:
    """The hypotheses of a claim, in the order of their tests."""
    quantity, adjusted = quantity_of(verdict.claim), not isinstance(verdict.claim, CompetitiveClaim)
    confidence = verdict.hypotheses[0].confidence if verdict.hypotheses else 0.95
    return Table(
        name=f"claim-{verdict.claim.name}",
        caption=(
            f"{verdict.claim.name}: {quantity.title.lower()} in {quantity.unit}, margin "
            f"{_margin(verdict.claim, verdict.margin)}; {verdict.method}."
            f"{'' if adjusted else f' {P_OF_A_LOSS}'}"
        ),
        header=(
            "Finding",
            "Training images",
            "Fraction",
            "Against",
            quantity.title,
            f"{share(confidence)} interval",
            "p",
            *(["p (Holm)"] if adjusted else []),
        ),
        rows=tuple(_row(verdict.claim, one, adjusted=adjusted) for one in verdict.hypotheses),
        data=pd.DataFrame([_hypothesis_fields(verdict.claim, one) for one in verdict.hypotheses]),
    )


def _row(claim: Claim, one: Hypothesis, *, adjusted: bool) -> tuple[str, ...]:
    return (
        one.finding if one.reached else "not reached",
        count(one.portion.images),
        share(one.portion.share),
        NONE if one.against is None else count(one.against.images),
        _number(claim, one.estimate),
        NONE if isnan(one.low) else f"[{_number(claim, one.low)}, {_number(claim, one.high)}]",
        probability(_carrying(claim, one, one.p)) if one.reached else NONE,
        *([probability(one.p_adjusted)] if adjusted else []),
    )


def _tested(verdict: Verdict) -> tuple[str, ...]:
    """Write what decides a verdict; dashes where nothing was tested."""
    claim, one = verdict.claim, verdict.deciding
    if one is None:
        return (NONE,) * 6
    return (
        f"{quantity_of(claim).title.lower()}, {quantity_of(claim).unit}",
        _margin(claim, verdict.margin),
        _estimate(claim, one),
        probability(_carrying(claim, one, one.p_adjusted)),
        str(verdict.family),
        str(len(verdict.seeds)),
    )


def _carrying(claim: Claim, one: Hypothesis, p: float) -> float:
    """Return the p-value that carries a decision: p is that of losing the margin or more, which refutes by 1 - p."""
    return 1 - p if isinstance(claim, CompetitiveClaim) and one.decision is Decision.refuted else p


def _estimate(claim: Claim, one: Hypothesis) -> str:
    interval = "" if isnan(one.low) else f" [{_number(claim, one.low)}, {_number(claim, one.high)}]"
    return f"{_number(claim, one.estimate)}{interval}"


def _number(claim: Claim, value: float) -> str:
    if isinstance(claim, RetainsClaim):
        return percent(value)
    return points(value) if isinstance(claim, CompetitiveClaim) else signed(value)


def _margin(claim: Claim, margin: float) -> str:
    if isinstance(claim, RobustClaim):
        return NONE
    if isinstance(claim, MoreEfficientClaim):
        return "0 points with the same data" if margin == 1 else f"0 points with {margin:g} times the data"
    return f"{exact_points(margin)} %" if isinstance(claim, RetainsClaim) else f"{exact_points(margin)} points"


def _verdict_fields(verdict: Verdict) -> dict[str, Any]:
    own = {"claim": verdict.claim.name, "kind": verdict.claim.kind, "verdict": verdict.decision.value}
    one = verdict.deciding
    numbers = {
        "quantity": None if one is None else quantity_of(verdict.claim).title.lower(),
        "estimate": verdict.estimate,
        "low": None if one is None else one.low,
        "high": None if one is None else one.high,
        "confidence": None if one is None else one.confidence,
        "p": None if one is None else one.p,
        "p_adjusted": verdict.p,
    }
    size = {"family": verdict.family, "seeds": len(verdict.seeds), "test_images": verdict.images}
    return {**own, **numbers, "margin": verdict.margin, **size}


def _hypothesis_fields(claim: Claim, one: Hypothesis) -> dict[str, Any]:
    against = {f"against_{name}": value for name, value in amount_fields(one.against).items()}
    tested = {name: getattr(one, name) for name in ("low", "high", "confidence", "p", "p_adjusted")}
    basis = {f"tested_{name}": value for name, value in estimate_fields(one.basis).items()}
    found = {"verdict": one.decision.value, "finding": one.finding, "reached": one.reached}
    own = {"claim": claim.name, **amount_fields(one.portion), **against, "estimate": one.estimate}
    return {**own, **tested, **found, **basis}
