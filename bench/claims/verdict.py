"""What became of a claim: the decision, and every number that it rests on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import isnan, nan

from bench.analysis.fraction import Portion
from bench.claims.power import Power
from bench.protocol.claims import Claim
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
        portion: the amount of data that the claim's system was trained on.
        against: the amount of data of the other side; None when that is not trained.
        basis: the two-way estimate that decides, its `p` unadjusted; its status says why a test is missing.
        components: what the spread of the outcomes behind `basis` is made of.
        estimate: the quantity that the claim is about: a lead or a loss in shares of accuracy, or a share of a gain.
        low: lower end of its interval.
        high: upper end of its interval.
        confidence: of the interval, in (0, 1).
        p: unadjusted.
        p_adjusted: over the claim's family; p itself where the order of the tests makes a correction needless.
        decision: what follows for this hypothesis.
        finding: the same in the words of the method, `non-inferior`.
        reached: whether a fixed sequence came this far; when not, the numbers describe and decide nothing.
    """

    portion: Portion
    against: Portion | None
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


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """A claim and what became of it.

    Attributes:
        claim: as the protocol states it.
        decision: what follows.
        margin: what the claim's quantity is held against: a lead, a loss, a share of a gain, a multiple of the data.
        method: how the hypotheses were tested, in words.
        hypotheses: tested one by one; none for a claim about another claim.
        deciding: the one that the decision hangs on; None where there is none.
        family: hypotheses that share one level; a correction or a fixed order keeps it.
        seeds: seeds that entered, complete at every amount of data compared.
        seeds_planned: seeds of the protocol.
        images: test images.
        power: what a study of this size can show, for the deciding hypothesis; None without a test.
        untestable: why there is nothing to test: the claim does not apply to this run; None when there is.
    """

    claim: Claim
    decision: Decision
    margin: float
    method: str
    hypotheses: tuple[Hypothesis, ...]
    deciding: Hypothesis | None
    family: int
    seeds: tuple[int, ...]
    seeds_planned: int
    images: int
    power: Power | None = None
    untestable: str | None = None

    @property
    def estimate(self) -> float:
        """The quantity that the claim is about, in the deciding hypothesis; NaN without one."""
        return nan if self.deciding is None else self.deciding.estimate

    @property
    def p(self) -> float:
        """The adjusted p-value of the deciding hypothesis; NaN without one."""
        return nan if self.deciding is None else self.deciding.p_adjusted


def all_hold(hypotheses: Sequence[Hypothesis]) -> Decision:
    """Decide a claim that every one of its hypotheses holds.

    One counterexample refutes it; without one, it takes all of them to support it.
    """
    found = {one.decision for one in hypotheses}
    if not found:
        return Decision.not_testable
    for decision in (Decision.refuted, Decision.inconclusive, Decision.not_testable):
        if decision in found:
            return decision
    return Decision.supported


def deciding(hypotheses: Sequence[Hypothesis], decision: Decision) -> Hypothesis | None:
    """Return the hypothesis that the decision about all of them hangs on.

    The surest counterexample of a refuted claim, the least sure hypothesis of a supported one, the lowest of one that
    is left open; the first where none has a p-value.
    """
    candidates = [one for one in hypotheses if one.decision is decision]
    tested = [one for one in candidates if not isnan(one.p)]
    if not tested:
        return candidates[0] if candidates else None
    if decision is Decision.inconclusive:
        return min(tested, key=lambda one: one.basis.estimate)
    return (min if decision is Decision.refuted else max)(tested, key=lambda one: one.p)
