"""The claim that a fraction of the data keeps a share of what training on all of it gains."""

from __future__ import annotations

from dataclasses import replace
from math import nan

from bench.analysis.evidence import Evidence
from bench.analysis.verdicts.conclusion import conclude
from bench.analysis.verdicts.lead import decide_family, tested
from bench.analysis.verdicts.verdict import Verdict
from bench.claims import RetainsClaim
from bench.stats import RetentionStatus, kept_at_least, retention, variance_components

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
