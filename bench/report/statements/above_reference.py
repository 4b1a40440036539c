"""The claim that a system is more accurate than a published number, in words."""

from __future__ import annotations

from bench.analysis import Decision, Verdict
from bench.claims import AboveReferenceClaim
from bench.report.numbers import amount, exact_points
from bench.report.statements.wording import by_margin, lead_of
from bench.report.statuses import WHY_NOT

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
