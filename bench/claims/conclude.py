"""From the hypotheses of a claim that all have to hold to the verdict."""

from __future__ import annotations

from math import nan

from bench.analysis.evidence import Evidence
from bench.claims.lead import METHOD
from bench.claims.power import power_of
from bench.claims.verdict import Hypothesis, Verdict, all_hold, deciding
from bench.protocol.claims import SystemClaim
from bench.stats.outcomes.two_way import LEVEL


def conclude(
    claim: SystemClaim,
    evidence: Evidence,
    seeds: tuple[int, ...],
    hypotheses: tuple[Hypothesis, ...],
    *,
    margin: float,
    effect: float = nan,
    untestable: str | None = None,
) -> Verdict:
    """Decide a claim by its hypotheses, which are one family of two-sided tests.

    The power is that of the first step of Holm's method, the hardest, at which the level is shared by all of them.

    Args:
        claim: the claim.
        evidence: what it is judged by.
        seeds: that entered.
        hypotheses: decided.
        margin: what the claim's quantity is held against.
        effect: distance from the margin, in shares of accuracy, if the claim holds as stated; NaN when not implied.
        untestable: why there is no test, whatever the trials; None when there is one.
    """
    decision, images = all_hold(hypotheses), evidence.outcomes.test.images
    hanging_on = deciding(hypotheses, decision)
    return Verdict(
        claim=claim,
        decision=decision,
        margin=margin,
        method=METHOD,
        hypotheses=hypotheses,
        deciding=hanging_on,
        family=len(hypotheses),
        seeds=seeds,
        seeds_planned=evidence.protocol.seeds,
        images=images,
        power=None
        if hanging_on is None
        else power_of(hanging_on.components, len(seeds), images, LEVEL / 2 / len(hypotheses), effect),
        untestable=untestable,
    )
