"""`status`: how far a run is."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import typer

from bench.cli.completeness import completeness
from bench.cli.locate import progress_of, run_of
from bench.cli.tables import show_status, status_as_json
from bench.trials.status import strays, with_running


def status(of: Path, overrides: Sequence[str], results: Path, as_json: bool) -> int:
    """Count a run's trials by status and tell why some failed."""
    run = run_of(of, overrides, results)
    progress = with_running(progress_of(run.protocol, run.ledger), run.ledger)
    others = strays(run.protocol, run.ledger)
    if as_json:
        typer.echo(json.dumps(status_as_json(run.ledger, progress, others)))
    else:
        show_status(run.ledger, progress, others)
    return completeness([trial.status for trial in progress])
