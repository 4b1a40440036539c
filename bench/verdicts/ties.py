"""A claim that holds a trained system against one that is not: what becomes of it when ties are shared evenly."""

from __future__ import annotations

from dataclasses import replace

from bench.analysis.ties import hangs_on_ties, settled_by
from bench.text.numbers import listed
from bench.verdicts.verdict import Case, SystemClaim, TiesShared, Verdict
from sprm.settings import Ties

RULES = {Ties.first: "the first tied box in the file", Ties.largest: "the largest tied box"}
"""Which box answers when a tie is not shared."""


def with_ties_shared(verdict: Verdict, case: Case) -> Verdict:
    """Add to a verdict the one on the same claim with the ties of all untrained systems shared evenly.

    A verdict on which no system bears whose answers hang on ties stays as it is, and so does one that has no test
    either way.
    """
    claim, protocol = verdict.claim, case.evidence.protocol
    if not isinstance(claim, SystemClaim):
        return verdict
    rules = {
        name: protocol.system(name).tie_rule
        for name in claim.holds_against(protocol)
        if hangs_on_ties(case.evidence, name)
    }
    if not rules:
        return verdict
    shared = claim.judged(replace(case, evidence=settled_by(Ties.shared, case.evidence)))
    # A gain over a prior that takes the first box may not be shown, while one over its shared ties is.
    if verdict.untestable is not None and shared.untestable is not None:
        return verdict
    return replace(verdict, ties_shared=TiesShared(rules, shared))


def tie_statement(verdict: Verdict) -> list[str]:
    """State what settles the ties of untrained systems, and what is found when they are shared; nothing without."""
    if verdict.ties_shared is None:
        return []
    of_rule = {rule: [name for name, own in verdict.ties_shared.rules.items() if own is rule] for rule in RULES}
    settled = listed(
        [
            f"{listed(names)} {'uses' if len(names) == 1 else 'use'} {RULES[rule]}"
            for rule, names in of_rule.items()
            if names
        ]
    )
    return [f"When boxes tie, {settled}. {verdict.with_ties_shared(verdict.ties_shared.verdict)}"]
