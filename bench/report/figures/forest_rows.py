"""Which hypotheses a forest plot shows: those about points of accuracy, by claim, and of many those that matter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bench.claims.above_reference import AboveReferenceClaim
from bench.text.numbers import count, exact_points
from bench.verdicts.hypothesis import Hypothesis
from bench.verdicts.verdict import Quantity, SystemClaim, Verdict

MOST = 30
"""Hypotheses that fit into a figure that one still reads."""
POINTS = "points"


@dataclass(frozen=True, eq=False)
class ForestGroup:
    """A claim and those of its hypotheses that are shown, in the order of their tests.

    Attributes:
        verdict: on the claim.
        quantity: what the claim is about.
        shown: its hypotheses, the deciding one among them.
    """

    verdict: Verdict
    quantity: Quantity
    shown: tuple[Hypothesis, ...]

    @property
    def system(self) -> str | None:
        """Name of the system that the claim is about; None where it is about none."""
        claim = self.verdict.claim
        return claim.system if isinstance(claim, SystemClaim) else None

    @property
    def sides(self) -> str:
        """What is compared with what."""
        claim = self.verdict.claim
        if isinstance(claim, AboveReferenceClaim):
            return f"{claim.system} against the published {exact_points(claim.reference)} %"
        against = self._one_reference
        if against is not None:
            return f"{self.system} against {self.system} with {against}"
        return " against ".join(claim.systems) if isinstance(claim, SystemClaim) else ""

    def amounts(self, hypothesis: Hypothesis) -> str:
        """Write the training images of both sides, as far as they differ and are not said for all."""
        own, other = hypothesis.fraction, hypothesis.against
        if other is None or other == own or self._one_reference is not None:
            return count(own.images)
        return f"{count(own.images)} v. {count(other.images)}"

    @property
    def _one_reference(self) -> str | None:
        """Training images of the system itself that all of its smaller amounts are held against; None without."""
        claim = self.verdict.claim
        against = {hypothesis.against for hypothesis in self.verdict.hypotheses}
        if not isinstance(claim, SystemClaim) or len(claim.systems) > 1 or len(against) > 1 or None in against:
            return None
        (reference,) = against
        assert reference is not None
        return count(reference.images)


def forest_groups(verdicts: Sequence[Verdict]) -> tuple[ForestGroup, ...]:
    """Return the claims with hypotheses in points of accuracy, in their order.

    Of more than `MOST` hypotheses every claim shows as many at most, those nearest in their order to the deciding one.
    """
    groups = [
        ForestGroup(verdict, verdict.claim.quantity, verdict.hypotheses)
        for verdict in verdicts
        if verdict.claim.quantity is not None and verdict.claim.quantity.unit == POINTS and verdict.hypotheses
    ]
    most = max((len(group.shown) for group in groups), default=0)
    while most > 1 and sum(min(len(group.shown), most) for group in groups) > MOST:
        most -= 1
    return tuple(ForestGroup(group.verdict, group.quantity, _nearest(group.verdict, most)) for group in groups)


def _nearest(verdict: Verdict, most: int) -> tuple[Hypothesis, ...]:
    hypotheses = verdict.hypotheses
    centre = 0 if verdict.deciding is None else hypotheses.index(verdict.deciding)
    start = min(max(0, centre - most // 2), max(0, len(hypotheses) - most))
    return hypotheses[start : start + most]
