"""The claim that a rival needs so many times the data, in words."""

from __future__ import annotations

from collections.abc import Sequence

from bench.analysis import Decision, Hypothesis, Verdict
from bench.claims import MoreEfficientClaim
from bench.report.numbers import count, listed
from bench.report.statements.wording import lead_of, trained_on
from bench.report.statuses import WHY_NOT


def claimed(claim: MoreEfficientClaim, verdict: Verdict) -> str:
    """State what is claimed."""
    return (
        f"to be as accurate as {claim.system}, {claim.rival} needs {_more(claim.factor)}, at every amount of data for "
        "which both were trained."
    )


def stated(claim: MoreEfficientClaim, verdict: Verdict) -> str:
    """State what was found."""
    one = verdict.deciding
    assert one is not None
    needs = f"{claim.rival} needs {_more(claim.factor)}"
    both = f"{trained_on(claim.system, one.portion)} over {trained_on(claim.rival, one.against)}"
    if one.decision is Decision.not_testable:
        return f"Whether {needs} cannot be tested by the lead of {both}: {WHY_NOT[one.basis.status]}."
    lead = lead_of(one, family=verdict.family)
    if verdict.decision is Decision.supported and verdict.family > 1:
        many = "as many" if claim.factor == 1 else f"{claim.factor:g} times as many"
        return (
            f"{needs}: {claim.system} with each of {_images(verdict.hypotheses)} images is more accurate than "
            f"{claim.rival} with {many}. The least certain lead is that of {both}: {lead}."
        )
    if verdict.decision is Decision.supported:
        return f"{needs}: the lead of {both} is {lead}."
    found = "refuted" if verdict.decision is Decision.refuted else "not shown"
    holds = [each for each in verdict.hypotheses if each.decision is Decision.supported]
    where = f" it is shown for {claim.system} with {_images(holds)} images, but" if holds else ""
    everywhere = " at every amount" if verdict.family > 1 else ""
    return f"That {needs}{everywhere} is {found}:{where} the lead of {both} is {lead}."


def _more(factor: float) -> str:
    return "more data" if factor == 1 else f"more than {factor:g} times the data"


def _images(hypotheses: Sequence[Hypothesis]) -> str:
    return listed([count(one.portion.images) for one in hypotheses])
