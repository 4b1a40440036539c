"""The claim that a fraction of the data keeps a share of a gain, in words."""

from __future__ import annotations

from math import isnan

from bench.analysis import Decision, Verdict
from bench.claims import RetainsClaim
from bench.report.numbers import amount, p_statement, percent, share, signed, span
from bench.report.statements.wording import share_range
from bench.report.statuses import WHY_NOT

SHOWN = {
    Decision.supported: "shown to be more than",
    Decision.refuted: "shown to be less than",
    Decision.inconclusive: "which may be more or less than",
}


def claimed(claim: RetainsClaim, verdict: Verdict) -> str:
    """State what is claimed."""
    one = verdict.deciding
    assert one is not None
    assert one.against is not None
    return (
        f"trained on {amount(one.portion)}, {claim.system} keeps more than {share(claim.share)} of what training on "
        f"{amount(one.against)} gains over {claim.rival}."
    )


def stated(claim: RetainsClaim, verdict: Verdict) -> str:
    """State what was found."""
    one = verdict.deciding
    assert one is not None
    assert one.against is not None
    less, gain = amount(one.portion), f"what {amount(one.against)} gain over {claim.rival}"
    if one.decision is Decision.not_testable:
        asked = f"{claim.system} with {less} keeps more than {share(claim.share)} of {gain}"
        return f"Whether {asked} cannot be tested: {WHY_NOT[one.basis.status]}."
    # Where all of the gain is kept in every answer, there is a test and no interval.
    interval = "" if isnan(one.low) else f" ({share(one.confidence)} interval {share_range(one.low, one.high)})"
    return (
        f"With {less}, {claim.system} keeps {percent(one.estimate)} % of {gain}{interval}, {SHOWN[one.decision]} "
        f"{share(claim.share)} ({p_statement(one.p_adjusted)})."
    )


def gain(verdict: Verdict) -> str:
    """Write the gain of which no share can be told, as between brackets; nothing where there is none."""
    if not isinstance(verdict.claim, RetainsClaim) or verdict.deciding is None:
        return ""
    basis = verdict.deciding.basis
    interval = f", 95 % interval {span(basis.low, basis.high)}" if basis.status.has_interval else ""
    return f" ({signed(basis.estimate)} points{interval})"
