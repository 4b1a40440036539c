"""How long trials take: those that are done, and, judging by them, the others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple

from bench.store.provenance import processor, processors
from bench.store.records import TrialKey, TrialRecord
from bench.trials.effort import effort
from bench.trials.jobs import jobs_of
from bench.trials.plan import Plan, PlannedTrial, Trial
from bench.trials.status import TrialStatus


class Basis(StrEnum):
    """What times are judged by."""

    records = "records of this machine"
    steps = "training steps timed on this machine"
    both = "records of this machine, and training steps timed on it"


class Pace(NamedTuple):
    """What trainings have in common whose steps take about as long."""

    kind: str
    """Of system."""
    batch: int
    """Sentences in a batch."""


def pace_of(trial: Trial) -> Pace | None:
    """Return how fast a trial's steps are to be expected; None where it is not trained."""
    return None if trial.training is None else Pace(trial.settings.kind, trial.training.batch)


def seconds_by_trial(plan: Plan, seconds_per_step: Mapping[Pace, float] | None = None) -> dict[TrialKey, float]:
    """Return what done trials took and, judging by the trained ones, what the others will.

    A trial that can be taken over from another run takes no time, but may show this machine's speed. Of trials that
    share a training, the first has its time.

    Args:
        plan: the trials.
        seconds_per_step: of training, where no trial of that pace shows it that was trained on this machine. What has
            neither is left without a time.
    """
    known = {
        planned.trial.key: planned.progress.record.seconds
        for planned in plan.trials
        if planned.progress.status is TrialStatus.done and planned.progress.record is not None
    }
    rates = {**(seconds_per_step or {}), **_measured(plan)}
    if not rates:
        return known
    jobs = jobs_of((planned for planned in plan.left if not planned.elsewhere), plan.dataset)
    found = known | {planned.trial.key: 0.0 for planned in plan.left if planned.elsewhere}
    for job in jobs:
        # A system that is not trained answers once; the steps of any other one tell how long that takes.
        pace = pace_of(job.trials[0])
        rate = max(rates.values()) if pace is None else rates.get(pace)
        if rate is not None:
            found |= {trial.key: rate * work for trial, work in job.efforts.items()}
    return found


def _measured(plan: Plan) -> dict[Pace, float]:
    """Return the seconds for a step's work that records of this machine show, answering included."""
    seconds: dict[Pace, float] = {}
    work: dict[Pace, float] = {}
    for planned, record in trained_here(plan):
        pace = pace_of(planned.trial)
        # The time of one whose training is another trial's tells nothing of steps.
        if pace is not None and record.sentences_seen:
            seconds[pace] = seconds.get(pace, 0.0) + record.seconds
            work[pace] = work.get(pace, 0.0) + effort(planned.trial, plan.dataset)
    return {pace: seconds[pace] / work[pace] for pace in seconds}


def trained_here(plan: Plan) -> list[tuple[PlannedTrial, TrialRecord]]:
    """Return the trained trials of which this machine, or one like it, has made the record, with their records."""
    here = processor(), processors()
    found = []
    for planned in plan.trials:
        is_done = planned.progress.status is TrialStatus.done
        record = planned.elsewhere[1] if planned.elsewhere else planned.progress.record if is_done else None
        if record is not None and planned.trial.training is not None:
            then = record.provenance
            if (then.processor, then.processors) == here:
                found.append((planned, record))
    return found


def seconds_left(plan: Plan, seconds: dict[TrialKey, float], workers: int) -> float | None:
    """Return how long the trials that are left take together; None when that is not known."""
    left = [planned.trial.key for planned in plan.left]
    if not all(key in seconds for key in left):
        return None
    return together([seconds[key] for key in left], workers)


def together(seconds: Sequence[float], rate: float) -> float:
    """Return how long trials take together.

    Args:
        seconds: what each takes by itself.
        rate: how many times as much all workers do as one; at least 1.
    """
    return max(sum(seconds) / rate, max(seconds, default=0.0))
