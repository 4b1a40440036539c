"""When a run's claims were stated, seen from its results, and which of them its protocol does not make any more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from bench.protocol.claim import Claim
from bench.store.preregistration import StatedAt, fingerprints, read_preregistration
from bench.store.records import TrialRecord
from sprm.evaluation.metric import ACCURACY

MARGINS = ("margin", "share", "factor")
"""Keys of a claim of which each kind has one at most: the number that decides it."""


@dataclass(frozen=True)
class StatedClaim:
    """Since when a claim stands.

    Attributes:
        name: the claim's.
        fingerprint: sha256 of the claim's kind and values.
        stated_at: when the run was first held against it; None when that was not written down.
        trials_before: trials of the run that were finished by then, whether or not they were run again since.
        trials: trials of the run.
    """

    name: str
    fingerprint: str
    stated_at: datetime | None
    trials_before: int
    trials: int

    @property
    def beforehand(self) -> bool:
        """Whether no result was there when the claim was stated."""
        return self.stated_at is not None and not self.trials_before


@dataclass(frozen=True)
class WithdrawnClaim:
    """A claim that a run was held against and that its protocol does not make any more.

    Attributes:
        name: the claim's when it was stated.
        kind: the claim's.
        system: the system that it is about; None for a claim about another claim.
        margin_key: what the claim calls the number that decides it; None when it has none.
        margin: that number.
        stated_at: when the run was first held against it.
        fingerprint: sha256 of the claim's kind and values.
        claim: all of it.
        metric: name of the metric that it is about.
    """

    name: str
    kind: str
    system: str | None
    margin_key: str | None
    margin: float | None
    stated_at: datetime
    fingerprint: str
    claim: dict[str, Any]
    metric: str


def stated(
    run: Path, claims: Sequence[Claim], records: Sequence[TrialRecord], trials: int, metric: str = ACCURACY
) -> tuple[StatedClaim, ...]:
    """Tell of each claim how many results were there when it was stated.

    Args:
        run: the run folder.
        claims: of the run's protocol.
        records: of the trials that are complete.
        trials: trials of the run, complete or not.
        metric: name of the one that the claims are about.

    Raises:
        ResultsError: the run's preregistration cannot be read.
    """
    first = read_preregistration(run).first
    return tuple(
        _stated(name, fingerprint, first.get(fingerprint), records, trials)
        for name, fingerprint in fingerprints(claims, metric).items()
    )


def withdrawn(run: Path, claims: Sequence[Claim], metric: str = ACCURACY) -> tuple[WithdrawnClaim, ...]:
    """Return the claims that were stated for a run and are not among some others, in the order of their statement.

    Args:
        run: the run folder.
        claims: the others.
        metric: name of the one that these are about.

    Raises:
        ResultsError: the run's preregistration cannot be read.
    """
    kept = set(fingerprints(claims, metric).values())
    first = read_preregistration(run).first
    return tuple(
        _withdrawn(fingerprint, statement) for fingerprint, statement in first.items() if fingerprint not in kept
    )


def _stated(
    name: str, fingerprint: str, at: StatedAt | None, records: Sequence[TrialRecord], trials: int
) -> StatedClaim:
    if at is None:
        return StatedClaim(name, fingerprint, None, len(records), trials)
    before = at.trials_finished
    if before is None:
        # Nothing but clocks can tell, which may have been set meanwhile.
        before = sum(record.finished_at <= at.stated_at for record in records)
    return StatedClaim(name, fingerprint, at.stated_at, before, trials)


def _withdrawn(fingerprint: str, statement: StatedAt) -> WithdrawnClaim:
    # It may be a claim of an earlier version, of which today's kinds need not have every key.
    margins = [(key, statement.claim[key]) for key in MARGINS if isinstance(statement.claim.get(key), float)]
    key, margin = margins[0] if margins else (None, None)
    system = statement.claim.get("system")
    return WithdrawnClaim(
        name=str(statement.claim.get("name", "")),
        kind=str(statement.claim.get("kind", "")),
        system=None if system is None else str(system),
        margin_key=key,
        margin=margin,
        stated_at=statement.stated_at,
        fingerprint=fingerprint,
        claim=statement.claim,
        metric=statement.metric,
    )
