"""The claim that a trained system is more accurate than another at every amount of data."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import nan
from typing import Literal

from pydantic import Field

from bench.protocol.claim import CLAIMS, Fractions, Mistake, Surroundings, one_number
from bench.text.numbers import amount, count, listed, signed
from bench.text.statuses import WHY_NOT
from bench.verdicts.conclude import conclude
from bench.verdicts.hypothesis import Decision, Hypothesis
from bench.verdicts.lead import decide_family, lead
from bench.verdicts.power import two_sided
from bench.verdicts.verdict import Case, RivalClaim, Verdict
from bench.verdicts.wording import by_margin, lead_of


@CLAIMS.register
class BetterThanClaim(RivalClaim):
    """A trained system is more accurate than another by more than the margin, at every amount of data."""

    kind: Literal["better_than"]
    rival: str
    """Name of another system of this protocol, trained or not."""
    margin: float = Field(0.0, ge=0, lt=1)
    """Lead that does not yet count, as a share of accuracy: 0 for any lead."""
    at: tuple[float | int, ...] | None = Field(None, min_length=1)
    """Fractions or shots of the protocol; all of them when left out."""

    def mistakes(self, surroundings: Surroundings) -> Iterator[Mistake]:
        """Yield what is wrong with its systems and fractions."""
        yield from super().mistakes(surroundings)
        for place, value in enumerate(self.at or ()):
            if value not in surroundings.fractions:
                expected = one_number(surroundings.fractions, "a fraction")
                yield Mistake(("at", place), value, expected, of_fraction=True)
            elif value in (self.at or ())[:place]:
                yield Mistake(("at", place), value, "each fraction may be given once")

    def planned_test(self, fractions: Fractions) -> tuple[float, float]:
        """Return the one-sided risk of each of its tests; it implies no effect."""
        return two_sided(len(self.at or fractions)), nan

    def judge(self, case: Case) -> BetterThanVerdict:
        """Test the lead at each amount of data, paired by seed and image; the amounts are one family."""
        evidence = case.evidence
        asked = None if self.at is None else {evidence.at(value).images for value in self.at}
        fractions = [own for own in evidence.by_value().values() if asked is None or own.images in asked]
        seeds = evidence.seeds((name, fraction) for name in self.systems for fraction in fractions)
        rival_is_trained = self.rival in evidence.protocol.trained
        hypotheses = [
            lead(
                fraction,
                fraction if rival_is_trained else None,
                evidence.counts(self.system, fraction, seeds) - evidence.counts(self.rival, fraction, seeds),
                evidence.phrases,
                self.margin,
                case.look,
            )
            for fraction in fractions
        ]
        return conclude(BetterThanVerdict, self, case, seeds, decide_family(hypotheses), margin=self.margin)


SHOWN = {
    Decision.supported: "is",
    Decision.refuted: "is not",
    Decision.inconclusive: "is not shown to be",
}


@dataclass(frozen=True, kw_only=True)
class BetterThanVerdict(Verdict):
    """What became of the claim."""

    claim: BetterThanClaim

    def claimed(self) -> str:
        """State what is claimed."""
        return f"with {_amounts(self.hypotheses)}, {self.claim.system} is {self.measure.better} than {self._than}."

    def stated(self) -> str:
        """State what was found."""
        system, test = self.claim.system, self.deciding
        assert test is not None
        than, where = self._than, f"with {amount(test.fraction)}"
        if test.decision is Decision.not_testable:
            why = WHY_NOT[test.basis.status]
            return f"Whether {system} is {self.measure.better} than {than} {where} cannot be tested: {why}."
        lead = lead_of(test, family=self.family)
        if self.family == 1:
            return (
                f"{system} {SHOWN[test.decision]} {self.measure.better} than {than} {where}: the difference is {lead}."
            )
        if self.decision is Decision.supported:
            return (
                f"{system} is {self.measure.better} than {than} with {_amounts(self.hypotheses)}. Its least certain "
                f"lead is {where}: {lead}."
            )
        if self.decision is Decision.refuted:
            return (
                f"{system} is not {self.measure.better} than {than} {where}: the difference is {lead}. One such "
                "fraction refutes the claim."
            )
        return f"{self._shown()} {where[0].upper()}{where[1:]}, the difference is {lead}."

    def answered(self) -> str:
        """Answer in one sentence: by how much, or with how many of the amounts of data."""
        system, test, than = self.claim.system, self.deciding, self._than
        assert test is not None
        where, lead = amount(test.fraction), f"{signed(test.estimate)} points"
        if test.decision is Decision.not_testable:
            why = WHY_NOT[test.basis.status]
            return f"Whether {system} is {self.measure.better} than {than} with {where} cannot be tested: {why}."
        if self.family == 1 or self.decision is Decision.refuted:
            return f"With {where}, {system} {SHOWN[test.decision]} {self.measure.better} than {than}: {lead}."
        if self.decision is Decision.supported:
            everywhere = f"{system} is {self.measure.better} than {than} with each of {self.family} fractions"
            return f"{everywhere}; its least certain lead is {lead}, with {where}."
        shown = sum(each.decision is Decision.supported for each in self.hypotheses) or "none"
        partly = f"{system} is shown to be {self.measure.better} than {than} with {shown} of {self.family} fractions"
        return f"{partly}; with {where}, the difference is {lead}."

    @property
    def _than(self) -> str:
        return f"{self.claim.rival}{by_margin(self.claim.margin)}"

    def _shown(self) -> str:
        of = {decision: [each for each in self.hypotheses if each.decision is decision] for decision in Decision}
        supported, others = of[Decision.supported], of[Decision.inconclusive]
        untested = of[Decision.not_testable]
        without = f" It is not tested with {_images(untested)}." if untested else ""
        if not supported:
            return (
                f"{self.claim.system} is not shown to be {self.measure.better} than {self._than} with any of "
                f"{_images(others)} training images.{without}"
            )
        return (
            f"{self.claim.system} is shown to be {self.measure.better} than {self._than} with {_images(supported)} "
            f"training images, but not with {_images(others)}.{without}"
        )


def _images(hypotheses: Sequence[Hypothesis]) -> str:
    return listed([count(each.fraction.images) for each in hypotheses])


def _amounts(hypotheses: tuple[Hypothesis, ...]) -> str:
    if len(hypotheses) == 1:
        return amount(hypotheses[0].fraction)
    return f"each of {_images(hypotheses)} training images"
