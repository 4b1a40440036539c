"""What a comparison of this size can show, in words; told where a verdict is left open."""

from __future__ import annotations

from bench.analysis import Power, Verdict
from bench.claims import AboveReferenceClaim, BetterThanClaim, Claim, CompetitiveClaim, RetainsClaim
from bench.report.numbers import count, points
from bench.stats import SeedsStatus, Status


def power_statement(verdict: Verdict) -> str | None:
    """State the smallest effect that this study shows, and the seeds that would show what is claimed; None without."""
    power = verdict.power
    if power is None or power.detectable.status is not Status.ok:
        return None
    return (
        f"With {len(verdict.seeds)} seeds and {count(verdict.images)} test images, four of five such comparisons show "
        f"{_effect(verdict.claim, points(power.detectable.effect))}.{_needed(verdict.claim, power)}"
    )


def _effect(claim: Claim, size: str) -> str:
    if isinstance(claim, CompetitiveClaim):
        return f"a loss that is {size} points or more below the margin"
    if isinstance(claim, RetainsClaim):
        return f"an accuracy that is {size} points or more above what the claim asks for"
    if isinstance(claim, BetterThanClaim | AboveReferenceClaim) and claim.margin:
        return f"a lead that is {size} points or more above the margin"
    return f"a lead of {size} points or more"


def _needed(claim: Claim, power: Power) -> str:
    needed = power.needed
    if needed.status is SeedsStatus.unknown:
        return ""
    asked = "all of the gain were kept" if isinstance(claim, RetainsClaim) else "nothing were lost"
    if needed.seeds is None:
        return (
            f" If {asked}, it would take more images to show that, and no number of seeds: endless seeds show "
            f"{points(needed.floor)} points."
        )
    return f" If {asked}, {needed.seeds} seeds would show the claim as often."
