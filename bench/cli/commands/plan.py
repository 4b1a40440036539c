"""`plan`: list every trial, without starting any."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import typer

from bench.cli.exit_codes import OK
from bench.cli.locate import already_built, load_with_data, without_unneeded
from bench.cli.tables import plan_as_json, show_plan
from bench.protocol.load import load
from bench.trials.cost import seconds_by_trial, seconds_left
from bench.trials.execute import default_workers
from bench.trials.plan import make_plan


def plan(path: Path, overrides: Sequence[str], results: Path, workers: int | None, as_json: bool) -> int:
    """List every trial with its status and an estimate of its time."""
    loaded = load(path, overrides)
    protocol = loaded.protocol
    made = make_plan(protocol, load_with_data(loaded, already_built(loaded)), results)
    made = made.with_progress(without_unneeded([each.progress for each in made.trials], protocol, made.ledger))
    seconds = seconds_by_trial(made)
    at_once = workers or default_workers(protocol.device)
    left = seconds_left(made, seconds, at_once)
    if as_json:
        typer.echo(json.dumps(plan_as_json(made, seconds, left)))
    else:
        show_plan(made, seconds, left, at_once)
    return OK
