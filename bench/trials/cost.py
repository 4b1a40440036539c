"""How long trials take: those that are done, and, judging by them, the others."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from enum import StrEnum

from bench.store.provenance import processor, processors
from bench.store.records import TrialKey, TrialRecord
from bench.trials.effort import answering_effort, effort
from bench.trials.jobs import jobs_of
from bench.trials.plan import Plan, PlannedTrial
from bench.trials.status import TrialStatus


class Basis(StrEnum):
    """What times are judged by."""

    records = "records of this machine"
    steps = "training steps timed on this machine"


def seconds_by_trial(plan: Plan, seconds_per_step: Mapping[str, float] | None = None) -> dict[TrialKey, float]:
    """Return what done trials took and, judging by the trained ones, what the others will.

    A trial that can be taken over from another run takes no time, but may show this machine's speed. Of trials that
    share a training, the first has its time. A trained system is judged by its own trials, as steps of one system may
    take ten times as long as those of another; what is not trained, which takes little, by the fastest.

    Args:
        plan: the trials.
        seconds_per_step: of training, by system, where no trial of the system shows it that was trained on this
            machine; trials of systems that are not here either are left without a time.
    """
    known = {
        planned.trial.key: planned.progress.record.seconds
        for planned in plan.trials
        if planned.progress.status is TrialStatus.done and planned.progress.record is not None
    }
    rates = {**(seconds_per_step or {}), **_rates(plan)}
    taken_over = {planned.trial.key: 0.0 for planned in plan.left if planned.elsewhere}
    if not rates:
        return known | taken_over
    found: dict[TrialKey, float] = {}
    for job in jobs_of((planned for planned in plan.left if not planned.elsewhere), plan.dataset):
        first = job.trials[0]
        rate = rates.get(first.key.system) if first.training else min(rates.values())
        if rate is not None:
            found |= {trial.key: rate * work for trial, work in job.efforts.items()}
    return known | taken_over | found


def _rates(plan: Plan) -> dict[str, float]:
    """Return the seconds for a step's work of each trained system that this machine has trials of."""
    seconds, work = defaultdict[str, float](float), defaultdict[str, float](float)
    for planned, record in trained_here(plan):
        seconds[record.system] += record.seconds
        work[record.system] += _work_done(planned, plan)
    return {system: seconds[system] / work[system] for system in seconds if work[system]}


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


def _work_done(planned: PlannedTrial, plan: Plan) -> float:
    """Return the work of a trained trial that is done, here or in another run."""
    record = planned.elsewhere[1] if planned.elsewhere else planned.progress.record
    holds_training = record is not None and record.sentences_seen > 0
    return (effort if holds_training else answering_effort)(planned.trial, plan.dataset)


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
