"""`run`: prepare the corpus, run the trials that are left and write the report."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import typer

from bench.cli.exit_codes import INTERRUPTED, OK, SOME_FAILED
from bench.cli.locate import load_with_data, prepared, report_of, save_protocol
from bench.cli.progress import TrialDisplay
from bench.cli.terminal import stderr
from bench.protocol.load import LoadedProtocol, load
from bench.store.manifest import bring_up_to_date, manifest
from bench.subsets.draw import write as write_subsets
from bench.trials.execute import default_workers, execute
from bench.trials.plan import Plan, make_plan
from bench.trials.status import TrialStatus, run_progress
from sprm.devices import check
from sprm.errors import IntegrityError
from sprm.files.atomic_file import write_atomically
from sprm.files.atomic_folder import damage


def run(path: Path, overrides: Sequence[str], results: Path, reports: Path, workers: int | None, as_json: bool) -> int:
    """Prepare the corpus, run the trials that are left, write the report and print its path."""
    loaded = load(path, overrides)
    plan = _sound_plan(loaded, results, workers)
    protocol, dataset = plan.protocol, plan.dataset
    save_protocol(protocol, plan.ledger.folder, plan.elsewhere)
    interrupted = bool(plan.left) and not _run_trials(plan, workers)
    bring_up_to_date(plan.ledger.folder, protocol.name, dataset)
    statuses = [trial.status for trial in run_progress(protocol, plan.ledger)]
    if interrupted:
        done = f"{statuses.count(TrialStatus.done)} of {len(statuses)} trials are done and kept"
        stderr.print(f"Interrupted: {done}; the same command continues from there.", soft_wrap=True)
        return INTERRUPTED
    if failed := statuses.count(TrialStatus.failed):
        message = (
            f"{failed} of {len(statuses)} trials failed; `status` says why, and the same command tries them again."
        )
        stderr.print(message, style="red", soft_wrap=True)
    report = report_of(plan.ledger.folder, reports) if TrialStatus.done in statuses else None
    if as_json:
        page, verdicts = (None, {}) if report is None else (report.page, report.verdicts)
        answer = {"run": plan.ledger.folder, "report": page, "trials": Counter(statuses), "verdicts": verdicts}
        typer.echo(json.dumps(answer, default=str))
    elif report is not None:
        for name, verdict in report.verdicts.items():
            stderr.print(f"{name}: {verdict}", soft_wrap=True)
        typer.echo(report.page)
    return OK if all(status is TrialStatus.done for status in statuses) else SOME_FAILED


def _sound_plan(loaded: LoadedProtocol, results: Path, workers: int | None) -> Plan:
    """Plan a protocol on a corpus whose hashes agree where something is left to compute from its files."""
    folder = prepared(loaded.protocol, workers)
    try:
        plan = make_plan(loaded.protocol, load_with_data(loaded, folder), results)
        damaged = damage(folder) if plan.left else None
    except IntegrityError as error:
        damaged = str(error)
    if damaged is not None:
        stderr.print(f"{damaged}; rebuilding the corpus", soft_wrap=True)
        folder = prepared(loaded.protocol, workers, verify=True)
        plan = make_plan(loaded.protocol, load_with_data(loaded, folder), results)
    return plan


def _run_trials(plan: Plan, workers: int | None) -> bool:
    """Run what is left of a plan; False when it was interrupted."""
    dataset_folder = plan.dataset.folder
    check(plan.protocol.device)
    folder = plan.ledger.folder
    write_atomically(folder / "manifest.json", manifest(plan.protocol.name, plan.dataset).to_json())
    write_subsets(plan.subsets, folder)
    display = TrialDisplay(stderr, plan.ledger)
    at_once = min(workers or default_workers(plan.protocol.device), len(plan.left))
    try:
        taken_over = execute(plan, dataset_folder, at_once, display)
    except KeyboardInterrupt:
        return False
    finally:
        display.close()
        progress = run_progress(plan.protocol, plan.ledger)
        plan.ledger.write_index(trial.record for trial in progress if trial.status is TrialStatus.done and trial.record)
    if taken_over:
        stderr.print(f"{taken_over} results were reused from other runs")
    return True
