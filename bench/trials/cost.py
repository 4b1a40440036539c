"""How much work a trial is, so that the longest go first and the time left can be told."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bench.store.records import TrialKey
from bench.trials.plan import Plan, PlannedTrial, Trial
from bench.trials.status import TrialStatus
from sprm.corpus.dataset import Dataset
from sprm.settings import Budget, Selection

_ANSWERING_SHARE = 1 / 10
"""Work of answering a sentence against training on it, as `speed` measures both: an image is encoded once for all its
sentences, and nothing goes backward."""
_UNTRAINED_BATCH = 16
"""Sentences that a system without training settings is taken to answer at a time."""


def effort(trial: Trial, dataset: Dataset) -> float:
    """Estimate a trial's work in optimiser steps, its looks at the validation and test split included."""
    training = trial.training
    test = len(dataset.test.sentences)
    if training is None:
        return _ANSWERING_SHARE * test / _UNTRAINED_BATCH
    epoch = trial.sentences if training.budget is Budget.epochs else len(dataset.train.sentences)
    looks = 0 if training.selection is Selection.last else training.epochs
    predicted = looks * len(dataset.val.sentences) + test
    return (training.epochs * epoch + _ANSWERING_SHARE * predicted) / training.batch


def longest_first(trials: Iterable[PlannedTrial], dataset: Dataset) -> list[tuple[Trial, float]]:
    """Pair trials with their effort, most first; equal ones stay in order."""
    paired = [(planned.trial, effort(planned.trial, dataset)) for planned in trials]
    return sorted(paired, key=lambda pair: -pair[1])


def seconds_by_trial(plan: Plan) -> dict[TrialKey, float]:
    """Return what done trials took and, judging by the trained ones, what the others will.

    A trial that can be taken over from another run takes no time, but shows this machine's speed. While no
    trained trial shows it, the trials that are left have no estimate.
    """
    known = {
        planned.trial.key: planned.progress.record.seconds
        for planned in plan.trials
        if planned.progress.status is TrialStatus.done and planned.progress.record is not None
    }
    seconds = known | {planned.trial.key: planned.elsewhere[1].seconds for planned in plan.left if planned.elsewhere}
    measured = [
        planned.trial for planned in plan.trials if planned.trial.key in seconds and planned.trial.training is not None
    ]
    if not measured:
        return known
    rate = sum(seconds[trial.key] for trial in measured) / sum(effort(trial, plan.dataset) for trial in measured)
    return known | {
        planned.trial.key: 0.0 if planned.elsewhere else rate * effort(planned.trial, plan.dataset)
        for planned in plan.left
    }


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
