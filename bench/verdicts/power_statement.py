"""What a comparison of this size can show, in words; told where a verdict is inconclusive."""

from __future__ import annotations

from bench.stats import SeedsStatus, Status
from bench.stats.outcomes.power import POWER
from bench.text.numbers import count, points, share
from bench.verdicts.verdict import Verdict


def power_statement(verdict: Verdict) -> str | None:
    """State the smallest effect that this study shows, and the seeds that would show what is claimed; None without."""
    power = verdict.power
    if power is None or power.detectable.status is not Status.ok:
        return None
    size = f"{len(verdict.seeds)} seeds, {count(verdict.images)} test images"
    effect = verdict.effect_in_words(points(power.detectable.effect))
    shown = f"A study of this size ({size}) has {share(POWER)} power to show {_what(verdict)} if {effect}."
    return f"{shown}{_needed(verdict)}"


def _what(verdict: Verdict) -> str:
    quantity = verdict.claim.quantity
    one_of_many = verdict.family > 1 and quantity is not None and not quantity.one_sided
    return f"a single one of the {verdict.family} leads" if one_of_many else "the claim"


def _needed(verdict: Verdict) -> str:
    assert verdict.power is not None
    needed, implied = verdict.power.needed, verdict.effect_implied()
    if needed.status is SeedsStatus.unknown:
        return ""
    if needed.seeds is None:
        return (
            f" If {implied}, no number of seeds would have the same power to show the claim: it takes more test "
            f"images. With infinitely many seeds, the smallest effect shown is {points(needed.floor)} points."
        )
    return f" If {implied}, {needed.seeds} seeds would have the same power to show the claim."
