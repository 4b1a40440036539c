"""The claim that a rival needs so many times the data to be as accurate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bench.analysis.efficiency import Multiplier
from bench.analysis.evidence import Evidence
from bench.claims.conclude import conclude
from bench.claims.lead import decide_family, lead
from bench.claims.verdict import Decision, Hypothesis, Verdict
from bench.claims.wording import lead_of, trained_on
from bench.protocol.claims import MoreEfficientClaim, portions_apart
from bench.text.numbers import count, listed
from bench.text.statuses import WHY_NOT

TOO_FEW_IMAGES = "so few training images leave no two amounts that are as far apart as the claim asks"


@dataclass(frozen=True, kw_only=True)
class MoreEfficientVerdict(Verdict):
    """What became of the claim.

    Attributes:
        multipliers: how many times more data the rival needs by its curve, for each hypothesis in turn; none
            where this was not worked out. They describe and decide nothing.
    """

    multipliers: tuple[Multiplier, ...]


def judge_more_efficient(
    claim: MoreEfficientClaim, evidence: Evidence, multipliers: Sequence[Multiplier]
) -> MoreEfficientVerdict:
    """Test at every amount n of data that the system is more accurate than the rival with so many times n.

    A rival that more data does not make worse needs more than m n to equal the system exactly when it falls short of
    it with m n. So no curve has to be fitted, and none believed.
    """
    by_value = evidence.by_value()
    pairs = [(by_value[less], by_value[more]) for less, more in portions_apart(tuple(by_value), claim.factor)]
    seeds = evidence.seeds(cell for less, more in pairs for cell in ((claim.system, less), (claim.rival, more)))
    hypotheses = [
        lead(
            less,
            more,
            evidence.counts(claim.system, less, seeds) - evidence.counts(claim.rival, more, seeds),
            evidence.phrases,
            0.0,
        )
        for less, more in pairs
    ]
    untestable = None if pairs else TOO_FEW_IMAGES
    concluded = conclude(claim, evidence, seeds, decide_family(hypotheses), margin=claim.factor, untestable=untestable)
    of_pair = {one.portion: one for one in multipliers if (one.system, one.rival) == (claim.system, claim.rival)}
    return MoreEfficientVerdict(
        **vars(concluded), multipliers=tuple(of_pair[less] for less, _ in pairs if less in of_pair)
    )


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
