"""Claims in words: what is claimed, what was found, what else a reader has to know.

Every number in a sentence is a field of the verdict or of its claim.
"""

from __future__ import annotations

from datetime import UTC
from types import ModuleType

from bench.claims import above_reference, better_than, competitive, more_efficient, retains, robust
from bench.claims.competitive import CompetitiveVerdict
from bench.claims.more_efficient import MoreEfficientVerdict
from bench.claims.power_statement import power_statement
from bench.claims.robust import RobustVerdict
from bench.claims.stated import StatedClaim
from bench.claims.verdict import Decision, Verdict
from bench.protocol.claims import (
    AboveReferenceClaim,
    BetterThanClaim,
    CompetitiveClaim,
    MoreEfficientClaim,
    RetainsClaim,
    RobustClaim,
)
from bench.text.amounts import multiplier_statement
from bench.text.numbers import count, listed

__all__ = ["claimed", "qualifications", "statement", "statement_time"]

WORDS: dict[type, ModuleType] = {
    AboveReferenceClaim: above_reference,
    BetterThanClaim: better_than,
    CompetitiveClaim: competitive,
    MoreEfficientClaim: more_efficient,
    RetainsClaim: retains,
    RobustClaim: robust,
}


def claimed(verdict: Verdict) -> str:
    """State what is claimed, as the end of a sentence."""
    return str(WORDS[type(verdict.claim)].claimed(verdict.claim, verdict))


def statement(verdict: Verdict) -> str:
    """State what became of a claim."""
    if verdict.untestable is not None:
        return f"This cannot be tested: {verdict.untestable}{retains.gain(verdict)}."
    return str(WORDS[type(verdict.claim)].stated(verdict.claim, verdict))


def qualifications(verdict: Verdict) -> list[str]:
    """State what a reader has to know beside the statement: the prior, the power of the study, lost seeds."""
    told = []
    if isinstance(verdict, CompetitiveVerdict):
        told += competitive.qualified(verdict)
    if isinstance(verdict, MoreEfficientVerdict):
        # Where there is no curve, every amount has the same to say.
        told += dict.fromkeys(multiplier_statement(one) for one in verdict.multipliers)
    if isinstance(verdict, RobustVerdict):
        told += [f"With {name}: {statement(one)}" for name, one in verdict.controls.items()]
    if verdict.decision is Decision.inconclusive and (power := power_statement(verdict)) is not None:
        told.append(power)
    if verdict.hypotheses and not verdict.seeds:
        told.append("No seed is complete at every amount of data that is compared.")
    elif verdict.seeds and len(verdict.seeds) < verdict.seeds_planned:
        told.append(
            f"The comparison rests on {len(verdict.seeds)} of {verdict.seeds_planned} seeds, complete at every amount "
            f"of data that is compared ({listed([str(seed) for seed in verdict.seeds])})."
        )
    return told


def statement_time(stated: StatedClaim) -> list[str]:
    """State that a claim was made when results were there already; nothing when it was made beforehand."""
    if stated.beforehand:
        return []
    if stated.stated_at is None:
        return ["It was not written down when this claim was made, so it cannot count as made before the results."]
    return [
        f"This claim was first made for this run on {stated.stated_at.astimezone(UTC):%Y-%m-%d at %H:%M} UTC, when "
        f"{count(stated.trials_before)} of its {count(stated.trials)} trials were already there, so it was not fixed "
        "before all results."
    ]
