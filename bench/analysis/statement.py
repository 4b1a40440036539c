"""When a run's claims were stated, seen from its results."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from bench.claims import Claim
from bench.ledger import TrialRecord
from bench.preregistration import fingerprints, read_preregistration


@dataclass(frozen=True)
class StatedClaim:
    """Since when a claim stands.

    Attributes:
        name: the claim's.
        fingerprint: sha256 of everything that decides it.
        stated_at: when the run was first held against it; None when that was not written down.
        trials_before: of the run's complete trials, those that were finished by then.
        trials: complete trials of the run.
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


def stated(run: Path, claims: Sequence[Claim], records: Sequence[TrialRecord]) -> tuple[StatedClaim, ...]:
    """Hold the time of each claim's statement against those of the results.

    Raises:
        ResultsError: the run's preregistration cannot be read.
    """
    since = read_preregistration(run).since
    return tuple(
        _stated(name, fingerprint, since.get(fingerprint), records)
        for name, fingerprint in fingerprints(claims).items()
    )


def _stated(name: str, fingerprint: str, at: datetime | None, records: Sequence[TrialRecord]) -> StatedClaim:
    before = [one for one in records if at is None or one.finished_at <= at]
    return StatedClaim(name, fingerprint, at, len(before), len(records))
