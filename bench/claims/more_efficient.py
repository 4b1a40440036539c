"""The claim that a rival needs so many times the data to be as accurate."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import isclose, nan
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import Field

from bench.protocol.claim import CLAIMS, Fractions, Mistake, Surroundings, one_number
from bench.text.numbers import amount, count, listed, signed
from bench.text.statuses import WHY_NOT
from bench.verdicts.conclude import conclude
from bench.verdicts.hypothesis import Decision, Hypothesis
from bench.verdicts.lead import decide_family, lead
from bench.verdicts.power import two_sided
from bench.verdicts.verdict import Case, RivalClaim, Verdict
from bench.verdicts.wording import lead_of, trained_on

if TYPE_CHECKING:
    from bench.analysis.efficiency import Multiplier

TOO_FEW_IMAGES = "with so few training images, no two fractions are as far apart as the claim requires"
SAME = 1e-9
"""Relative difference within which one amount of data counts as a multiple of another."""


@CLAIMS.register
class MoreEfficientClaim(RivalClaim):
    """A rival needs more than so many times the data to be as accurate, at every amount where this can be measured."""

    margin_unit: ClassVar[str | None] = "times the data"
    trained_rivals: ClassVar[bool] = True
    kind: Literal["more_efficient"]
    rival: str
    """Name of another trained system of this protocol."""
    factor: float = Field(ge=1, allow_inf_nan=False)
    """How many times more data the rival has. Some two fractions or shots of the protocol have to be this far apart."""

    def mistakes(self, surroundings: Surroundings) -> Iterator[Mistake]:
        """Yield what is wrong with its systems and its factor."""
        yield from super().mistakes(surroundings)
        fractions = surroundings.fractions
        if not fractions_apart(fractions, self.factor):
            ratios = sorted({float(f"{more / less:.10g}") for less in fractions for more in fractions if less <= more})
            expected = one_number(ratios, "the ratio of two fractions")
            yield Mistake(("factor",), self.factor, expected, of_fraction=True)

    def planned_test(self, fractions: Fractions) -> tuple[float, float]:
        """Return the one-sided risk of each of its tests; it implies no effect."""
        return two_sided(len(fractions_apart(fractions, self.factor))), nan

    def margin_in_words(self, margin: float) -> str:
        """Write what the lead is held against."""
        return "0 points with the same data" if margin == 1 else f"0 points with {margin:g} times the data"

    def judge(self, case: Case) -> MoreEfficientVerdict:
        """Test at every amount n of data that the system is more accurate than the rival with so many times n.

        A rival that more data does not make worse needs more than m n to equal the system exactly when it falls short
        of it with m n. So no curve has to be fitted, and none believed.
        """
        evidence = case.evidence
        by_value = evidence.by_value()
        pairs = [(by_value[less], by_value[more]) for less, more in fractions_apart(tuple(by_value), self.factor)]
        seeds = evidence.seeds(cell for less, more in pairs for cell in ((self.system, less), (self.rival, more)))
        hypotheses = [
            lead(
                less,
                more,
                evidence.counts(self.system, less, seeds) - evidence.counts(self.rival, more, seeds),
                evidence.phrases,
                0.0,
                case.look,
            )
            for less, more in pairs
        ]
        of_pair = {own.fraction: own for own in case.multipliers if (own.system, own.rival) == self.systems}
        return conclude(
            MoreEfficientVerdict,
            self,
            case,
            seeds,
            decide_family(hypotheses),
            margin=self.factor,
            untestable=None if pairs else TOO_FEW_IMAGES,
            multipliers=tuple(of_pair[less] for less, _ in pairs if less in of_pair),
        )


def fractions_apart(fractions: Fractions, factor: float) -> list[tuple[float | int, float | int]]:
    """Return every two fractions of which the second is so many times the first, ascending."""
    return [(less, more) for less in fractions for more in fractions if isclose(more, factor * less, rel_tol=SAME)]


SHOWN = {
    Decision.supported: "is",
    Decision.refuted: "is not",
    Decision.inconclusive: "is not shown to be",
}


@dataclass(frozen=True, kw_only=True)
class MoreEfficientVerdict(Verdict):
    """What became of the claim.

    Attributes:
        multipliers: how many times more data the rival needs by its curve, for each hypothesis in turn; none
            where this was not worked out, as at a look of a plan. They describe and decide nothing.
    """

    claim: MoreEfficientClaim
    multipliers: tuple[Multiplier, ...]

    @property
    def threshold(self) -> float:
        """The lead that does not count yet; the margin is a multiple of the data."""
        return 0.0

    def claimed(self) -> str:
        """State what is claimed."""
        return (
            f"to be {self.measure.as_good} as {self.claim.system}, {self._needs}, at every fraction for which both "
            "systems were trained."
        )

    def stated(self) -> str:
        """State what was found."""
        claim, test = self.claim, self.deciding
        assert test is not None
        both = f"{trained_on(claim.system, test.fraction)} over {trained_on(claim.rival, test.against)}"
        if test.decision is Decision.not_testable:
            return f"Whether {self._needs} cannot be tested with the lead of {both}: {WHY_NOT[test.basis.status]}."
        lead = lead_of(test, family=self.family)
        if self.decision is Decision.supported and self.family > 1:
            many = "as many" if claim.factor == 1 else f"{claim.factor:g} times as many"
            return (
                f"{self._needs}: {claim.system} with each of {_images(self.hypotheses)} images is "
                f"{self.measure.better} than {claim.rival} with {many}. The least certain lead is that of {both}: "
                f"{lead}."
            )
        if self.decision is Decision.supported:
            return f"{self._needs}: the lead of {both} is {lead}."
        shown = "refuted" if self.decision is Decision.refuted else "not shown"
        holds = [each for each in self.hypotheses if each.decision is Decision.supported]
        where = f" For {claim.system} with {_images(holds)} images, it is shown." if holds else ""
        everywhere = " at every fraction" if self.family > 1 else ""
        return f"It is {shown} that {self._needs}{everywhere}. The lead of {both} is {lead}.{where}"

    def answered(self) -> str:
        """Answer in one sentence: the lead over a rival that has so many times the data."""
        claim, test = self.claim, self.deciding
        assert test is not None
        assert test.against is not None
        ours, theirs = f"{claim.system} with {amount(test.fraction)}", f"{claim.rival} with {amount(test.against)}"
        if test.decision is Decision.not_testable:
            return (
                f"Whether {ours} is {self.measure.better} than {theirs} cannot be tested: {WHY_NOT[test.basis.status]}."
            )
        return f"{ours} {SHOWN[test.decision]} {self.measure.better} than {theirs}: {signed(test.estimate)} points."

    def qualified(self) -> list[str]:
        """State how many times the data the rival needs by its curve."""
        from bench.text.amounts import multiplier_statement

        # Where there is no curve, every amount has the same to say.
        return list(dict.fromkeys(map(multiplier_statement, self.multipliers)))

    def further(self) -> Mapping[str, object]:
        """Return the multipliers."""
        return {"multipliers": self.multipliers}

    @property
    def _needs(self) -> str:
        factor = self.claim.factor
        return f"{self.claim.rival} needs {'more data' if factor == 1 else f'more than {factor:g} times the data'}"


def _images(hypotheses: Sequence[Hypothesis]) -> str:
    return listed([count(each.fraction.images) for each in hypotheses])
