"""When each claim was first stated; `preregistration.json` in a run's folder.

A margin chosen after the results are known decides nothing. So a run keeps, from its first trial on, what was claimed
and since when, and a report says of each claim how many of the trials were finished before it was stated.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import AwareDatetime, ValidationError

from bench.atomic import write_atomically
from bench.claims import Claim, RobustClaim
from bench.stored import Part, Stored
from sprm.errors import ResultsError

FILE = "preregistration.json"
WORDING = {"name", "renders"}
"""Keys of a claim that say nothing of how it is decided."""


class StatedAt(Part):
    """A claim and since when it stands."""

    fingerprint: str
    """sha256 of everything that decides the claim; its name and wording are no part of that."""
    claim: dict[str, Any]
    """The claim as it was first stated."""
    stated_at: AwareDatetime


class Preregistration(Stored):
    """Every claim that a run was ever held against, in the order of their statement."""

    claims: tuple[StatedAt, ...] = ()

    @property
    def since(self) -> Mapping[str, datetime]:
        """When each claim was stated, by its fingerprint."""
        return {one.fingerprint: one.stated_at for one in self.claims}


def fingerprints(claims: Sequence[Claim]) -> dict[str, str]:
    """Return the fingerprint of each claim by its name; that of a claim about another includes the other's."""
    found: dict[str, str] = {}
    for claim in claims:
        decides = {key: _plain(value) for key, value in claim.model_dump(mode="json", exclude=WORDING).items()}
        if isinstance(claim, RobustClaim):
            decides["claim"] = found[claim.claim]
        found[claim.name] = hashlib.sha256(json.dumps(decides, sort_keys=True).encode()).hexdigest()
    return found


def read_preregistration(run: Path) -> Preregistration:
    """Read what a run was held against; empty when nothing was stated yet.

    Raises:
        ResultsError: the file is there and cannot be read.
    """
    path = run / FILE
    if not path.is_file():
        return Preregistration()
    try:
        return Preregistration.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise ResultsError(
            f"{path}: cannot be read; without it no claim of this run counts as stated beforehand. Delete it to have "
            "the claims stated anew"
        ) from error


def preregister(run: Path, claims: Sequence[Claim], now: datetime) -> None:
    """State those claims of a run that were not stated before; the time of the others stays as it is."""
    stated = read_preregistration(run)
    names = {claim.name: claim for claim in claims}
    fresh = {fingerprint: names[name] for name, fingerprint in fingerprints(claims).items()}
    added = tuple(
        StatedAt(fingerprint=fingerprint, claim=claim.model_dump(mode="json"), stated_at=now)
        for fingerprint, claim in fresh.items()
        if fingerprint not in stated.since
    )
    if added:
        run.mkdir(parents=True, exist_ok=True)
        whole = Preregistration(claims=(*stated.claims, *added))
        write_atomically(run / FILE, whole.to_json())


def _plain(value: Any) -> Any:
    """Leave out how a value is written: the order of a list decides nothing, nor does 1 in the place of 1.0."""
    if isinstance(value, list):
        return sorted(_plain(member) for member in value)
    return float(value) if isinstance(value, int) else value
