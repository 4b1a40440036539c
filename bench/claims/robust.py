"""The claim that another verdict stays the same when something else about the system is changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal

from pydantic import Field

from bench.protocol.claim import CLAIMS, Mistake, Surroundings, one_of
from bench.text.numbers import NONE, listed
from bench.verdicts.hypothesis import Decision
from bench.verdicts.statement import statement
from bench.verdicts.verdict import Case, Quantity, SystemClaim, TestableClaim, Verdict

TIES_SHARED = "ties shared evenly"
"""What the control is called that changes nothing but how the ties of untrained systems are settled."""
METHOD = "the same test with each control system instead of the claim's system"
SETTLED = (Decision.supported, Decision.refuted)


@CLAIMS.register
class RobustClaim(TestableClaim):
    """The verdict on another claim is the same when each of some control systems takes the place of its own."""

    quantity: ClassVar[Quantity | None] = None
    margin_unit: ClassVar[str | None] = None
    kind: Literal["robust"]
    claim: str
    """Name of a claim of this protocol that stands before this one."""
    controls: tuple[str, ...] = Field(min_length=1)
    """Names of trained systems of this protocol: the claim's own, trained otherwise."""

    @property
    def about(self) -> str | None:
        """Name of the earlier claim that it is about."""
        return self.claim

    def mistakes(self, surroundings: Surroundings) -> Iterator[Mistake]:
        """Yield what is wrong with the claim that it is about, and with its controls."""
        about_systems = {name: claim for name, claim in surroundings.earlier.items() if isinstance(claim, SystemClaim)}
        if self.claim not in about_systems:
            expected = one_of(about_systems, "an earlier claim about a system")
            yield Mistake(("claim",), self.claim, expected, of_fraction=True)
        own = about_systems[self.claim].systems if self.claim in about_systems else ()
        others = [name for name in surroundings.trained if name not in own]
        for place, control in enumerate(self.controls):
            if control not in others:
                yield Mistake(("controls", place), control, one_of(others, "another trained system"))
            elif control in self.controls[:place]:
                yield Mistake(("controls", place), control, "each control may be given once")

    def margin_in_words(self, margin: float) -> str:
        """Write that it has none."""
        return NONE

    def judge(self, case: Case) -> RobustVerdict:
        """Compare a verdict with those under each control.

        A verdict that settles nothing cannot be robust; a control that reverses it refutes the claim, and one that
        settles nothing leaves it inconclusive.
        """
        about = case.earlier[self.claim]
        own = about.claim
        assert isinstance(own, SystemClaim)
        controls = {name: own.under(name).judged(case) for name in self.controls}
        if about.ties_shared is not None and not about.ties_shared.rules.keys().isdisjoint(own.systems):
            controls[TIES_SHARED] = about.ties_shared.verdict
        return RobustVerdict(
            claim=self,
            decision=_decision(about.decision, [verdict.decision for verdict in controls.values()]),
            margin=about.margin,
            method=METHOD,
            hypotheses=(),
            deciding=None,
            family=len(controls),
            seeds=tuple(sorted(set(about.seeds).intersection(*(verdict.seeds for verdict in controls.values())))),
            seeds_planned=about.seeds_planned,
            images=about.images,
            train_images=about.train_images,
            look=about.look,
            system=own.system,
            about=about,
            controls=controls,
        )


def _decision(about: Decision, controls: list[Decision]) -> Decision:
    if about not in SETTLED:
        return Decision.not_testable
    if all(decision is about for decision in controls):
        return Decision.supported
    reversed_ = any(decision in SETTLED and decision is not about for decision in controls)
    return Decision.refuted if reversed_ else Decision.inconclusive


@dataclass(frozen=True, kw_only=True)
class RobustVerdict(Verdict):
    """What became of the claim.

    Attributes:
        system: the one whose place the controls take.
        about: the verdict that is to stay the same.
        controls: that verdict with each control system, by its name, and with `TIES_SHARED`.
    """

    claim: RobustClaim
    system: str
    about: Verdict
    controls: Mapping[str, Verdict]

    @property
    def is_open(self) -> bool:
        """Whether more seeds could decide it: they could decide the verdicts that it compares."""
        if self.decision is Decision.not_testable:
            return self.about.is_open
        return self.decision is Decision.inconclusive and any(each.is_open for each in self.controls.values())

    def claimed(self) -> str:
        """State what is claimed."""
        controls = listed(list(self.claim.controls))
        shared = ", and with ties of untrained systems shared evenly" if TIES_SHARED in self.controls else ""
        return f"the verdict on “{self.claim.claim}” is the same with {controls} instead of {self.system}{shared}."

    def stated(self) -> str:
        """State what was found."""
        by_decision: dict[str, list[str]] = {}
        for name, verdict in self.controls.items():
            by_decision.setdefault(str(verdict.decision), []).append(name)
        decisions = listed([f"{decision} with {listed(names)}" for decision, names in by_decision.items()])
        about = f"“{self.claim.claim}” is {self.about.decision} with {self.system}"
        if self.decision is Decision.not_testable:
            return f"{about}, so no verdict could hold under a control. It is {decisions}."
        if self.decision is Decision.supported:
            return f"{about}. It is also {self.about.decision} with {listed(list(self.controls))}."
        return f"{about}. It is {decisions}."

    def answered(self) -> str:
        """Answer in one sentence: with how many of the controls the verdict is the same."""
        about = f"“{self.claim.claim}” is {self.about.decision} with {self.system}"
        if self.decision is Decision.not_testable:
            return f"{about}, so no verdict could hold under a control."
        return f"{about} and with {self.agreement()}."

    def agreement(self) -> str:
        """Say with how many controls the verdict is the same."""
        same = sum(verdict.decision is self.about.decision for verdict in self.controls.values())
        return f"{same} of {len(self.controls)} controls"

    def qualified(self) -> list[str]:
        """State what was found with each control."""
        return [f"With {name}: {statement(verdict)}" for name, verdict in self.controls.items()]

    def further(self) -> Mapping[str, object]:
        """Return the decision that was to stay the same, and the verdict with each control."""
        return {"about": self.about.decision.value, "controls": self.controls}
