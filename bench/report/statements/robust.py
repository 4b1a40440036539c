"""The claim that a verdict stays the same under controls, in words."""

from __future__ import annotations

from bench.analysis import Decision, RobustVerdict
from bench.claims import RobustClaim
from bench.report.numbers import listed


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
