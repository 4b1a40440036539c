"""Sentences that state a decision; every number in them is one of the decision's fields."""

from __future__ import annotations

from bench.analysis import CompetitiveDecision, CompetitiveStep, Decision, Gain
from bench.report.numbers import amount, count, exact_points, images, listed, p_statement, points, share, signed, span
from bench.stats import NonInferiority, Status, Verdict

ALPHA = 0.05
"""Adjusted p-values below this are called differences."""
FINDINGS = ("more accurate with", "less accurate with", "not shown to differ with", "not tested with")
WHY_NOT = {
    Status.one_seed: "there is one seed, so nothing is known of further trainings",
    Status.identical_seeds: "the seeds agree everywhere, so nothing is known of further trainings",
    Status.one_image: "there is one test image",
    Status.constant: "no image and no seed departs from the mean, so there is no spread to go by",
    Status.nan: "trials are missing",
    Status.empty: "trials are missing",
}


def statement(decision: CompetitiveDecision) -> str:
    """State what became of a claim, in one sentence."""
    if not decision.steps:
        return f"{decision.system} has one amount of training data, so there is nothing to compare it with."
    against = f"trained on {amount(decision.reference)}"
    margin = f"the margin of {exact_points(decision.margin)} points"
    if decision.smallest is not None:
        passed = next(step for step in decision.steps if step.portion == decision.smallest)
        return (
            f"With {amount(passed.portion)}, {decision.system} is competitive with {decision.system} {against}: "
            f"its loss is {_loss(passed.outcome)}, shown to be {_side(passed.outcome)} {margin} "
            f"({p_statement(passed.outcome.p)})."
        )
    first = decision.steps[0]
    if decision.decision is Decision.not_testable:
        why = WHY_NOT[first.outcome.loss.status]
        return (
            f"Whether {decision.system} with {amount(first.portion)} is within {margin} of {decision.system} "
            f"{against} cannot be tested: {why}."
        )
    if decision.decision is Decision.refuted:
        return (
            f"Not even with {amount(first.portion)} is {decision.system} competitive with {decision.system} {against}: "
            f"its loss is {_loss(first.outcome)}, shown to be no less than {margin}."
        )
    return (
        f"Whether {decision.system} with {amount(first.portion)} is competitive with {decision.system} {against} "
        f"is left open: its loss is {_loss(first.outcome)}, which does not settle on which side of {margin} it lies "
        f"({p_statement(first.outcome.p)})."
    )


def qualifications(decision: CompetitiveDecision) -> list[str]:
    """State what a reader has to know beside the statement: where the sequence stopped, the prior, lost seeds."""
    told = []
    stop = decision.stopped_at
    if stop is not None and decision.smallest is not None:
        told.append(_stop(stop, decision.margin, more=stop is not decision.steps[-1]))
    if decision.prior is not None and decision.prior.verdict is not Verdict.not_testable:
        told.append(_prior(decision.prior, decision))
    if decision.seeds and len(decision.seeds) < decision.seeds_planned:
        told.append(
            f"Only {len(decision.seeds)} of {decision.seeds_planned} seeds are complete at every amount of data that "
            f"has been started, and the comparison rests on those ({listed([str(seed) for seed in decision.seeds])})."
        )
    if decision.reference.share < 1:
        told.append(
            f"The largest training set of this protocol, {images(decision.reference.images)}, is "
            f"{share(decision.reference.share)} of the images there are; the comparison is with that."
        )
    return told


def gain_statement(gains: list[Gain]) -> str:
    """State at which amounts of data one system differs from the prior.

    Args:
        gains: of one system, ascending by amount of data; at least one.
    """
    first = gains[0]
    groups: dict[str, list[str]] = {finding: [] for finding in FINDINGS}
    for gain in gains:
        groups[_finding(gain)].append(count(gain.portion.images))
    parts = [f"{finding} {listed(amounts)}" for finding, amounts in groups.items() if amounts]
    return (
        f"Against the untrained prior, {first.system} is {'; '.join(parts)} training images "
        f"(Holm's correction over a family of {first.family}, 5 %)."
    )


def largest_gain_statement(gain: Gain) -> str:
    """State how much training adds at one amount of data."""
    difference = gain.difference
    if not difference.status.has_interval:
        return (
            f"Trained on {amount(gain.portion)}, {gain.system} differs from the prior by "
            f"{signed(difference.estimate)} points; there is no interval, because {WHY_NOT[difference.status]}."
        )
    where = f"Trained on {amount(gain.portion)}, {gain.system}"
    p = f"adjusted {p_statement(gain.p_holm)}"
    if not gain.p_holm < ALPHA:
        tested = f"{p}: no difference is shown" if difference.status is Status.ok else "not tested"
        reach = span(difference.low, difference.high)
        return (
            f"{where} differs from the prior by {signed(difference.estimate)} points (95 % interval {reach}; {tested})."
        )
    verb, sign = ("gains", 1) if difference.estimate >= 0 else ("loses", -1)
    reach = span(*sorted((sign * difference.low, sign * difference.high)))
    return f"{where} {verb} {points(sign * difference.estimate)} points on the prior (95 % interval {reach}; {p})."


def _finding(gain: Gain) -> str:
    if gain.difference.status is not Status.ok:
        return "not tested with"
    if not gain.p_holm < ALPHA:
        return "not shown to differ with"
    return "more accurate with" if gain.difference.estimate > 0 else "less accurate with"


def _loss(outcome: NonInferiority) -> str:
    return f"{points(outcome.loss.estimate)} points (90 % interval {span(outcome.at_least, outcome.at_most)})"


def _side(outcome: NonInferiority) -> str:
    return "more than nothing but less than" if outcome.verdict is Verdict.within_margin else "less than"


def _stop(step: CompetitiveStep, margin: float, *, more: bool) -> str:
    below = " Smaller amounts are therefore not tested." if more else ""
    if step.outcome.verdict is Verdict.not_testable:
        return f"The sequence ends at {amount(step.portion)}: {WHY_NOT[step.outcome.loss.status]}.{below}"
    side = "no less than" if step.outcome.verdict is Verdict.inferior else "not shown to be less than"
    return (
        f"The sequence ends at {amount(step.portion)}: the loss there is {_loss(step.outcome)}, {side} the margin of "
        f"{exact_points(margin)} points ({p_statement(step.outcome.p)}).{below}"
    )


def _prior(prior: NonInferiority, decision: CompetitiveDecision) -> str:
    if prior.verdict is Verdict.inferior:
        meaning = "more than the margin, so it takes training to be competitive"
    elif prior.verdict.is_competitive:
        meaning = "less than the margin: by this margin no training at all is competitive too"
    else:
        meaning = "which may be less than the margin: that training is needed at all is not shown"
    return f"Without training, the prior loses {_loss(prior)} against {amount(decision.reference)}, {meaning}."
