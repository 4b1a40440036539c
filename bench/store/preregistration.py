"""When each claim, and a plan, was first stated; `preregistration.json` in a run's folder.

A run keeps, from its first trial on, what was claimed, after how many seeds it was to be tested, and since when. So a
report can say of each claim how many of the trials were finished before it was stated, and which claims were withdrawn;
and the same of a plan. This protects against forgetting and drifting; whoever can change the results can change this
file as well.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, Field, ValidationError, field_validator

from bench.protocol.claim import CLAIMS, Claim
from bench.protocol.sequential import SequentialPlan
from bench.store.ledger import Ledger
from bench.store.stored_model import SCHEMA_VERSION, Record, Stored
from sprm.errors import ResultsError
from sprm.evaluation.metric import ACCURACY
from sprm.files.atomic_file import write_atomically
from sprm.files.leases import leased
from sprm.files.regular import content_of

FILE = "preregistration.json"
WORDING = {"name", "renders", "renders_on"}
"""Keys of a claim that say nothing of how it is decided."""


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("the moment lies outside the calendar") from error


Moment = Annotated[AwareDatetime, AfterValidator(_in_utc)]
"""A point in time, kept in UTC."""


class StatedAt(Record):
    """A claim and since when it stands."""

    fingerprint: str
    """sha256 of the claim's kind and values, and of its metric; its name and wording are no part of that."""
    claim: dict[str, Any]
    """The claim as it was first stated."""
    stated_at: Moment
    trials_finished: int | None = Field(None, ge=0)
    """Trials of the run that were finished by then; a file of an earlier version does not say."""
    metric: str = ACCURACY
    """Name of the metric that the claim is about."""


class PlanStatedAt(Record):
    """A group-sequential plan and since when it stands."""

    plan: SequentialPlan
    """The plan."""
    stated_at: Moment
    trials_finished: int = Field(ge=0)
    """Trials of the run that were finished by then."""


class Preregistration(Stored):
    """Every claim and every plan that a run was ever held against, in the order of their statement."""

    schema_version: int = Field(SCHEMA_VERSION, le=SCHEMA_VERSION)
    claims: tuple[StatedAt, ...] = ()
    plans: tuple[PlanStatedAt, ...] = ()

    def to_json(self) -> bytes:
        """Return the record as it is written to disk; of accuracy without plans, earlier versions can read it."""
        of_accuracy = {place: {"metric"} for place, each in enumerate(self.claims) if each.metric == ACCURACY}
        without: dict[str, Any] = {"claims": of_accuracy} if self.plans else {"claims": of_accuracy, "plans": True}
        return (self.model_dump_json(indent=1, exclude=without) + "\n").encode()

    @field_validator("claims")
    @classmethod
    def _once_each(cls, claims: tuple[StatedAt, ...]) -> tuple[StatedAt, ...]:
        if len({statement.fingerprint for statement in claims}) < len(claims):
            raise ValueError("a claim appears twice")
        return claims

    @field_validator("claims")
    @classmethod
    def _under_their_own_fingerprints(cls, claims: tuple[StatedAt, ...]) -> tuple[StatedAt, ...]:
        known = [statement.fingerprint for statement in claims]
        for number, statement in enumerate(claims):
            if not _is_its_own(statement, known[:number]):
                raise ValueError(f"the fingerprint of '{statement.claim['name']}' is not its own")
        return claims

    @field_validator("plans")
    @classmethod
    def _each_plan_once(cls, plans: tuple[PlanStatedAt, ...]) -> tuple[PlanStatedAt, ...]:
        if len({statement.plan for statement in plans}) < len(plans):
            raise ValueError("a plan appears twice")
        return plans

    @property
    def first(self) -> Mapping[str, StatedAt]:
        """The first statement of each claim, by the fingerprint that the claim has today.

        A key that came with a later version has its default in a claim that was stated before; it stays one claim.
        """
        todays: dict[str, str] = {}
        first: dict[str, StatedAt] = {}
        for statement in self.claims:
            todays[statement.fingerprint] = _todays(statement, todays)
            first.setdefault(todays[statement.fingerprint], statement)
        return first


def fingerprints(claims: Sequence[Claim], metric: str = ACCURACY) -> dict[str, str]:
    """Return the fingerprint of each claim by its name; that of a claim about another includes the other's.

    Args:
        claims: of a protocol.
        metric: name of the one that they are about; another one makes them other claims.
    """
    by_name: dict[str, str] = {}
    for claim in claims:
        about = None if claim.about is None else by_name[claim.about]
        by_name[claim.name] = _fingerprint(claim.model_dump(mode="json"), about, metric)
    return by_name


def read_preregistration(run: Path) -> Preregistration:
    """Read what a run was held against; empty when nothing was stated yet.

    Raises:
        ResultsError: the file is there and cannot be read, or is not as it was written.
    """
    path = run / FILE
    try:
        return Preregistration.model_validate_json(content_of(path))
    except (FileNotFoundError, NotADirectoryError):
        return Preregistration()
    except (OSError, ValidationError) as error:
        raise ResultsError(
            f"{path}: cannot be read ({_reason(error)}); restore it from a copy, or move it away: every claim then "
            "counts as made after the results that are there"
        ) from error


