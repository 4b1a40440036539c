"""Claims in words: what was found, and what else a reader has to know.

Every number in a sentence is a field of the verdict or of its claim.
"""

from __future__ import annotations

from datetime import UTC

from bench.text.numbers import count, listed
from bench.verdicts.hypothesis import Decision
from bench.verdicts.power_statement import power_statement
from bench.verdicts.stated import StatedClaim
from bench.verdicts.verdict import Verdict


def statement(verdict: Verdict) -> str:
    """State what became of a claim."""
    return verdict.stated() if verdict.untestable is None else verdict.without_test()


def qualifications(verdict: Verdict) -> list[str]:
    """State what a reader has to know beside the statement: the prior, the power of the study, lost seeds."""
    sentences = verdict.qualified()
    if verdict.decision is Decision.inconclusive and (power := power_statement(verdict)) is not None:
        sentences.append(power)
    if verdict.hypotheses and not verdict.seeds:
        sentences.append("No seed is complete at every amount of data that is compared.")
    elif verdict.seeds and len(verdict.seeds) < verdict.seeds_planned:
        sentences.append(
            f"The comparison rests on {len(verdict.seeds)} of {verdict.seeds_planned} seeds, complete at every amount "
            f"of data that is compared ({listed([str(seed) for seed in verdict.seeds])})."
        )
    return sentences


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
