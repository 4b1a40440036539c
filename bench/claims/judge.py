"""Every claim of a protocol, judged by the outcomes of its run."""

from __future__ import annotations

from collections.abc import Sequence

from bench.analysis.efficiency import Multiplier
from bench.analysis.evidence import Evidence
from bench.claims.above_reference import judge_above_reference
from bench.claims.better_than import judge_better_than
from bench.claims.competitive import judge_competitive
from bench.claims.more_efficient import judge_more_efficient
from bench.claims.retains import judge_retains
from bench.claims.robust import judge_robust
from bench.claims.verdict import Verdict
from bench.protocol.claims import (
    AboveReferenceClaim,
    BetterThanClaim,
    Claim,
    CompetitiveClaim,
    MoreEfficientClaim,
    RetainsClaim,
    RobustClaim,
    SystemClaim,
)


def judge(claims: Sequence[Claim], evidence: Evidence, multipliers: Sequence[Multiplier] = ()) -> tuple[Verdict, ...]:
    """Judge claims in their order, in which a claim about another stands after that.

    Args:
        claims: of a protocol.
        evidence: what they are judged by.
        multipliers: how much more data one system needs than another, which goes with claims of efficiency.
    """

    def judge_system(claim: SystemClaim) -> Verdict:
        return _judge_system(claim, evidence, multipliers)

    found: dict[str, Verdict] = {}
    for claim in claims:
        if isinstance(claim, RobustClaim):
            found[claim.name] = judge_robust(claim, found[claim.claim], evidence.protocol.seeds, judge_system)
        else:
            found[claim.name] = judge_system(claim)
    return tuple(found.values())


def _judge_system(claim: SystemClaim, evidence: Evidence, multipliers: Sequence[Multiplier]) -> Verdict:
    match claim:
        case BetterThanClaim():
            return judge_better_than(claim, evidence)
        case CompetitiveClaim():
            return judge_competitive(claim, evidence)
        case RetainsClaim():
            return judge_retains(claim, evidence)
        case AboveReferenceClaim():
            return judge_above_reference(claim, evidence)
        case MoreEfficientClaim():
            return judge_more_efficient(claim, evidence, multipliers)
