"""What a comparison of this size can show, in words; told where a verdict is left open."""

from __future__ import annotations

from bench.claims.power import Power
from bench.claims.verdict import Verdict
from bench.protocol.claims import AboveReferenceClaim, BetterThanClaim, Claim, CompetitiveClaim, RetainsClaim
from bench.stats import SeedsStatus, Status
from bench.text.numbers import count, points


def power_statement(verdict: Verdict) -> str | None:
    """State the smallest effect that this study shows, and the seeds that would show what is claimed; None without."""
    power = verdict.power
    if power is None or power.detectable.status is not Status.ok:
        return None
    size = f"{len(verdict.seeds)} seeds, {count(verdict.images)} test images"
    effect = _effect(verdict.claim, points(power.detectable.effect))
    shown = f"A study of this size ({size}) shows {_what(verdict)} in four of five cases only if {effect}."
    return f"{shown}{_needed(verdict.claim, power)}"


def _what(verdict: Verdict) -> str:
    one_of_many = verdict.family > 1 and not isinstance(verdict.claim, CompetitiveClaim)
    return f"a single one of the {verdict.family} leads" if one_of_many else "this"


def _effect(claim: Claim, size: str) -> str:
    if isinstance(claim, CompetitiveClaim):
        return f"the true loss is {size} points or more below the margin"
    if isinstance(claim, RetainsClaim):
        return f"the true accuracy is {size} points or more above what the claim asks for"
    if isinstance(claim, BetterThanClaim | AboveReferenceClaim) and claim.margin:
        return f"the true lead is {size} points or more above the margin"
    return f"the true lead is {size} points or more"


def _needed(claim: Claim, power: Power) -> str:
    needed = power.needed
    if needed.status is SeedsStatus.unknown:
        return ""
    asked = "all of the gain were kept" if isinstance(claim, RetainsClaim) else "nothing were lost"
    if needed.seeds is None:
        return (
            f" If {asked}, it would take more test images to show that, and no number of seeds: endless seeds show "
            f"{points(needed.floor)} points."
        )
    return f" If {asked}, {needed.seeds} seeds would show the claim as often."
