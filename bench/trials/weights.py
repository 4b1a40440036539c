"""Trials whose weights are wanted, and were not kept."""

from __future__ import annotations

from dataclasses import replace

from bench.store.weights import has_weights
from bench.trials.plan import Plan, PlannedTrial
from bench.trials.status import TrialStatus

NOT_KEPT = "its weights were not kept"


def wanting_weights(plan: Plan) -> Plan:
    """Count trained trials that are done, but without their weights, as left to run.

    A result of another run is taken over only with its weights.
    """
    return replace(plan, trials=[_wanting(planned, plan) for planned in plan.trials])


def _wanting(planned: PlannedTrial, plan: Plan) -> PlannedTrial:
    if planned.trial.training is None:
        return planned
    if planned.elsewhere is not None:
        ledger, record = planned.elsewhere
        if not has_weights(record, ledger.trial_folder(record.key)):
            return replace(planned, elsewhere=None)
    progress = planned.progress
    if progress.status is not TrialStatus.done or progress.record is None:
        return planned
    if has_weights(progress.record, plan.ledger.trial_folder(planned.trial.key)):
        return planned
    return replace(planned, progress=replace(progress, status=TrialStatus.stale, why=NOT_KEPT))