def preregister(
    run: Path,
    claims: Sequence[Claim],
    now: datetime,
    elsewhere: Mapping[Path, int] | None = None,
    plan: SequentialPlan | None = None,
    metric: str = ACCURACY,
) -> None:
    """State those claims of a run, and its plan, that were not stated before; what was written of the others stays.

    Args:
        run: the run folder.
        claims: what it is held against.
        now: the time.
        elsewhere: how many trials of the run are finished in which other runs, from which they can be taken over. A
            claim that such a run has stated, too, stands since then: whoever adds a system has claimed no less before.
        plan: at which numbers of seeds the claims are tested; None when they are once.
        metric: name of the one that the claims are about.
    """
    names = {claim.name: claim for claim in claims}
    asked = {fingerprint: names[name] for name, fingerprint in fingerprints(claims, metric).items()}
    if not _is_new(read_preregistration(run), asked, plan):
        return
    # Another command may be stating others at this moment, on this machine or another one.
    with leased(run / FILE, waiting=lambda holder: None):
        stated = read_preregistration(run)
        if not _is_new(stated, asked, plan):
            return
        sources = elsewhere or {}
        finished = sum(1 for _ in Ledger(run).records()) + sum(sources.values())
        earlier = [(_stated_before(source), number) for source, number in sources.items()]
        added = []
        for fingerprint, claim in asked.items():
            if fingerprint in stated.first:
                continue
            first, at = finished, now
            for before, number in earlier:
                known = before.get(fingerprint)
                if known is not None and known.trials_finished is not None:
                    # Of the other run's trials, no more than it had when it stated the claim were finished by then.
                    first, at = min((first, at), (finished - max(number - known.trials_finished, 0), known.stated_at))
            values = claim.model_dump(mode="json")
            added.append(
                StatedAt(fingerprint=fingerprint, claim=values, stated_at=at, trials_finished=first, metric=metric)
            )
        plans = stated.plans
        if plan is not None and all(statement.plan != plan for statement in plans):
            plans = (*plans, PlanStatedAt(plan=plan, stated_at=now, trials_finished=finished))
        whole = Preregistration(claims=(*stated.claims, *added), plans=plans)
        write_atomically(run / FILE, whole.to_json())


def _stated_before(run: Path) -> Mapping[str, StatedAt]:
    """Return what another run has stated; nothing where its file cannot be read, as this run can do without."""
    with suppress(ResultsError):
        return read_preregistration(run).first
    return {}


def _is_new(stated: Preregistration, asked: Mapping[str, Claim], plan: SequentialPlan | None) -> bool:
    """Tell whether some of the claims asked for, by fingerprint, or the plan were not stated yet."""
    is_new_plan = plan is not None and all(statement.plan != plan for statement in stated.plans)
    return is_new_plan or not asked.keys() <= stated.first.keys()


def _known(statement: StatedAt) -> Claim | None:
    """Return a stored claim as today's version reads it; None when it cannot."""
    kind = CLAIMS.by_name().get(str(statement.claim.get("kind")))
    try:
        return None if kind is None else kind.model_validate(statement.claim)
    except ValidationError:
        return None


def _is_its_own(statement: StatedAt, earlier: Iterable[str]) -> bool:
    """Tell whether a stored claim has its own fingerprint; of a claim that today's version cannot read, nobody can."""
    claim = _known(statement)
    if claim is not None and claim.about is not None:
        return any(_fits(statement, claim, other) for other in earlier)
    return claim is None or _fits(statement, claim, None)


def _fits(statement: StatedAt, claim: Claim, about: str | None) -> bool:
    # A key that came later has a default, which was no part of the fingerprint.
    values = claim.model_dump(mode="json", include=set(statement.claim))
    return _fingerprint(values, about, statement.metric) == statement.fingerprint


def _todays(statement: StatedAt, earlier: Mapping[str, str]) -> str:
    """Return the fingerprint that a stored claim has today; `earlier` has those of the claims before it, by theirs."""
    claim = _known(statement)
    if claim is None:
        return statement.fingerprint
    about = None
    if claim.about is not None:
        # The other claim may have had another name when it was stated, so it is found by its fingerprint.
        about = next(today for stored, today in earlier.items() if _fits(statement, claim, stored))
    return _fingerprint(claim.model_dump(mode="json"), about, statement.metric)


def _fingerprint(claim: Mapping[str, Any], about: str | None, metric: str) -> str:
    """Hash a claim's kind, values and metric; `about` is the fingerprint of the claim that it is about, if any."""
    decides = {key: _plain(value) for key, value in claim.items() if key not in WORDING}
    if about is not None:
        decides["claim"] = about
    # Claims from before there was another metric stay the same.
    if metric != ACCURACY:
        decides["metric"] = metric
    return hashlib.sha256(json.dumps(decides, sort_keys=True).encode()).hexdigest()


def _reason(error: OSError | ValidationError) -> str:
    if isinstance(error, OSError):
        return error.strerror or str(error)
    first = error.errors()[0]
    place = ".".join(map(str, first["loc"]))
    what = first["msg"].removeprefix("Value error, ")
    return f"{place}: {what}" if place else what


def _plain(value: Any) -> Any:
    """Leave out how a value is written: the order of a list decides nothing, nor does 1 in the place of 1.0."""
    if isinstance(value, list):
        return sorted(_plain(member) for member in value)
    return float(value) if isinstance(value, int) else value
