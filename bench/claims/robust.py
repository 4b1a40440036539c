"""The claim that another verdict stays the same when something else about the system is changed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bench.claims.verdict import Decision, Verdict
from bench.protocol.claims import RobustClaim, SystemClaim
from bench.text.numbers import listed

METHOD = "the same test with each control system in the place of the claim's own"
SETTLED = (Decision.supported, Decision.refuted)


@dataclass(frozen=True, kw_only=True)
class RobustVerdict(Verdict):
    """What became of the claim.

    Attributes:
        about: the verdict that is to stay the same.
        controls: that verdict with each control system, by its name.
    """

    about: Verdict
    controls: dict[str, Verdict]


def judge_robust(
    claim: RobustClaim, about: Verdict, seeds_planned: int, judge: Callable[[SystemClaim], Verdict]
) -> RobustVerdict:
    """Compare a verdict with those under each control.

    A verdict that settles nothing cannot be robust; a control that reverses it refutes the claim, and one that settles
    nothing leaves it open.

    Args:
        claim: the claim.
        about: the verdict that is to stay the same.
        seeds_planned: seeds of the protocol.
        judge: how a claim about a system is judged.
    """
    own = about.claim
    assert not isinstance(own, RobustClaim)
    controls = {name: judge(own.model_copy(update={"system": name})) for name in claim.controls}
    return RobustVerdict(
        claim=claim,
        decision=_decision(about.decision, [one.decision for one in controls.values()]),
        margin=about.margin,
        method=METHOD,
        hypotheses=(),
        deciding=None,
        family=len(controls),
        seeds=tuple(sorted(set(about.seeds).intersection(*(one.seeds for one in controls.values())))),
        seeds_planned=seeds_planned,
        images=about.images,
        about=about,
        controls=controls,
    )


def _decision(about: Decision, controls: list[Decision]) -> Decision:
    if about not in SETTLED:
        return Decision.not_testable
    if all(one is about for one in controls):
        return Decision.supported
    return Decision.refuted if any(one in SETTLED and one is not about for one in controls) else Decision.inconclusive


def claimed(claim: RobustClaim, verdict: RobustVerdict) -> str:
    """State what is claimed."""
    return (
        f"the verdict on “{claim.claim}” is the same with {listed(list(claim.controls))} in the place of "
        f"{_own(verdict)}."
    )


def stated(claim: RobustClaim, verdict: RobustVerdict) -> str:
    """State what was found."""
    told = listed([f"{one.decision} with {name}" for name, one in verdict.controls.items()])
    about = f"“{claim.claim}” is {verdict.about.decision} with {_own(verdict)}"
    if verdict.decision is Decision.not_testable:
        return f"{about}, so nothing is settled that could hold under a control; it is {told}."
    if verdict.decision is Decision.supported:
        return f"{about}, and it stays so with {listed(list(claim.controls))}."
    return f"{about}; it is {told}."


def _own(verdict: RobustVerdict) -> str:
    own = verdict.about.claim
    assert not isinstance(own, RobustClaim)
    return own.system
