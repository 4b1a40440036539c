"""The claim that a system trained on all the data is more accurate than a published number."""

from __future__ import annotations

from bench.analysis.evidence import Evidence
from bench.analysis.verdicts.conclusion import conclude
from bench.analysis.verdicts.lead import decide_family, lead
from bench.analysis.verdicts.verdict import Verdict
from bench.claims import AboveReferenceClaim

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
