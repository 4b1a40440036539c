"""Every claim of a protocol, judged by the outcomes of its run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bench.analysis.efficiency import Multiplier
from bench.analysis.evidence import Evidence
from bench.analysis.looks import reached, seen_by
from bench.protocol.claim import Claim
from bench.stats import Look
from bench.verdicts.hypothesis import Decision
from bench.verdicts.ties import with_ties_shared
from bench.verdicts.verdict import Case, TestableClaim, Verdict

NO_LOOK = "no look of the plan is complete yet; the first needs every trial of {seeds} seeds"
"""Why nothing is decided."""


def judge(claims: Sequence[Claim], evidence: Evidence, multipliers: Sequence[Multiplier] = ()) -> tuple[Verdict, ...]:
    """Judge claims in their order, in which a claim about another stands after that.

    With a group-sequential plan they are judged at the latest look that is complete; before the first, nothing is.

    Args:
        claims: of a protocol.
        evidence: what they are judged by.
        multipliers: how much more data one system needs than another, by all seeds, which goes with claims of
            efficiency; left out of the verdicts of a plan, since they are not those of the look.

    Raises:
        TypeError: the kind of a claim brings no test.
    """
    looks = reached(evidence)
    if evidence.protocol.sequential is None:
        return _judged(claims, Case(evidence, multipliers, {}, looks[-1]))
    if looks:
        return judge_at(looks[-1], claims, evidence)
    first = Look(evidence.protocol.sequential.looks, 1)
    why = NO_LOOK.format(seeds=first.seeds)
    without = _judged(claims, Case(seen_by(evidence, 0), (), {}, first))
    return tuple(
        replace(each, decision=Decision.not_testable, untestable=why, power=None, look=None, ties_shared=None)
        for each in without
    )


def judge_at(look: Look, claims: Sequence[Claim], evidence: Evidence) -> tuple[Verdict, ...]:
    """Judge claims at one look of a plan, by what had been seen by then.

    Args:
        look: one that is complete.
        claims: of a protocol.
        evidence: of its run, of which later seeds do not count.
    """
    return _judged(claims, Case(seen_by(evidence, look.seeds), (), {}, look))


def _judged(claims: Sequence[Claim], case: Case) -> tuple[Verdict, ...]:
    verdicts: dict[str, Verdict] = {}
    for claim in claims:
        verdict = testable(claim).judged(replace(case, earlier=dict(verdicts)))
        verdicts[claim.name] = with_ties_shared(verdict, case)
    return tuple(verdicts.values())


def testable(claim: Claim) -> TestableClaim:
    """Return a protocol's claim as what it is to whoever tests it.

    Raises:
        TypeError: its kind brings no test.
    """
    if not isinstance(claim, TestableClaim):
        raise TypeError(f"{type(claim).__qualname__} is no {TestableClaim.__qualname__}")
    return claim
