"""The statements of several runs as those of the run that they are merged into."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from datetime import datetime
from itertools import accumulate
from typing import TypeVar

from bench.store.preregistration import PlanStatedAt, Preregistration, StatedAt
from bench.store.records import TrialKey, TrialRecord

Statement = TypeVar("Statement", StatedAt, PlanStatedAt)
Results = Sequence[Iterable[TrialRecord]]


def joined(stated: Sequence[Preregistration], results: Results) -> Preregistration:
    """Keep the earliest statement of each claim and of each plan, in the order of their statement.

    What was finished by then is counted over all runs: in the run where it was stated as was written down, in the
    others by their clocks.

    Args:
        stated: of each run.
        results: the records of each run, in the same order.
    """
    claims = _earliest([each.claims for each in stated], lambda each: each.fingerprint)
    plans = _earliest([each.plans for each in stated], lambda each: each.plan)
    return Preregistration(
        claims=tuple(_counted(statement, run, results) for statement, run in claims),
        plans=tuple(_counted(statement, run, results) for statement, run in plans),
    )


def _earliest(
    by_run: Sequence[Sequence[Statement]], identity: Callable[[Statement], Hashable]
) -> list[tuple[Statement, int]]:
    """Return the first statement of each thing, with the place of its run.

    A claim about another stays behind it, as in its own run: clocks of machines differ, so in a run nothing counts as
    stated before what stands above it.
    """
    placed = []
    for run, own in enumerate(by_run):
        moments = accumulate((statement.stated_at for statement in own), max)
        placed += [((moment, run, place), own[place]) for place, moment in enumerate(moments)]
    first: dict[Hashable, tuple[Statement, int]] = {}
    for (_, run, _), statement in sorted(placed, key=lambda each: each[0]):
        first.setdefault(identity(statement), (statement, run))
    return list(first.values())


def _counted(statement: Statement, run: int, results: Results) -> Statement:
    """Add the trials that the other runs had finished when something was stated in one."""
    if statement.trials_finished is None:
        # Then a report counts by clocks, over all results of the merged run.
        return statement
    own = _finished(results[run], statement.stated_at)
    others = {
        key for place, records in enumerate(results) if place != run for key in _finished(records, statement.stated_at)
    }
    return statement.model_copy(update={"trials_finished": statement.trials_finished + len(others - own)})


def _finished(records: Iterable[TrialRecord], by: datetime) -> set[TrialKey]:
    return {record.key for record in records if record.finished_at <= by}
