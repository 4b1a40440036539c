"""`report`: write the report from the results so far."""

from __future__ import annotations

import json
from collections.abc import Sequence
from errno import EACCES, EPERM, EROFS
from pathlib import Path

import typer
from rich.text import Text

from bench.cli.completeness import completeness
from bench.cli.locate import progress_of, report_of, run_of, save_protocol, state_claims
from bench.cli.terminal import stderr
from bench.protocol.schema import Protocol
from bench.store.manifest import bring_up_to_date
from bench.trials.describe_test import describe_test
from bench.trials.status import TrialProgress, TrialStatus
from sprm.corpus.dataset import Dataset
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
        _describe_test(run.dataset, protocol, ledger.folder)
    page = report_of(ledger.folder, reports).page
    typer.echo(json.dumps({"run": ledger.folder, "report": page}, default=str) if as_json else page)
    return completeness(statuses)


def _describe_test(dataset: Dataset, protocol: Protocol, folder: Path) -> None:
    """Describe the test split in a run's folder, unless one may only read there: a report can do without."""
    try:
        describe_test(folder, protocol, dataset)
    except OSError as error:
        if error.errno not in (EACCES, EPERM, EROFS):
            raise
        line = f"{folder}: the test split cannot be described there ({error.strerror}), so examples may be missing"
        stderr.print(Text(line), soft_wrap=True)


def _nothing_done(progress: Sequence[TrialProgress]) -> str:
    """Say in a line why there is nothing to report, with the first error where trials failed."""
    failed = [trial for trial in progress if trial.status is TrialStatus.failed]
    why = f"; {len(failed)} failed, {failed[0].key} with: {failed[0].why}" if failed else ""
    return f"no trial is done, so there is nothing to report{why}"
