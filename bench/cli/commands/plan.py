"""`plan`: list every trial and how long it takes, without starting any."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import typer

from bench.cli.exit_codes import OK
from bench.cli.locate import already_built, needed_plan
from bench.cli.tables import plan_as_json, show_plan
from bench.cli.terminal import stderr
from bench.protocol.load import load
from bench.speed.step_time import step_seconds
from bench.store.records import TrialKey
from bench.trials.cost import Basis, Pace, pace_of, seconds_by_trial, seconds_left, trained_here
from bench.trials.execute import default_workers
from bench.trials.jobs import jobs_of
from bench.trials.plan import Plan, Trial


def plan(path: Path, overrides: Sequence[str], results: Path, workers: int | None, as_json: bool) -> int:
    """List every trial with its status and an estimate of its time."""
    loaded = load(path, overrides)
    made = needed_plan(loaded, already_built(loaded), results)
    seconds, basis = _seconds(made)
    at_once = workers or default_workers(made.protocol.device)
    left = seconds_left(made, seconds, at_once)
    if as_json:
        typer.echo(json.dumps(plan_as_json(made, seconds, left, basis)))
    else:
        show_plan(made, seconds, left, at_once, basis)
    return OK


def _seconds(plan: Plan) -> tuple[dict[TrialKey, float], Basis | None]:
    """Return what trials took and will take, and what tells; where no record does, training steps are timed."""
    seconds = seconds_by_trial(plan)
    if not plan.left:
        return seconds, None
    samples: dict[Pace, Trial] = {}
    for job in jobs_of((planned for planned in plan.left if planned.elsewhere is None), plan.dataset):
        first = job.trials[0]
        if first.key not in seconds and (pace := pace_of(first)) is not None:
            samples.setdefault(pace, first)
    has_records = bool(trained_here(plan))
    if not samples:
        return seconds, Basis.records if has_records else None
    with stderr.status("timing training steps"):
        timed = {pace: step_seconds(trial, plan.dataset) for pace, trial in samples.items()}
    return seconds_by_trial(plan, timed), Basis.both if has_records else Basis.steps
