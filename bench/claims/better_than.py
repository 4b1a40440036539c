"""The claim that a trained system is more accurate than another at every amount of data."""

from __future__ import annotations

from collections.abc import Sequence

from bench.analysis.evidence import Evidence
from bench.claims.conclude import conclude
from bench.claims.lead import decide_family, lead
from bench.claims.verdict import Decision, Hypothesis, Verdict
from bench.claims.wording import by_margin, lead_of
from bench.protocol.claims import BetterThanClaim
from bench.text.numbers import amount, count, listed
from bench.text.statuses import WHY_NOT


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


SHOWN = {
    Decision.supported: "is",
    Decision.refuted: "is not",
    Decision.inconclusive: "is not shown to be",
}


def claimed(claim: BetterThanClaim, verdict: Verdict) -> str:
    """State what is claimed."""
    than = f"{claim.rival}{by_margin(claim.margin)}"
    return f"with {_amounts(verdict.hypotheses)}, {claim.system} is more accurate than {than}."


def stated(claim: BetterThanClaim, verdict: Verdict) -> str:
    """State what was found."""
    one = verdict.deciding
    assert one is not None
    than, where = f"{claim.rival}{by_margin(claim.margin)}", f"with {amount(one.portion)}"
    if one.decision is Decision.not_testable:
        why = WHY_NOT[one.basis.status]
        return f"Whether {claim.system} is more accurate than {than} {where} cannot be tested: {why}."
    lead = lead_of(one, family=verdict.family)
    if verdict.family == 1:
        return f"{claim.system} {SHOWN[one.decision]} more accurate than {than} {where}: the difference is {lead}."
    if verdict.decision is Decision.supported:
        return (
            f"{claim.system} is more accurate than {than} with {_amounts(verdict.hypotheses)}. Its least certain lead "
            f"is {where}: {lead}."
        )
    if verdict.decision is Decision.refuted:
        return (
            f"That {claim.system} is more accurate than {than} with {_amounts(verdict.hypotheses)} is refuted: {where} "
            f"it is not, the difference being {lead}."
        )
    return f"{_shown(claim, verdict)} {where[0].upper()}{where[1:]} the difference is {lead}."


def _shown(claim: BetterThanClaim, verdict: Verdict) -> str:
    than = f"{claim.rival}{by_margin(claim.margin)}"
    supported = [one for one in verdict.hypotheses if one.decision is Decision.supported]
    others = [one for one in verdict.hypotheses if one.decision is Decision.inconclusive]
    untested = [one for one in verdict.hypotheses if one.decision is Decision.not_testable]
    without = f" It is not tested with {_images(untested)}." if untested else ""
    if not supported:
        return (
            f"{claim.system} is not shown to be more accurate than {than} with any of {_images(others)} training "
            f"images.{without}"
        )
    return (
        f"{claim.system} is shown to be more accurate than {than} with {_images(supported)} training images, and not "
        f"with {_images(others)}.{without}"
    )


def _images(hypotheses: Sequence[Hypothesis]) -> str:
    return listed([count(one.portion.images) for one in hypotheses])


def _amounts(hypotheses: tuple[Hypothesis, ...]) -> str:
    if len(hypotheses) == 1:
        return amount(hypotheses[0].portion)
    return f"each of {_images(hypotheses)} training images"
