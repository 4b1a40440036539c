"""Every claim of a protocol, judged by the outcomes of its run."""

from __future__ import annotations

from collections.abc import Sequence

from bench.analysis.efficiency import Multiplier
from bench.analysis.evidence import Evidence
from bench.protocol.claim import Claim
from bench.verdicts.verdict import Case, TestableClaim, Verdict


def judge(claims: Sequence[Claim], evidence: Evidence, multipliers: Sequence[Multiplier] = ()) -> tuple[Verdict, ...]:
    """Judge claims in their order, in which a claim about another stands after that.

    Args:
        claims: of a protocol.
        evidence: what they are judged by.
        multipliers: how much more data one system needs than another, which goes with claims of efficiency.

    Raises:
        TypeError: the kind of a claim brings no test.
    """
    verdicts: dict[str, Verdict] = {}
    for claim in claims:
        verdicts[claim.name] = testable(claim).judge(Case(evidence, multipliers, dict(verdicts)))
    return tuple(verdicts.values())


def testable(claim: Claim) -> TestableClaim:
    """Return a protocol's claim as what it is to whoever tests it.

    Raises:
        TypeError: its kind brings no test.
    """
    if not isinstance(claim, TestableClaim):
        raise TypeError(f"{type(claim).__qualname__} is no {TestableClaim.__qualname__}")
    return claim
