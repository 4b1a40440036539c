"""`run`: prepare the corpus, run the trials that are left and write the report."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path

import typer
from rich.text import Text

from bench.cli.exit_codes import INTERRUPTED, OK, SOME_FAILED
from bench.cli.locate import load_with_data, prepared, report_of, save_protocol, standing_of
from bench.cli.page_watch import PageWatch, WatchedTrials
from bench.cli.progress import TrialDisplay
from bench.cli.terminal import stderr
from bench.protocol.load import LoadedProtocol, load
from bench.store.manifest import begin, bring_up_to_date
from bench.subsets.draw import write as write_subsets
from bench.trials.checkpoints import remove_leftovers
from bench.trials.describe_test import describe_test
from bench.trials.engine import Engine
from bench.trials.execute import execute
from bench.trials.jobs import trainings
from bench.trials.mend import mend_encoded, mend_shared, mend_trials
from bench.trials.options import TrialOptions
from bench.trials.plan import Plan, make_plan
from bench.trials.status import TrialStatus, run_progress
from bench.trials.weights import NOT_KEPT, wanting_weights
from bench.verdicts.stopping import Standing, as_needed
from sprm.devices import check
from sprm.errors import IntegrityError, ProtocolError
from sprm.files.atomic_folder import damage


def run(
    path: Path,
    overrides: Sequence[str],
    results: Path,
    reports: Path,
    engine: Engine,
    until_decided: bool,
    watch: bool,
    as_json: bool,
    options: TrialOptions,
) -> int:
    """Prepare the corpus, run the trials that are left, write the report and print its path.

    Args:
        path: the protocol file.
        overrides: settings that go before the file's.
        results: folder for results.
        reports: folder for reports.
        engine: what runs the trials.
        until_decided: whether to go look by look through the protocol's plan, and stop when every claim is decided.
        watch: whether to draw the report anew whenever trials have ended.
        as_json: whether to print the outcome as JSON.
        options: how trials are run.
    """
    loaded = load(path, overrides)
    if until_decided:
        _refuse_without_plan(loaded)
    plan = _sound_plan(loaded, results, engine.workers, options)
    plan = _mended(plan, results, options)
    protocol, dataset = plan.protocol, plan.dataset
    save_protocol(protocol, plan.ledger.folder, plan.elsewhere)
    remove_leftovers(plan)
    with _watched(plan, reports) if watch and plan.left else nullcontext() as watched:
        if until_decided:
            finished = _run_looks(plan, engine, options, watched)
        else:
            finished = not plan.left or _run_trials(plan, engine, options, watched)
    bring_up_to_date(plan.ledger.folder, protocol.name, dataset)
    # A run of an earlier version has none, though nothing of it is left to train.
    describe_test(plan.ledger.folder, protocol, dataset, plan.subsets)
    at = standing_of(protocol, plan.ledger) if until_decided else None
    progress = as_needed(run_progress(protocol, plan.ledger), at)
    statuses = [trial.status for trial in progress]
    decided_by = at.look.seeds if at is not None and at.is_decided else protocol.trainings
    asked = [trial.status for trial in progress if trial.key.seed < decided_by]
    if not finished:
        done = f"{statuses.count(TrialStatus.done)} of {len(statuses)} trials are done and kept"
        stderr.print(f"Interrupted: {done}; the same command continues from there.", soft_wrap=True)
        return INTERRUPTED
    if failed := asked.count(TrialStatus.failed):
        message = f"{failed} of {len(asked)} trials failed; `status` shows why, and the same command tries them again."
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
    return OK if all(status.is_settled for status in asked) else SOME_FAILED


def _refuse_without_plan(loaded: LoadedProtocol) -> None:
    if loaded.protocol.sequential is None:
        raise ProtocolError(
            f"{loaded.path}: --until decided needs a sequential plan, and the protocol has no key `sequential`; an "
            "example with 8 seeds: `sequential: {looks: [3, 5, 8]}`"
        )
    if not loaded.protocol.claims:
        raise ProtocolError(f"{loaded.path}: --until decided needs claims, and the protocol has none")


def _sound_plan(loaded: LoadedProtocol, results: Path, workers: int | None, options: TrialOptions) -> Plan:
    """Plan a protocol on a corpus whose hashes agree where something is left to compute from its files."""
    folder = prepared(loaded.protocol, workers)
    try:
        plan = _as_asked(make_plan(loaded.protocol, load_with_data(loaded, folder), results), options)
        damaged = damage(folder) if plan.left else None
    except IntegrityError as error:
        damaged = str(error)
    if damaged is not None:
        stderr.print(f"{damaged}; rebuilding the corpus", soft_wrap=True)
        folder = prepared(loaded.protocol, workers, verify=True)
        plan = _as_asked(make_plan(loaded.protocol, load_with_data(loaded, folder), results), options)
    return plan


def _mended(plan: Plan, results: Path, options: TrialOptions) -> Plan:
    """Set aside what is damaged in a run's folder, and tell each; return the plan as it then is."""
    mended = list(mend_shared(plan))
    if mended:
        plan = _as_asked(make_plan(plan.protocol, plan.dataset, results), options)
    for line in [*mended, *mend_encoded(plan), *mend_trials(plan)]:
        stderr.print(Text(line), soft_wrap=True)
    return plan


