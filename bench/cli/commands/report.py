"""`report`: write the report from the results so far."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import typer

from bench.cli.completeness import completeness
from bench.cli.locate import progress_of, report_of, run_of, save_protocol, state_claims
from bench.store.manifest import bring_up_to_date
from bench.trials.describe_test import describe_test
from bench.trials.status import TrialProgress, TrialStatus
from sprm.errors import ResultsError


def report(of: Path, overrides: Sequence[str], results: Path, reports: Path, as_json: bool) -> int:
    """Write the report of a run as it is and print its path."""
    run = run_of(of, overrides, results)
    protocol, ledger = run.protocol, run.ledger
    progress = progress_of(protocol, ledger)
    statuses = [trial.status for trial in progress]
    if TrialStatus.done not in statuses:
        raise ResultsError(f"{ledger.folder}: {_nothing_done(progress)}")
    if of.is_dir():
        # Its protocol stays as it was written down; loading makes relative paths those of this machine.
        state_claims(protocol, ledger.folder)
    else:
        save_protocol(protocol, ledger.folder)
    if run.dataset is not None:
        bring_up_to_date(ledger.folder, protocol.name, run.dataset)
        describe_test(ledger.folder, protocol, run.dataset)
    page = report_of(ledger.folder, reports).page
    typer.echo(json.dumps({"run": ledger.folder, "report": page}, default=str) if as_json else page)
    return completeness(statuses)


def _nothing_done(progress: Sequence[TrialProgress]) -> str:
    """Say in a line why there is nothing to report, with the first error where trials failed."""
    failed = [trial for trial in progress if trial.status is TrialStatus.failed]
    why = f"; {len(failed)} failed, {failed[0].key} with: {failed[0].why}" if failed else ""
    return f"no trial is done, so there is nothing to report{why}"
