"""The claim that a small fraction of the training data is competitive with all of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from bench.analysis.curves import Portion
from bench.analysis.gains import prior_of
from bench.analysis.outcomes import Outcomes
from bench.protocol import CompetitiveClaim, Protocol
from bench.standing import UNTRAINED
from bench.stats import NonInferiority, Verdict, non_inferiority, smallest_competitive


class Decision(StrEnum):
    """What became of a claim."""

    supported = "supported"
    """At least one smaller fraction is shown to lose less than the margin."""
    refuted = "refuted"
    """The largest smaller fraction is shown to lose the margin or more."""
    inconclusive = "inconclusive"
    """Neither is shown."""
    not_testable = "not testable"
    """Trials are missing, or there is no spread to go by."""


@dataclass(frozen=True)
class CompetitiveStep:
    """One fraction against the reference.

    Attributes:
        portion: the fraction.
        outcome: the comparison.
        reached: whether the sequence came this far; when not, `outcome` describes and decides nothing.
    """

    portion: Portion
    outcome: NonInferiority
    reached: bool


@dataclass(frozen=True)
class CompetitiveDecision:
    """A claim and what became of it.

    Attributes:
        system: the trained system.
        margin: loss of accuracy that no longer counts as competitive, as a share.
        decision: what follows.
        reference: the largest training set of the protocol.
        steps: the smaller ones, from the largest down.
        smallest: the smallest that is competitive, or None.
        seeds: seeds that have a complete trial at every amount of data compared.
        seeds_planned: seeds of the protocol.
        prior: the untrained prior against the reference with the same margin, outside the sequence; None without one.
    """

    system: str
    margin: float
    decision: Decision
    reference: Portion
    steps: tuple[CompetitiveStep, ...]
    smallest: Portion | None
    seeds: tuple[int, ...]
    seeds_planned: int
    prior: NonInferiority | None

    @property
    def stopped_at(self) -> CompetitiveStep | None:
        """The step that ended the sequence; None when every fraction passed or there is only one."""
        failed = (step for step in self.steps if step.reached and not step.outcome.verdict.is_competitive)
        return next(failed, None)


def decide(
    claim: CompetitiveClaim, protocol: Protocol, portions: dict[str, Portion], outcomes: Outcomes
) -> CompetitiveDecision:
    """Test a claim by a fixed sequence from the largest fraction down.

    All comparisons use the seeds that are complete at every amount of data which has any complete trial; an amount
    without any ends the sequence.
    """
    done = {label: set(outcomes.seeds(claim.system, label)) for label in portions}
    started = [found for found in done.values() if found]
    seeds = tuple(sorted(set.intersection(*started))) if started else ()
    correct = {label: outcomes.counts(claim.system, label, seeds) for label in portions}
    phrases = outcomes.test.sizes()
    # Keyed by the protocol's own values: in a tiny corpus two fractions may round to one number of images.
    by_value = {value: portions[label] for label, value in protocol.portions.items()}
    found = smallest_competitive({v: correct[one.label] for v, one in by_value.items()}, phrases, claim.margin)
    reference = by_value[found.reference]
    steps = tuple(CompetitiveStep(by_value[step.fraction], step.outcome, step.reached) for step in found.steps)
    prior, name = None, prior_of(protocol)
    if name is not None and outcomes.seeds(name, UNTRAINED):
        untrained = np.repeat(outcomes.counts(name, UNTRAINED, (0,)), len(seeds), axis=0)
        prior = non_inferiority(correct[reference.label], untrained, phrases, claim.margin)
    return CompetitiveDecision(
        system=claim.system,
        margin=claim.margin,
        decision=_decision(steps),
        reference=reference,
        steps=steps,
        smallest=None if found.smallest is None else by_value[found.smallest],
        seeds=seeds,
        seeds_planned=protocol.seeds,
        prior=prior,
    )


def _decision(steps: tuple[CompetitiveStep, ...]) -> Decision:
    if not steps:
        return Decision.not_testable
    verdict = steps[0].outcome.verdict
    if verdict.is_competitive:
        return Decision.supported
    by_verdict = {Verdict.inferior: Decision.refuted, Verdict.inconclusive: Decision.inconclusive}
    return by_verdict.get(verdict, Decision.not_testable)
