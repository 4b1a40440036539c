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
from bench.store.records import TrialKey
from bench.trials.cost import Basis, seconds_by_trial, seconds_left, trained_here
from bench.trials.execute import default_workers
from bench.trials.plan import Plan


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
    """Return what trials took and will take, and what tells; when no record does, some training steps are timed."""
    seconds = seconds_by_trial(plan)
    if not plan.left:
        return seconds, None
    unknown = (planned.trial for planned in plan.left if planned.trial.key not in seconds)
    trained = next((trial for trial in unknown if trial.training is not None), None)
    if trained is None:
        return seconds, Basis.records if trained_here(plan) else None
    # They import torch.
    from bench.speed.forecast import step_times
    from bench.speed.processes import alone

    with stderr.status("timing training steps"):
        return seconds_by_trial(plan, alone(step_times, trained, plan.dataset.folder).step), Basis.steps
