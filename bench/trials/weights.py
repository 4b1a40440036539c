"""Trials whose weights are wanted, and were not kept."""

from __future__ import annotations

from dataclasses import replace

from bench.store.ledger import Ledger
from bench.store.records import TrialRecord
from bench.store.weights import has_weights
from bench.trials.plan import Plan, PlannedTrial, Trial
from bench.trials.status import TrialStatus

NOT_KEPT = "its weights were not kept"


def wanting_weights(plan: Plan) -> Plan:
    """Count trained trials that are done, but without their weights, as left to run.

    A result of another run is taken over only with its weights.
    """
    return replace(plan, trials=[_wanting(planned, plan) for planned in plan.trials])


def lacks_weights(record: TrialRecord, trial: Trial, ledger: Ledger) -> bool:
    """Tell whether a trial that is done has been trained without its weights being kept."""
    return trial.training is not None and not has_weights(record, ledger.trial_folder(record.key))


def _wanting(planned: PlannedTrial, plan: Plan) -> PlannedTrial:
    if planned.elsewhere is not None:
        ledger, record = planned.elsewhere
        if lacks_weights(record, planned.trial, ledger):
            return replace(planned, elsewhere=None)
    progress = planned.progress
    if progress.status is not TrialStatus.done or progress.record is None:
        return planned
    if lacks_weights(progress.record, planned.trial, plan.ledger):
        return replace(planned, progress=replace(progress, status=TrialStatus.stale, why=NOT_KEPT))
    return planned
