"""Claims, and times at which they are stated."""

from __future__ import annotations

from datetime import UTC, datetime

from bench.claims.better_than import BetterThanClaim
from bench.claims.competitive import CompetitiveClaim
from bench.claims.robust import RobustClaim
from bench.protocol.claim import Claim

SMALL = CompetitiveClaim(name="small", renders="A fraction is enough.", kind="competitive", system="sprm", margin=0.02)
BETTER = BetterThanClaim(name="better", kind="better_than", system="sprm", rival="prior", at=(0.5, 1.0))
ROBUST = RobustClaim(name="robust", kind="robust", claim="small", controls=("last-epoch", "equal-steps"))
FIRST, SECOND = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)


def changed(claim: Claim, /, **values: object) -> Claim:
    """Return a claim with some values changed, checked like any other."""
    return type(claim).model_validate({**claim.model_dump(), **values})