def _as_asked(plan: Plan, options: TrialOptions) -> Plan:
    return wanting_weights(plan) if options.keep_weights else plan


def _watched(plan: Plan, reports: Path) -> PageWatch:
    """Return what draws the report of a run while it goes on, and say where its page is."""
    page = PageWatch(plan.ledger.folder, reports, lambda line: stderr.print(Text(line), soft_wrap=True))
    stderr.print(Text(f"Redrawn as trials finish: {page.page}"), soft_wrap=True)
    return page


def _run_looks(plan: Plan, engine: Engine, options: TrialOptions, watched: PageWatch | None) -> bool:
    """Run what is left of a plan look by look until every claim is decided; False when it was interrupted."""
    protocol = plan.protocol
    assert protocol.sequential is not None
    looks = protocol.sequential.looks
    at = standing_of(protocol, plan.ledger)
    if at is not None:
        _tell_look(plan, at)
        if at.is_decided:
            stderr.print("There is nothing to run.")
    done = 0 if at is None else at.look.number
    for number, seeds in enumerate(looks[done:], start=done + 1):
        if at is not None and at.is_decided:
            break
        part = plan.of_seeds(range(looks[number - 2] if number > 1 else 0, seeds))
        stderr.print(f"Look {number} of {len(looks)}: {seeds} of {protocol.trainings} seeds", soft_wrap=True)
        if part.left and not _run_trials(part, engine, options, watched):
            return False
        at = standing_of(protocol, plan.ledger)
        if at is None or at.look.number < number:
            # A trial failed, so the look has not been reached.
            return True
        _tell_look(plan, at)
    return True


def _tell_look(plan: Plan, at: Standing) -> None:
    """Print what became of each claim at a look, and what is saved if it is the last that is needed."""
    verdicts = ", ".join(f"{verdict.claim.name} {verdict.decision}" for verdict in at.verdicts)
    number, of = at.look.number, len(at.look.looks)
    stderr.print(
        f"Look {number} of {of}, {at.look.seeds} of {plan.protocol.trainings} seeds: {verdicts}", soft_wrap=True
    )
    if at.is_decided:
        beyond = plan.of_seeds(range(at.look.seeds, plan.protocol.trainings))
        saved = trainings((trial for trial in beyond.left if trial.elsewhere is None), plan.dataset)
        every = trainings(plan.trials, plan.dataset)
        share = f" ({100 * saved / every:.0f} %)" if every else ""
        message = f"Every claim is decided: {saved:,} of {every:,} trainings{share} are not needed."
    elif number < of:
        message = f"Not decided yet: {', '.join(at.open)}"
    else:
        message = f"All looks are done. Not decided: {', '.join(at.open)}"
    stderr.print(message, soft_wrap=True)


def _run_trials(plan: Plan, engine: Engine, options: TrialOptions, watched: PageWatch | None) -> bool:
    """Run what is left of a plan, and have the page drawn anew, if any; False when it was interrupted."""
    dataset_folder = plan.dataset.folder
    check(plan.protocol.device)
    if again := sum(planned.progress.why == NOT_KEPT for planned in plan.left):
        trials = "trial has no weights and is" if again == 1 else "trials have no weights and are"
        stderr.print(f"{again} finished {trials} trained again", soft_wrap=True)
    folder = plan.ledger.folder
    begin(folder, plan.protocol.name, plan.dataset, record_host=options.record_host)
    write_subsets(plan.subsets, folder)
    describe_test(folder, plan.protocol, plan.dataset, plan.subsets)
    display = TrialDisplay(stderr, plan.ledger)
    listener = display if watched is None else WatchedTrials(display, watched)
    try:
        taken_over = execute(plan, dataset_folder, engine, listener, options)
    except KeyboardInterrupt:
        return False
    finally:
        display.close()
        progress = run_progress(plan.protocol, plan.ledger)
        plan.ledger.write_index(trial.record for trial in progress if trial.status is TrialStatus.done and trial.record)
    if taken_over:
        stderr.print(f"{taken_over} results were reused from other runs")
    return True
