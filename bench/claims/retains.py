"""The claim that a fraction of the data keeps a share of what training on all of it gains."""

from __future__ import annotations

from dataclasses import replace
from math import isnan, nan

from bench.analysis.evidence import Evidence
from bench.claims.conclude import conclude
from bench.claims.lead import decide_family, tested
from bench.claims.verdict import Decision, Verdict
from bench.claims.wording import share_range
from bench.protocol.claims import RetainsClaim
from bench.stats import RetentionStatus, kept_at_least, retention, variance_components
from bench.text.numbers import amount, p_statement, percent, share, signed, span
from bench.text.statuses import WHY_NOT

NO_GAIN = "training on the largest amount of data is not shown to gain anything, so there is nothing to keep a share of"
AS_MANY_IMAGES = "the fraction is as many images as the largest amount, so nothing but the gain is known"


def judge_retains(claim: RetainsClaim, evidence: Evidence) -> Verdict:
    """Test that more than a share of the gain is kept, given that there is a gain.

    The interval of the share is Fieller's, the shares that this test does not reject. A gain of which no interval is
    known leaves the share undefined, and the claim without a test; so does a fraction of as many images as all.
    """
    phrases, by_value = evidence.phrases, evidence.by_value()
    *_, largest = by_value.values()
    portion = evidence.at(claim.at)
    seeds = evidence.seeds([(claim.system, portion), (claim.system, largest), (claim.rival, largest)])
    fraction, full = (evidence.counts(claim.system, one, seeds) for one in (portion, largest))
    rival = evidence.counts(claim.rival, largest, seeds)
    kept = retention(fraction, full, rival, phrases)
    components = variance_components((fraction - rival) - claim.share * (full - rival), phrases)
    untestable = NO_GAIN if kept.status is RetentionStatus.no_gain else None
    if portion.images == largest.images:
        untestable = AS_MANY_IMAGES
    if kept.share is None or untestable is not None:
        one = tested(portion, largest, kept.gain, components)
        one = replace(one, estimate=nan, low=nan, high=nan, p=nan, p_adjusted=nan)
        return conclude(claim, evidence, seeds, (one,), margin=claim.share, untestable=untestable)
    one = tested(portion, largest, kept_at_least(fraction, full, rival, phrases, claim.share), components)
    one = replace(one, estimate=kept.share.estimate, low=kept.share.low, high=kept.share.high)
    # If all of the gain were kept, the excess would be the rest of it.
    effect = (1 - claim.share) * kept.gain.estimate
    return conclude(claim, evidence, seeds, decide_family([one]), margin=claim.share, effect=effect)


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
