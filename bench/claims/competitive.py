"""The claim that a small fraction of the training data is competitive with all of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bench.analysis.evidence import Evidence
from bench.analysis.fraction import Portion
from bench.claims.power import power_of
from bench.claims.verdict import Decision, Hypothesis, Verdict
from bench.protocol.claims import CompetitiveClaim
from bench.stats import Finding, NonInferiority, non_inferiority, smallest_competitive, variance_components
from bench.stats.outcomes.non_inferiority import ALPHA
from bench.text.numbers import amount, exact_points, images, p_statement, points, share, span
from bench.text.statuses import WHY_NOT

METHOD = "non-inferiority by two-way cluster-robust t, one-sided, in a fixed sequence from the largest fraction down"
DECISIONS = {
    Finding.non_inferior: Decision.supported,
    Finding.within_margin: Decision.supported,
    Finding.inferior: Decision.refuted,
    Finding.inconclusive: Decision.inconclusive,
    Finding.not_testable: Decision.not_testable,
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


def claimed(claim: CompetitiveClaim, verdict: CompetitiveVerdict) -> str:
    """State what is claimed."""
    less = "a fraction of the data" if verdict.up_to is None else f"at most {amount(verdict.up_to)}"
    return (
        f"trained on {less}, {claim.system} loses less than {exact_points(claim.margin)} points of "
        f"accuracy against training on {amount(verdict.reference)}."
    )


def stated(claim: CompetitiveClaim, verdict: CompetitiveVerdict) -> str:
    """State what was found."""
    one = verdict.deciding
    system, against = claim.system, f"{claim.system} trained on {amount(verdict.reference)}"
    if one is None:
        return f"{system} has one amount of training data, so there is nothing to compare it with."
    less, margin = amount(one.portion), f"the margin of {exact_points(claim.margin)} points"
    if verdict.decision is Decision.supported:
        side = "more than nothing but less than" if one.finding == Finding.within_margin else "less than"
        return (
            f"With {less}, {system} is competitive with {against}: its loss is {_loss(one)}, shown to be {side} "
            f"{margin} ({p_statement(one.p)}).{_without_training(verdict)}"
        )
    if verdict.smallest is not None:
        return f"{system} is competitive with {against} with {amount(verdict.smallest)}. {_stop(one, claim.margin)}"
    if verdict.decision is Decision.refuted:
        return (
            f"Not even with {less} is {system} competitive with {against}: its loss is {_loss(one)}, shown to be no "
            f"less than {margin}."
        )
    if verdict.decision is Decision.inconclusive:
        return (
            f"Whether {system} with {less} is competitive with {against} is left open: its loss is {_loss(one)}, which "
            f"does not settle on which side of {margin} it lies ({p_statement(one.p)})."
        )
    return (
        f"Whether {system} with {less} is within {margin} of {against} cannot be tested: {WHY_NOT[one.basis.status]}."
    )


def qualified(verdict: CompetitiveVerdict) -> list[str]:
    """State what a reader has to know beside it: where the sequence stopped, the prior, how much "all" is."""
    told = []
    stop = verdict.stopped_at
    if stop is not None and verdict.decision is Decision.supported:
        told.append(_stop(stop, verdict.margin))
    if stop is not None and verdict.smallest is not None and stop is not verdict.hypotheses[-1]:
        told.append("Smaller amounts are therefore not tested, which decides nothing against them.")
    if (
        verdict.prior is not None
        and not _without_training(verdict)
        and verdict.prior.verdict is not Finding.not_testable
    ):
        told.append(_prior_in_words(verdict.prior, verdict))
    if verdict.reference.share < 1:
        told.append(
            f"The largest training set of this protocol, {images(verdict.reference.images)}, is "
            f"{share(verdict.reference.share)} of the images there are; the comparison is with that."
        )
    return told


def _loss(one: Hypothesis) -> str:
    return f"{points(one.estimate)} points ({share(one.confidence)} interval {span(one.low, one.high)})"


def _stop(one: Hypothesis, margin: float) -> str:
    """State what ended the sequence; the p-value is that of losing the margin or more, so it goes with no such loss."""
    if one.decision is Decision.not_testable:
        return f"The sequence ends at {amount(one.portion)}: {WHY_NOT[one.basis.status]}."
    refuted = one.decision is Decision.refuted
    side = "shown to be no less than" if refuted else "not shown to be less than"
    p = "" if refuted else f" ({p_statement(one.p)})"
    return (
        f"The sequence ends at {amount(one.portion)}: the loss there is {_loss(one)}, {side} the margin of "
        f"{exact_points(margin)} points{p}."
    )


def _without_training(verdict: CompetitiveVerdict) -> str:
    """State that training may not be what makes a fraction competitive; nothing where it is."""
    prior = verdict.prior
    if verdict.decision is not Decision.supported or prior is None:
        return ""
    if prior.verdict in (Finding.inferior, Finding.not_testable):
        return ""
    return f" {_prior_in_words(prior, verdict)}"


def _prior_in_words(prior: NonInferiority, verdict: CompetitiveVerdict) -> str:
    if prior.verdict is Finding.inferior:
        meaning = "more than the margin, so it takes training to be competitive"
    elif prior.verdict.is_competitive:
        meaning = "less than the margin: by this margin no training at all is competitive too"
    else:
        meaning = "which may be less than the margin: that training is needed at all is not shown"
    loss = f"{points(prior.loss.estimate)} points (90 % interval {span(prior.at_least, prior.at_most)})"
    return f"Without training, the prior loses {loss} against {amount(verdict.reference)}, {meaning}."
