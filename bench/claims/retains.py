"""The claim that a fraction of the data keeps a share of what training on all of it gains."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from math import isnan, nan
from typing import ClassVar, Literal

from pydantic import Field

from bench.protocol.claim import CLAIMS, Mistake, Surroundings
from bench.stats import RetentionStatus, kept_at_least, retention, variance_components
from bench.text.numbers import amount, exact_points, p_statement, percent, share, signed, span
from bench.text.statuses import WHY_NOT
from bench.verdicts.conclude import conclude
from bench.verdicts.hypothesis import Decision
from bench.verdicts.last_step import LastStep, last_step, last_step_statement
from bench.verdicts.lead import decide_family, tested
from bench.verdicts.verdict import KEPT, Case, Quantity, RivalClaim, Verdict
from bench.verdicts.wording import share_range

NO_GAIN = "training on the largest fraction is not shown to gain anything"
AS_MANY_IMAGES = "the fraction has as many images as the largest one, so only the gain is known"


@CLAIMS.register
class RetainsClaim(RivalClaim):
    """A system trained on a fraction of the data keeps more than a share of what training on all of it gains."""

    quantity: ClassVar[Quantity | None] = KEPT
    margin_unit: ClassVar[str | None] = "share of the gain"
    kind: Literal["retains"]
    rival: str
    """Name of the system over which the gain is counted, as a rule the prior."""
    at: float | int
    """One of the protocol's fractions or shots, below the largest."""
    share: float = Field(gt=0, lt=1)
    """Share of the gain to be kept, in (0, 1): 0.8 is four fifths."""

    def mistakes(self, surroundings: Surroundings) -> Iterator[Mistake]:
        """Yield what is wrong with its systems and its fraction."""
        yield from super().mistakes(surroundings)
        yield from surroundings.below_the_largest("at", self.at)

    def margin_in_words(self, margin: float) -> str:
        """Write the share."""
        return f"{exact_points(margin)} %"

    def judge(self, case: Case) -> RetainsVerdict:
        """Test that more than a share of the gain is kept, given that there is a gain.

        The interval of the share is Fieller's, the shares that this test does not reject. A gain of which no interval
        is known leaves the share undefined, and the claim without a test; so does a fraction of as many images as all.
        """
        evidence = case.evidence
        phrases = evidence.phrases
        *_, largest = evidence.by_value().values()
        fraction = evidence.at(self.at)
        seeds = evidence.seeds([(self.system, fraction), (self.system, largest), (self.rival, largest)])
        less, full = (evidence.counts(self.system, own, seeds) for own in (fraction, largest))
        rival = evidence.counts(self.rival, largest, seeds)
        kept = retention(less, full, rival, phrases, case.look)
        components = variance_components((less - rival) - self.share * (full - rival), phrases)
        step = last_step(case, self.system)
        untestable = NO_GAIN if kept.status is RetentionStatus.no_gain else None
        if fraction.images == largest.images:
            untestable = AS_MANY_IMAGES
        if kept.share is None or untestable is not None:
            test = tested(fraction, largest, kept.gain, components, case.look)
            test = replace(test, estimate=nan, low=nan, high=nan, p=nan, p_adjusted=nan)
            return conclude(
                RetainsVerdict, self, case, seeds, (test,), margin=self.share, untestable=untestable, last_step=step
            )
        excess = kept_at_least(less, full, rival, phrases, self.share, case.look)
        test = tested(fraction, largest, excess, components, case.look)
        test = replace(test, estimate=kept.share.estimate, low=kept.share.low, high=kept.share.high)
        # If all of the gain were kept, the excess would be the rest of it.
        effect = (1 - self.share) * kept.gain.estimate
        return conclude(
            RetainsVerdict, self, case, seeds, decide_family([test]), margin=self.share, effect=effect, last_step=step
        )


SHOWN = {
    Decision.supported: "shown to be more than",
    Decision.refuted: "shown to be less than",
    Decision.inconclusive: "which may be more or less than",
}


@dataclass(frozen=True, kw_only=True)
class RetainsVerdict(Verdict):
    """What became of the claim.

    Attributes:
        last_step: what the last increase of the training data adds; None where there is one fraction only.
    """

    claim: RetainsClaim
    last_step: LastStep | None

    @property
    def is_open(self) -> bool:
        """Whether more seeds could decide it: they may show a gain where there is none so far."""
        return super().is_open or self.untestable == NO_GAIN

    def claimed(self) -> str:
        """State what is claimed."""
        claim, test = self.claim, self.deciding
        assert test is not None
        assert test.against is not None
        return (
            f"trained on {amount(test.fraction)}, {claim.system} keeps more than {share(claim.share)} of the gain over "
            f"{claim.rival} that training on {amount(test.against)} brings."
        )

    def stated(self) -> str:
        """State what was found."""
        claim, test = self.claim, self.deciding
        assert test is not None
        assert test.against is not None
        less, gain = amount(test.fraction), f"the gain of {amount(test.against)} over {claim.rival}"
        if test.decision is Decision.not_testable:
            asked = f"{claim.system} with {less} keeps more than {share(claim.share)} of {gain}"
            return f"Whether {asked} cannot be tested: {WHY_NOT[test.basis.status]}."
        # Where all of the gain is kept in every answer, there is a test and no interval.
        interval = "" if isnan(test.low) else f" ({share(test.confidence)} interval {share_range(test.low, test.high)})"
        return (
            f"With {less}, {claim.system} keeps {percent(test.estimate)} % of {gain}{interval}, "
            f"{SHOWN[test.decision]} {share(claim.share)} ({p_statement(test.p_adjusted)})."
        )

    def answered(self) -> str:
        """Answer in one sentence: the share that is kept."""
        claim, test = self.claim, self.deciding
        assert test is not None
        less = amount(test.fraction)
        if test.decision is Decision.not_testable:
            return (
                f"How much of the gain {claim.system} keeps with {less} cannot be tested: {WHY_NOT[test.basis.status]}."
            )
        kept = f"{claim.system} keeps {percent(test.estimate)} % of the gain over {claim.rival}"
        return f"With {less}, {kept}, {SHOWN[test.decision]} {share(claim.share)}."

    def without_test(self) -> str:
        """State why there was nothing to test, with the gain of which no share can be told."""
        if self.deciding is None or not self.deciding.basis.status.has_estimate:
            return super().without_test()
        basis = self.deciding.basis
        interval = f", 95 % interval {span(basis.low, basis.high)}" if basis.status.has_interval else ""
        return f"The claim cannot be tested: {self.untestable} ({signed(basis.estimate)} points{interval})."

    def qualified(self) -> list[str]:
        """State whether accuracy still rises at the largest fraction."""
        return last_step_statement(self.last_step, self.measure)

    def further(self) -> Mapping[str, object]:
        """Return what the last increase of the training data adds."""
        return {"last_step": self.last_step}

    def effect_in_words(self, effect: str) -> str:
        """State that the accuracy is above what the claim asks for by an effect."""
        return f"the true {self.measure} is {effect} points or more above what the claim asks for"

    def effect_implied(self) -> str:
        """State what would be true if all of the gain were kept."""
        return "all of the gain were kept"
