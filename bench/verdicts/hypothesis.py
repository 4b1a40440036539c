"""One hypothesis of a claim, tested, and what several decide together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import isnan, nan

from bench.analysis.fraction import Fraction
from bench.stats import Estimate, VarianceComponents


class Decision(StrEnum):
    """What became of a claim, or of one hypothesis of it."""

    supported = "supported"
    """It is shown to hold."""
    refuted = "refuted"
    """It is shown not to hold."""
    inconclusive = "inconclusive"
    """Neither is shown."""
    not_testable = "not testable"
    """There is no test: trials are missing, or there is no spread to go by."""


@dataclass(frozen=True, kw_only=True)
class Hypothesis:
    """One hypothesis of a claim, tested. Numbers that the status of `basis` rules out are NaN.

    Attributes:
        fraction: the amount of data that the claim's system was trained on.
        against: the amount of data of the other side; None when that is not trained.
        basis: the two-way estimate that decides, its `p` that of its own look; its status says why a test is missing.
        components: what the spread of the outcomes behind `basis` is made of.
        estimate: the quantity that the claim is about: a lead or a loss in shares of accuracy, or a share of a gain.
        low: lower end of its interval, which at a look of a plan is a repeated confidence interval.
        high: upper end of its interval.
        confidence: of the interval, over all looks of a plan, in (0, 1).
        p: adjusted for the looks of a plan, if there is one, and not for the family.
        p_adjusted: over the claim's family; p itself where the order of the tests makes a correction needless.
        p_against: of a one-sided test, the p-value of the opposite one, by which it is refuted; else NaN.
        decision: what follows for this hypothesis.
        finding: the same in the words of the method, `non-inferior`.
        reached: whether a fixed sequence came this far; when not, the numbers describe and decide nothing.
    """

    fraction: Fraction
    against: Fraction | None
    basis: Estimate
    components: VarianceComponents
    estimate: float
    low: float
    high: float
    confidence: float
    p: float
    p_adjusted: float
    decision: Decision
    finding: str
    reached: bool = True
    p_against: float = nan


def all_hold(hypotheses: Sequence[Hypothesis]) -> Decision:
    """Decide a claim that every one of its hypotheses holds.

    One counterexample refutes it; without one, it takes all of them to support it.
    """
    decisions = {hypothesis.decision for hypothesis in hypotheses}
    if not decisions:
        return Decision.not_testable
    for decision in (Decision.refuted, Decision.inconclusive, Decision.not_testable):
        if decision in decisions:
            return decision
    return Decision.supported


def deciding(hypotheses: Sequence[Hypothesis], decision: Decision) -> Hypothesis | None:
    """Return the hypothesis that the decision about all of them hangs on.

    The surest counterexample of a refuted claim, the least sure hypothesis of a supported one, the lowest of one that
    is inconclusive; the first where none has a p-value.
    """
    candidates = [hypothesis for hypothesis in hypotheses if hypothesis.decision is decision]
    tested = [hypothesis for hypothesis in candidates if not isnan(hypothesis.p)]
    if not tested:
        return candidates[0] if candidates else None
    if decision is Decision.inconclusive:
        return min(tested, key=lambda hypothesis: hypothesis.basis.estimate)
    return (min if decision is Decision.refuted else max)(tested, key=lambda hypothesis: hypothesis.p)
