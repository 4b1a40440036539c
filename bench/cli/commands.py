"""What each command does, from a protocol file to its answer; all of them return an exit code."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import typer
from rich.status import Status
from rich.text import Text

from bench.cli import tables as listing
from bench.cli.exit_codes import INTERRUPTED, OK, SOME_FAILED, WRONG_USE
from bench.cli.locate import already_built, completeness, load_with_data, prepared, run_of, save_protocol
from bench.cli.progress import PreparationDisplay, TrialDisplay
from bench.cli.terminal import console, stderr
from bench.protocol.load import LoadedProtocol, load, read
from bench.protocol.schema import Protocol
from bench.store.ledger import Ledger
from bench.store.manifest import bring_up_to_date, manifest
from bench.subsets import draw as lists
from bench.trials.cost import seconds_by_trial, seconds_left
from bench.trials.execute import default_workers, execute
from bench.trials.plan import Plan, make_plan, run_folder
from bench.trials.status import Standing, State, standing, standings, strays
from sprm.corpus.dataset import open_dataset
from sprm.devices import check
from sprm.errors import IntegrityError, ProtocolError, ResultsError
from sprm.files.atomic_file import write_atomically
from sprm.files.atomic_folder import damage
from sprm.files.cache import cache_folder


def run(path: Path, overrides: Sequence[str], results: Path, reports: Path, workers: int | None, as_json: bool) -> int:
    """Prepare the corpus, run the trials that are left, write the report and print its path."""
    loaded = read(path, overrides)
    plan = _sound_plan(loaded, results, workers)
    protocol, dataset = plan.protocol, plan.dataset
    save_protocol(protocol, plan.ledger.folder, plan.elsewhere)
    interrupted = bool(plan.left) and not _run_trials(plan, workers)
    bring_up_to_date(plan.ledger.folder, protocol.name, dataset)
    states = [trial.state for trial in _standings_of(plan)]
    if interrupted:
        done = f"{states.count(State.done)} of {len(states)} trials are done and kept"
        stderr.print(f"Interrupted: {done}; the same command continues from there.", soft_wrap=True)
        return INTERRUPTED
    if failed := states.count(State.failed):
        told = f"{failed} of {len(states)} trials failed; `status` says why, and the same command tries them again."
        stderr.print(told, style="red", soft_wrap=True)
    page = _report(plan.ledger, reports) if State.done in states else None
    verdicts = {} if page is None else _verdicts(page)
    if as_json:
        answer = {"run": plan.ledger.folder, "report": page, "trials": Counter(states), "verdicts": verdicts}
        typer.echo(json.dumps(answer, default=str))
    elif page is not None:
        for name, verdict in verdicts.items():
            stderr.print(f"{name}: {verdict}", soft_wrap=True)
        typer.echo(page)
    return OK if all(state is State.done for state in states) else SOME_FAILED


def plan(path: Path, overrides: Sequence[str], results: Path, workers: int | None, as_json: bool) -> int:
    """List every trial with its state and an estimate of its time."""
    loaded = read(path, overrides)
    protocol = loaded.protocol
    made = make_plan(protocol, load_with_data(loaded, already_built(loaded)), results)
    seconds = seconds_by_trial(made)
    at_once = workers or default_workers(protocol.device)
    left = seconds_left(made, seconds, at_once)
    if as_json:
        typer.echo(json.dumps(listing.plan_as_json(made, seconds, left)))
    else:
        listing.show_plan(made, seconds, left, at_once)
    return OK


def status(of: Path, overrides: Sequence[str], results: Path, as_json: bool) -> int:
    """Count a run's trials by state and tell why some failed."""
    run = run_of(of, overrides, results)
    found, others = standings(run.protocol, run.ledger), strays(run.protocol, run.ledger)
    if as_json:
        typer.echo(json.dumps(listing.status_as_json(run.ledger, found, others)))
    else:
        listing.show_status(run.ledger, found, others)
    return completeness([one.state for one in found])


def report(of: Path, overrides: Sequence[str], results: Path, reports: Path, as_json: bool) -> int:
    """Write the report of a run as it is and print its path."""
    run = run_of(of, overrides, results)
    protocol, ledger = run.protocol, run.ledger
    states = [one.state for one in standings(protocol, ledger)]
    if State.done not in states:
        raise ResultsError(f"{ledger.folder}: no trial is done, so there is nothing to report")
    save_protocol(protocol, ledger.folder)
    if run.dataset is not None:
        bring_up_to_date(ledger.folder, protocol.name, run.dataset)
    page = _report(ledger, reports)
    typer.echo(json.dumps({"run": ledger.folder, "report": page}, default=str) if as_json else page)
    return completeness(states)


