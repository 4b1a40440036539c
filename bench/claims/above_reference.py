"""The claim that a system trained on all the data is more accurate than a published number."""

from __future__ import annotations

from bench.analysis.evidence import Evidence
from bench.claims.conclude import conclude
from bench.claims.lead import decide_family, lead
from bench.claims.verdict import Decision, Verdict
from bench.claims.wording import by_margin, lead_of
from bench.protocol.claims import AboveReferenceClaim
from bench.text.numbers import amount, exact_points
from bench.text.statuses import WHY_NOT

TESTED_ON = "test"
"""The split that every trial of a run answers."""
AS_MANY = 0.05
"""Share of a split's images that may be missing, for want of detections, before it counts as another."""


def judge_above_reference(claim: AboveReferenceClaim, evidence: Evidence) -> Verdict:
    """Test the accuracy at the largest amount of data against the published number, taken as exact.

    Over new images and new trainings; the number itself was measured on some images after some training too, which
    its publication as a rule says nothing of. A number from another corpus or split can be tested by nothing here.
    """
    if (why := not_comparable(claim, evidence.protocol.corpus.kind, evidence.outcomes.test.images)) is not None:
        return conclude(claim, evidence, (), (), margin=claim.margin, untestable=why)
    *_, largest = evidence.by_value().values()
    seeds = evidence.seeds([(claim.system, largest)])
    lead_over_it = evidence.counts(claim.system, largest, seeds) - claim.reference * evidence.phrases
    hypotheses = [lead(largest, None, lead_over_it, evidence.phrases, claim.margin)]
    return conclude(claim, evidence, seeds, decide_family(hypotheses), margin=claim.margin)


def not_comparable(claim: AboveReferenceClaim, corpus: str, images: int) -> str | None:
    """Say why a run on a corpus cannot be held against the published number; None when it can.

    Args:
        claim: the claim.
        corpus: kind of the run's corpus.
        images: of the run's test split.
    """
    if corpus != claim.corpus:
        return f"the number was measured on {claim.corpus}, and this run was made on {corpus}"
    if claim.split != TESTED_ON:
        return f"the number was measured on the {claim.split} split, and this run answers the {TESTED_ON} split"
    if claim.images is not None and abs(images - claim.images) > AS_MANY * claim.images:
        return f"the number was measured on {claim.images:,} images, and this run has {images:,} test images"
    return None


SHOWN = {
    Decision.supported: "is above",
    Decision.refuted: "is not above",
    Decision.inconclusive: "is not shown to be above",
}


def claimed(claim: AboveReferenceClaim, verdict: Verdict) -> str:
    """State what is claimed."""
    one = verdict.deciding
    most = "the largest amount of data" if one is None else amount(one.portion)
    return (
        f"trained on {most}, {claim.system} is more accurate{by_margin(claim.margin)} than the "
        f"{exact_points(claim.reference)} % of {claim.source} on the {claim.split} split of {claim.corpus}."
    )


def stated(claim: AboveReferenceClaim, verdict: Verdict) -> str:
    """State what was found; the published number is taken as exact."""
    one = verdict.deciding
    assert one is not None
    number = f"{exact_points(claim.reference)} %{by_margin(claim.margin)}"
    if one.decision is Decision.not_testable:
        why = WHY_NOT[one.basis.status]
        return f"Whether {claim.system} with {amount(one.portion)} is above {number} cannot be tested: {why}."
    return (
        f"With {amount(one.portion)}, {claim.system} {SHOWN[one.decision]} {number}: the difference is "
        f"{lead_of(one, family=verdict.family)}. The published number is taken as exact."
    )
