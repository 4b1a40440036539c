"""The claim that a small fraction of the training data is competitive with all of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bench.analysis.evidence import Evidence
from bench.analysis.portion import Portion
from bench.analysis.verdicts.power import power_of
from bench.analysis.verdicts.verdict import Decision, Hypothesis, Verdict
from bench.claims import CompetitiveClaim
from bench.stats import NonInferiority, non_inferiority, smallest_competitive, variance_components
from bench.stats import Verdict as Outcome
from bench.stats.non_inferiority import ALPHA

METHOD = "non-inferiority by two-way cluster-robust t, one-sided, in a fixed sequence from the largest fraction down"
DECISIONS = {
    Outcome.non_inferior: Decision.supported,
    Outcome.within_margin: Decision.supported,
    Outcome.inferior: Decision.refuted,
    Outcome.inconclusive: Decision.inconclusive,
    Outcome.not_testable: Decision.not_testable,
}


@dataclass(frozen=True, kw_only=True)
class CompetitiveVerdict(Verdict):
    """What became of the claim.

    Attributes:
        reference: the largest training set of the protocol, against which the others lose.
        smallest: the smallest that is competitive, small or not; None when none is.
        up_to: the largest amount of data that counts as small; None when any does.
        prior: the untrained prior against the reference with the same margin, outside the sequence; None without one.
    """

    reference: Portion
    smallest: Portion | None
    up_to: Portion | None
    prior: NonInferiority | None

    @property
    def stopped_at(self) -> Hypothesis | None:
        """The hypothesis that ended the sequence; None when every fraction passed or there is only one."""
        failed = (one for one in self.hypotheses if one.reached and one.decision is not Decision.supported)
        return next(failed, None)


def judge_competitive(claim: CompetitiveClaim, evidence: Evidence) -> CompetitiveVerdict:
    """Test the claim by a fixed sequence from the largest fraction down.

    All comparisons use the seeds that are complete at every amount of data which has any complete trial; an amount
    without any ends the sequence. The claim is supported when the sequence comes to a competitive fraction that counts
    as small. Otherwise the fraction that ended it decides: what is not competitive with more data is not with less.
    """
    phrases, by_value = evidence.phrases, evidence.by_value()
    seeds = evidence.seeds((claim.system, portion) for portion in by_value.values())
    correct = {value: evidence.counts(claim.system, portion, seeds) for value, portion in by_value.items()}
    found = smallest_competitive(correct, phrases, claim.margin)
    hypotheses = tuple(
        Hypothesis(
            portion=by_value[step.fraction],
            against=by_value[found.reference],
            basis=step.outcome.loss,
            components=variance_components(correct[found.reference] - correct[step.fraction], phrases),
            estimate=step.outcome.loss.estimate,
            low=step.outcome.at_least,
            high=step.outcome.at_most,
            confidence=1 - 2 * ALPHA,
            p=step.outcome.p,
            p_adjusted=step.outcome.p,
            decision=DECISIONS[step.outcome.verdict],
            finding=step.outcome.verdict.value,
            reached=step.reached,
        )
        for step in found.steps
    )
    smallest = None if found.smallest is None else by_value[found.smallest]
    up_to = None if claim.up_to is None else evidence.at(claim.up_to)
    hanging_on = _deciding(hypotheses, smallest, up_to)
    images = evidence.outcomes.test.images
    return CompetitiveVerdict(
        claim=claim,
        decision=Decision.not_testable if hanging_on is None else hanging_on.decision,
        margin=claim.margin,
        method=METHOD,
        hypotheses=hypotheses,
        deciding=hanging_on,
        family=len(hypotheses),
        seeds=seeds,
        seeds_planned=evidence.protocol.seeds,
        images=images,
        # If nothing were lost, the loss would be the margin away from it.
        power=None if hanging_on is None else power_of(hanging_on.components, len(seeds), images, ALPHA, claim.margin),
        reference=by_value[found.reference],
        smallest=smallest,
        up_to=up_to,
        prior=_prior(claim, evidence, by_value[found.reference], seeds),
    )


def _deciding(hypotheses: Sequence[Hypothesis], smallest: Portion | None, up_to: Portion | None) -> Hypothesis | None:
    """Return the smallest competitive fraction when it is small, or else the one that ended the sequence."""
    if smallest is not None and (up_to is None or smallest.images <= up_to.images):
        return next(one for one in hypotheses if one.portion == smallest)
    return next((one for one in hypotheses if one.decision is not Decision.supported), None)


def _prior(
    claim: CompetitiveClaim, evidence: Evidence, reference: Portion, seeds: tuple[int, ...]
) -> NonInferiority | None:
    name = evidence.protocol.prior
    if name is None:
        return None
    full, untrained = (evidence.counts(one, reference, seeds) for one in (claim.system, name))
    return non_inferiority(full, untrained, evidence.phrases, claim.margin)