def doctor(path: Path, overrides: Sequence[str], as_json: bool) -> int:
    """Tell what a protocol needs and what of it is missing."""
    from bench.cli.doctor_table import diagnosis_as_json, show_diagnosis
    from bench.doctor.diagnosis import diagnose

    with PreparationDisplay(stderr) as display:
        found = diagnose(load(path, overrides), cache_folder(), progress=display)
    if as_json:
        typer.echo(json.dumps(diagnosis_as_json(found), default=str))
    else:
        show_diagnosis(found, console())
    return OK if found.is_ready else WRONG_USE


def prepare(path: Path, overrides: Sequence[str], workers: int | None, as_json: bool) -> int:
    """Build a protocol's corpus, say what is odd about it, and print the folder it lies in."""
    dataset = open_dataset(prepared(load(path, overrides), workers, verify=True), verify=False)
    for line in listing.reading(dataset):
        stderr.print(Text(line), soft_wrap=True)
    if as_json:
        typer.echo(json.dumps(listing.reading_as_json(dataset)))
    else:
        typer.echo(dataset.folder)
    return OK


def validate(paths: Sequence[Path], overrides: Sequence[str]) -> int:
    """Check protocol files; valid ones are named on stdout, the mistakes of the others on stderr."""
    code = OK
    for path in paths:
        try:
            load(path, overrides)
        except ProtocolError as error:
            typer.echo(str(error), err=True)
            code = WRONG_USE
        else:
            typer.echo(f"{path}: valid")
    return code


def schema() -> int:
    """Print the JSON schema of a protocol."""
    typer.echo(json.dumps(Protocol.model_json_schema(), indent=2))
    return OK


def subsets(path: Path, overrides: Sequence[str], results: Path, verify: bool, as_json: bool) -> int:
    """Write a protocol's id lists, or compare those on disk with what the protocol selects."""
    loaded = read(path, overrides)
    protocol, dataset = loaded.protocol, load_with_data(loaded, prepared(loaded.protocol))
    run = run_folder(protocol, dataset.fingerprint, results)
    drawn = lists.draw(protocol, dataset.train)
    if verify:
        if told := lists.differences(drawn, run):
            raise ResultsError("\n  ".join(["the subsets on disk differ from those of the protocol:", *told]))
    else:
        lists.write(drawn, run)
    if as_json:
        typer.echo(drawn.index.model_dump_json())
    else:
        listing.show_subsets(drawn.index, run / "subsets")
    return OK


def speed(
    path: Path | None, overrides: Sequence[str], results: Path, workers: int | None, quick: bool, as_json: bool
) -> int:
    """Measure how fast this machine trains and, when a protocol is given, tell how long it will take."""
    from bench.cli.speed_table import show
    from bench.speed.forecast import forecast
    from bench.speed.measurement import measure

    if path is None and overrides:
        raise ProtocolError("--set needs a protocol file")
    made = None
    if path is not None:
        loaded = read(path, overrides)
        made = make_plan(loaded.protocol, load_with_data(loaded, prepared(loaded.protocol, verify=True)), results)
        check(made.protocol.device)
    with stderr.status(Text("measuring")) as status:
        found = measure(quick=quick, tell=lambda what: _note(status, what))
        expected = None
        if made is not None:
            _note(status, f"training steps on the corpus of {made.protocol.name}")
            expected = forecast(made, workers or default_workers(made.protocol.device), found)
    if as_json:
        told = {} if expected is None else {"protocol": expected.model_dump(mode="json")}
        typer.echo(json.dumps({**found.model_dump(mode="json"), **told}))
    else:
        show(found, expected, console())
    return OK


def _note(status: Status, what: str) -> None:
    """Show what is at work, where a person looks on; say it in a line anywhere else."""
    if stderr.is_terminal:
        status.update(Text(what))
    else:
        stderr.print(what)


def _standings_of(plan: Plan) -> list[Standing]:
    """Return the states of a plan's trials as they are now."""
    return [standing(plan.ledger, planned.trial.key, planned.trial.inputs) for planned in plan.trials]


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
    lists.write(plan.subsets, folder)
    display = TrialDisplay(stderr)
    at_once = min(workers or default_workers(plan.protocol.device), len(plan.left))
    try:
        found = execute(plan, dataset_folder, at_once, display)
    except KeyboardInterrupt:
        return False
    finally:
        display.close()
        plan.ledger.write_index(
            trial.record for trial in _standings_of(plan) if trial.state is State.done and trial.record
        )
    if found.taken_over:
        stderr.print(f"{found.taken_over} results were reused from other runs")
    return True


def _verdicts(page: Path) -> dict[str, str]:
    """Return what became of each claim, as the report beside a page tells it."""
    told = json.loads((page.parent / "claims.json").read_bytes())
    return {claim["name"]: claim["verdict"] for claim in told["claims"]}


def _report(ledger: Ledger, reports: Path) -> Path:
    from bench.report.freshness import is_current
    from bench.report.write import render

    folder = reports / ledger.folder.name
    if is_current(ledger.folder, folder):
        return folder / "index.html"
    with stderr.status(Text("drawing the report")):
        return render(ledger.folder, folder)
