"""The claim that a small fraction of the training data is competitive with all of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

from pydantic import Field

from bench.analysis.fraction import Fraction
from bench.protocol.claim import CLAIMS, Fractions, Mistake, Surroundings
from bench.protocol.schema import Protocol
from bench.stats import Finding, NonInferiority, non_inferiority, smallest_competitive, variance_components
from bench.stats.outcomes.non_inferiority import ALPHA
from bench.text.numbers import amount, exact_points, images, p_statement, points, share, share_of, span
from bench.text.statuses import WHY_NOT
from bench.verdicts.conclude import verdict_of
from bench.verdicts.hypothesis import Decision, Hypothesis
from bench.verdicts.last_step import LastStep, last_step, last_step_statement
from bench.verdicts.verdict import LOSS, Case, Quantity, SystemClaim, Verdict

METHOD = "non-inferiority by two-way cluster-robust t, one-sided, in a fixed sequence from the largest fraction down"
DECISIONS = {
    Finding.non_inferior: Decision.supported,
    Finding.within_margin: Decision.supported,
    Finding.inferior: Decision.refuted,
    Finding.inconclusive: Decision.inconclusive,
    Finding.not_testable: Decision.not_testable,
}


@CLAIMS.register
class CompetitiveClaim(SystemClaim):
    """A system trained on some fraction of the data loses less than the margin against training on all of it."""

    quantity: ClassVar[Quantity | None] = LOSS
    kind: Literal["competitive"]
    margin: float = Field(ge=0, lt=1)
    """Loss of accuracy that no longer counts as competitive, in [0, 1): 0.02 is two points."""
    up_to: float | int | None = None
    """Largest of the protocol's fractions or shots that counts as a small one; any below the largest when left out."""

    def mistakes(self, surroundings: Surroundings) -> Iterator[Mistake]:
        """Yield what is wrong with its system and its fraction."""
        yield from super().mistakes(surroundings)
        if self.up_to is not None:
            yield from surroundings.below_the_largest("up_to", self.up_to)

    def planned_test(self, fractions: Fractions) -> tuple[float, float]:
        """Return the one-sided risk of each of its tests, and the effect: without any loss, it is the margin."""
        return ALPHA, self.margin

    def judge(self, case: Case) -> CompetitiveVerdict:
        """Test the claim by a fixed sequence from the largest fraction down.

        All comparisons use the seeds that are complete at every amount of data which has any complete trial; an amount
        without any ends the sequence. The claim is supported when the sequence comes to a competitive fraction that
        counts as small. Otherwise the fraction that ended it decides: what is not competitive with more data is not
        with less.
        """
        evidence = case.evidence
        phrases, by_value = evidence.phrases, evidence.by_value()
        seeds = evidence.seeds((self.system, fraction) for fraction in by_value.values())
        correct = {value: evidence.counts(self.system, fraction, seeds) for value, fraction in by_value.items()}
        look = case.look
        sequence = smallest_competitive(correct, phrases, self.margin, look)
        reference = by_value[sequence.reference]
        hypotheses = tuple(
            Hypothesis(
                fraction=by_value[step.fraction],
                against=reference,
                basis=step.outcome.loss,
                components=variance_components(correct[sequence.reference] - correct[step.fraction], phrases),
                estimate=step.outcome.loss.estimate,
                low=step.outcome.at_least,
                high=step.outcome.at_most,
                confidence=1 - 2 * ALPHA,
                p=look.sequential_p(step.outcome.p),
                p_adjusted=look.sequential_p(step.outcome.p),
                decision=DECISIONS[step.outcome.verdict],
                finding=step.outcome.verdict.value,
                reached=step.reached,
                p_against=look.sequential_p(1 - step.outcome.p),
            )
            for step in sequence.steps
        )
        smallest = None if sequence.smallest is None else by_value[sequence.smallest]
        up_to = None if self.up_to is None else evidence.at(self.up_to)
        hanging_on = _deciding(hypotheses, smallest, up_to)
        return verdict_of(
            CompetitiveVerdict,
            self,
            case,
            seeds,
            hypotheses,
            hanging_on,
            decision=Decision.not_testable if hanging_on is None else hanging_on.decision,
            margin=self.margin,
            method=METHOD,
            alpha=ALPHA,
            # If nothing were lost, the loss would be the margin away from it.
            effect=self.margin,
            reference=reference,
            smallest=smallest,
            up_to=up_to,
            prior=self._prior(case, reference, seeds),
            last_step=last_step(case, self.system),
        )

    def holds_against(self, protocol: Protocol) -> tuple[str, ...]:
        """Names of its system and of the prior, which is held against the same reference."""
        return (self.system,) if protocol.prior is None else (self.system, protocol.prior)

    def _prior(self, case: Case, reference: Fraction, seeds: tuple[int, ...]) -> NonInferiority | None:
        evidence = case.evidence
        name = evidence.protocol.prior
        if name is None:
            return None
        full, untrained = (evidence.counts(system, reference, seeds) for system in (self.system, name))
        return non_inferiority(full, untrained, evidence.phrases, self.margin, case.look)


