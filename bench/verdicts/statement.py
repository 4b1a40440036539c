"""Claims in words: what was found, and what else a reader has to know.

Every number in a sentence is a field of the verdict or of its claim.
"""

from __future__ import annotations

from datetime import UTC

from bench.text.numbers import count, listed
from bench.verdicts.hypothesis import Decision
from bench.verdicts.power_statement import power_statement
from bench.verdicts.stated import StatedClaim
from bench.verdicts.ties import tie_statement
from bench.verdicts.verdict import Verdict
from sprm.corpus.sources.registry import SOURCES


def statement(verdict: Verdict) -> str:
    """State what became of a claim."""
    return verdict.stated() if verdict.untestable is None else verdict.without_test()


def answer(verdict: Verdict) -> str:
    """Answer a claim in one sentence, with the one number that decides it; the statement has the others."""
    return verdict.answered() if verdict.untestable is None else verdict.without_test()


def qualifications(verdict: Verdict) -> list[str]:
    """State what a reader has to know beside the statement: the prior, ties, the power of the study, lost seeds."""
    sentences = [*verdict.qualified(), *tie_statement(verdict), *_size(verdict)]
    if verdict.decision is Decision.inconclusive and (power := power_statement(verdict)) is not None:
        sentences.append(power)
    if verdict.untestable is None and verdict.hypotheses and not verdict.seeds:
        sentences.append("No seed has complete trials for every fraction that is compared.")
    elif verdict.look is None and verdict.seeds and len(verdict.seeds) < verdict.seeds_planned:
        sentences.append(
            f"The comparison uses {len(verdict.seeds)} of {verdict.seeds_planned} seeds, those with complete trials "
            f"for every fraction that is compared ({listed([str(seed) for seed in verdict.seeds])})."
        )
    return sentences + look_statement(verdict)


def look_statement(verdict: Verdict) -> list[str]:
    """State at which look of a plan a verdict was reached, and what its numbers hold for; nothing without a plan."""
    look = verdict.look
    if look is None or not verdict.hypotheses:
        return []
    return [
        f"This claim is judged at look {look.number} of {len(look.looks)} of the plan, with {look.seeds} of "
        f"{verdict.seeds_planned} seeds. Its intervals are repeated confidence intervals and its p-values are "
        "sequential: both hold over all looks."
    ]


def _size(verdict: Verdict) -> list[str]:
    """State how large the corpus is that a rendered sentence was written about, where it is another size than this."""
    if verdict.claim.renders_on is None:
        return []
    source = SOURCES.by_name()[verdict.claim.renders_on]
    published = source.published.images.get("train")
    if published is None or published == verdict.train_images:
        return []
    return [
        f"The tested sentence is about {source.corpus}, which has {count(published)} training images; this corpus has "
        f"{count(verdict.train_images)}."
    ]


def statement_time(stated: StatedClaim) -> list[str]:
    """State that a claim was made when results were there already; nothing when it was made beforehand."""
    if stated.beforehand:
        return []
    if stated.stated_at is None:
        return ["This run does not record when the claim was stated, so it cannot count as stated before the results."]
    return [
        f"This claim was first stated for this run on {stated.stated_at.astimezone(UTC):%Y-%m-%d at %H:%M} UTC. At "
        f"that time, {count(stated.trials_before)} of {count(stated.trials)} trials were finished, so the claim was "
        "not fixed before all results."
    ]
