"""Claims that a run was held against and that its protocol does not make any more, in words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC

from bench.text.measures import Measure
from bench.text.numbers import count, listed
from bench.verdicts.stated import WithdrawnClaim
from sprm.evaluation.metric import ACCURACY


def withdrawn_statement(claims: Sequence[WithdrawnClaim]) -> list[str]:
    """Name the claims that were withdrawn; nothing when none was."""
    if not claims:
        return []
    subject = "1 other claim was stated for this run and is" if len(claims) == 1 else _several(len(claims))
    return [f"{subject} no longer in its protocol: {listed([_named(claim) for claim in claims])}."]


def _several(number: int) -> str:
    return f"{count(number)} other claims were stated for this run and are"


def _named(claim: WithdrawnClaim) -> str:
    """Name a claim: `“small” (competitive, sprm, margin 0.02, since 2026-01-02 03:04 UTC)`."""
    margin = None if claim.margin is None else f"{claim.margin_key} {claim.margin:.6g}"
    of = None if claim.metric == ACCURACY else str(Measure(claim.metric))
    since = f"since {claim.stated_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    return f"“{claim.name}” ({', '.join(part for part in (claim.kind, claim.system, margin, of, since) if part)})"