def _deciding(hypotheses: Sequence[Hypothesis], smallest: Fraction | None, up_to: Fraction | None) -> Hypothesis | None:
    """Return the smallest competitive fraction when it is small, or else the one that ended the sequence."""
    if smallest is not None and (up_to is None or smallest.images <= up_to.images):
        return next(each for each in hypotheses if each.fraction == smallest)
    return next((each for each in hypotheses if each.decision is not Decision.supported), None)


@dataclass(frozen=True, kw_only=True)
class CompetitiveVerdict(Verdict):
    """What became of the claim.

    Attributes:
        reference: the largest training set of the protocol, against which the others lose.
        smallest: the smallest that is competitive, small or not; None when none is.
        up_to: the largest amount of data that counts as small; None when any does.
        prior: the untrained prior against the reference with the same margin, outside the sequence; None without one.
        last_step: what the last increase of the training data adds; None where there is one fraction only.
    """

    claim: CompetitiveClaim
    reference: Fraction
    smallest: Fraction | None
    up_to: Fraction | None
    prior: NonInferiority | None
    last_step: LastStep | None

    @property
    def stopped_at(self) -> Hypothesis | None:
        """The hypothesis that ended the sequence; None when every fraction passed or there is only one."""
        failed = (each for each in self.hypotheses if each.reached and each.decision is not Decision.supported)
        return next(failed, None)

    def claimed(self) -> str:
        """State what is claimed."""
        less = "a fraction of the data" if self.up_to is None else f"at most {amount(self.up_to)}"
        return (
            f"trained on {less}, {self.claim.system} loses less than {exact_points(self.margin)} points of "
            f"{self.measure} compared with training on {amount(self.reference)}."
        )

    def stated(self) -> str:
        """State what was found."""
        test = self.deciding
        system, everything = self.claim.system, amount(self.reference)
        if test is None:
            return self._alone()
        less, margin = amount(test.fraction), f"the margin of {exact_points(self.margin)} points"
        if self.decision is Decision.supported:
            side = "more than 0 but less than" if test.finding == Finding.within_margin else "less than"
            return (
                f"With {less}, {system} is non-inferior to training on {everything}. Its loss is {_loss(test)}, shown "
                f"to be {side} {margin} ({p_statement(test.p)}).{self._without_training()}"
            )
        if self.smallest is not None:
            return (
                f"With {amount(self.smallest)}, {system} is non-inferior to training on {everything}. "
                f"{self._stop(test)}"
            )
        if self.decision is Decision.refuted:
            return (
                f"Even with {less}, {system} is inferior to training on {everything}. Its loss is {_loss(test)}, shown "
                f"to be no less than {margin}."
            )
        if self.decision is Decision.inconclusive:
            return (
                f"With {less}, it is open whether {system} is non-inferior to training on {everything}. Its loss is "
                f"{_loss(test)}, which may be less or more than {margin} ({p_statement(test.p)})."
            )
        return (
            f"Whether {system} with {less} is non-inferior to training on {everything} cannot be tested: "
            f"{WHY_NOT[test.basis.status]}."
        )

    def answered(self) -> str:
        """Answer in one sentence; a small fraction that is enough says so of the untrained prior where that is, too."""
        test, system = self.deciding, self.claim.system
        if test is None:
            return self._alone()
        less, everything = amount(test.fraction), amount(self.reference)
        loss = f"it loses {points(test.estimate)} points, and the margin is {exact_points(self.margin)}"
        if test.decision is Decision.not_testable:
            return f"Whether {less} are enough for {system} cannot be tested: {WHY_NOT[test.basis.status]}."
        if self.smallest is not None:
            enough = f"With {amount(self.smallest)}, {system} is non-inferior to training on {everything}"
            if self.decision is Decision.supported:
                return f"{enough}: {loss}{self._so_is_the_prior()}."
            if self.decision is Decision.refuted:
                return f"{enough}, but with {less} {loss}."
            return f"{enough}; whether {less} are enough is open."
        if self.decision is Decision.refuted:
            return f"Even with {less}, {system} is inferior to training on {everything}: {loss}."
        return f"Whether {less} are enough for {system} is open: against {everything} {loss}."

    def _alone(self) -> str:
        return f"{self.claim.system} was trained on one fraction only, so there is nothing to compare it with."

    def _so_is_the_prior(self) -> str:
        if self.prior is None or self.prior.verdict in (Finding.inferior, Finding.not_testable):
            return ""
        return ", but so is the untrained prior" if self.prior.verdict.is_competitive else ", but so may the prior be"

    def qualified(self) -> list[str]:
        """State where the sequence stopped, what the prior does without training, and how much "all" is."""
        sentences = []
        stop = self.stopped_at
        if stop is not None and self.decision is Decision.supported:
            sentences.append(self._stop(stop))
        if stop is not None and self.smallest is not None and stop is not self.hypotheses[-1]:
            sentences.append("Smaller fractions are therefore not tested, and no conclusion is drawn about them.")
        if self.prior is not None and not self._without_training() and self.prior.verdict is not Finding.not_testable:
            sentences.append(self._prior_in_words(self.prior))
        if self.reference.share < 1:
            sentences.append(
                f"The comparison is with the largest fraction of this protocol: {images(self.reference.images)}, "
                f"{share_of(self.reference)} of the training images."
            )
        return sentences + last_step_statement(self.last_step, self.measure)

    def with_ties_shared(self, shared: Verdict) -> str:
        """State what the prior loses with ties shared evenly; on the claim itself they have no bearing."""
        if not isinstance(shared, CompetitiveVerdict) or shared.prior is None:
            return super().with_ties_shared(shared)
        return self._prior_in_words(shared.prior, "With ties shared evenly and without training")

    def effect_in_words(self, effect: str) -> str:
        """State that the loss is below the margin by an effect."""
        return f"the true loss is {effect} points or more below the margin"

    def effect_implied(self) -> str:
        """State what would be true if the loss were the whole margin below it."""
        return "the true loss were 0"

    def further(self) -> Mapping[str, object]:
        """Return what the sequence came to, and what the prior does."""
        return {
            "smallest": self.smallest,
            "reference": self.reference,
            "prior": self.prior,
            "last_step": self.last_step,
        }

    def _stop(self, test: Hypothesis) -> str:
        """State what ended the sequence; its p-value tests a loss of the margin or more, so is left out with one."""
        if test.decision is Decision.not_testable:
            return f"The sequence of tests ends at {amount(test.fraction)}: {WHY_NOT[test.basis.status]}."
        refuted = test.decision is Decision.refuted
        side = "shown to be no less than" if refuted else "not shown to be less than"
        p = "" if refuted else f" ({p_statement(test.p)})"
        return (
            f"The sequence of tests ends at {amount(test.fraction)}: the loss there is {_loss(test)}, {side} the "
            f"margin of {exact_points(self.margin)} points{p}."
        )

    def _without_training(self) -> str:
        """State that training may not be what makes a fraction competitive; nothing where it is."""
        if self.decision is not Decision.supported or self.prior is None:
            return ""
        if self.prior.verdict in (Finding.inferior, Finding.not_testable):
            return ""
        return f" {self._prior_in_words(self.prior)}"

    def _prior_in_words(self, prior: NonInferiority, how: str = "Without training") -> str:
        if prior.verdict is Finding.inferior:
            meaning = "is shown to be no less than the margin, so training is needed to be non-inferior"
        elif prior.verdict.is_competitive:
            meaning = "is shown to be less than the margin: the prior is non-inferior without any training"
        else:
            meaning = "may be less or more than the margin: it is not shown that training is needed at all"
        loss = f"{points(prior.loss.estimate)} points (90 % interval {span(prior.at_least, prior.at_most)})"
        return f"{how}, the prior loses {loss} compared with {amount(self.reference)}. This loss {meaning}."


def _loss(test: Hypothesis) -> str:
    return f"{points(test.estimate)} points ({share(test.confidence)} interval {span(test.low, test.high)})"
