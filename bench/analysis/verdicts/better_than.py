"""The claim that a trained system is more accurate than another at every amount of data."""

from __future__ import annotations

from bench.analysis.evidence import Evidence
from bench.analysis.verdicts.conclusion import conclude
from bench.analysis.verdicts.lead import decide_family, lead
from bench.analysis.verdicts.verdict import Verdict
from bench.claims import BetterThanClaim


def judge_better_than(claim: BetterThanClaim, evidence: Evidence) -> Verdict:
    """Test the lead at each amount of data, paired by seed and image; the amounts are one family."""
    asked = None if claim.at is None else {evidence.at(value).images for value in claim.at}
    portions = [one for one in evidence.by_value().values() if asked is None or one.images in asked]
    seeds = evidence.seeds((name, portion) for name in (claim.system, claim.rival) for portion in portions)
    rival_is_trained = claim.rival in evidence.protocol.trained
    hypotheses = [
        lead(
            portion,
            portion if rival_is_trained else None,
            evidence.counts(claim.system, portion, seeds) - evidence.counts(claim.rival, portion, seeds),
            evidence.phrases,
            claim.margin,
        )
        for portion in portions
    ]
    return conclude(claim, evidence, seeds, decide_family(hypotheses), margin=claim.margin)
