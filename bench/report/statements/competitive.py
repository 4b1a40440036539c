"""The claim that a small fraction is competitive with all of the data, in words."""

from __future__ import annotations

from bench.analysis import CompetitiveVerdict, Decision, Hypothesis
from bench.claims import CompetitiveClaim
from bench.report.numbers import amount, exact_points, images, p_statement, points, share, span
from bench.report.statuses import WHY_NOT
from bench.stats import NonInferiority, Verdict


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
        side = "more than nothing but less than" if one.finding == Verdict.within_margin else "less than"
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
        and verdict.prior.verdict is not Verdict.not_testable
    ):
        told.append(_prior(verdict.prior, verdict))
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
    if prior.verdict in (Verdict.inferior, Verdict.not_testable):
        return ""
    return f" {_prior(prior, verdict)}"


def _prior(prior: NonInferiority, verdict: CompetitiveVerdict) -> str:
    if prior.verdict is Verdict.inferior:
        meaning = "more than the margin, so it takes training to be competitive"
    elif prior.verdict.is_competitive:
        meaning = "less than the margin: by this margin no training at all is competitive too"
    else:
        meaning = "which may be less than the margin: that training is needed at all is not shown"
    loss = f"{points(prior.loss.estimate)} points (90 % interval {span(prior.at_least, prior.at_most)})"
    return f"Without training, the prior loses {loss} against {amount(verdict.reference)}, {meaning}."
