"""What each command does, from a protocol file to its answer; all of them return an exit code."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import typer
from rich.status import Status
from rich.text import Text

from bench import listing
from bench import subsets as lists
from bench.atomic import write_atomically
from bench.cli import INTERRUPTED, OK, SOME_FAILED, WRONG_USE
from bench.effort import seconds_by_trial, seconds_left
from bench.execute import default_workers, execute
from bench.ledger import Ledger
from bench.manifest import bring_up_to_date, manifest
from bench.opening import already_built, completeness, drawable, prepared, run_of, settle, stderr
from bench.plan import Plan, make_plan, run_folder
from bench.progress import PreparationDisplay, TrialDisplay
from bench.protocol import Protocol, load
from bench.standing import State, standing, standings
from sprm.cache import cache_folder
from sprm.corpus.building import damage
from sprm.corpus.study import open_study
from sprm.devices import check
from sprm.errors import ProtocolError, ResultsError


def run(path: Path, overrides: Sequence[str], results: Path, reports: Path, workers: int | None, as_json: bool) -> int:
    """Prepare the corpus, run the trials that are left, write the report and print its path."""
    protocol, study = drawable(path, overrides, workers)
    plan = make_plan(protocol, study, results)
    if plan.left and (damaged := damage(study.folder)):
        stderr.print(f"{damaged}; the corpus is built again", soft_wrap=True)
        study = open_study(prepared(protocol, workers, verify=True), verify=False)
        plan = make_plan(protocol, study, results)
    settle(protocol, plan.ledger.folder)
    interrupted = bool(plan.left) and not _run_trials(plan, workers)
    bring_up_to_date(plan.ledger.folder, protocol.name, study)
    trials = [planned.trial for planned in plan.trials]
    states = [standing(plan.ledger, trial.key, trial.fingerprint).state for trial in trials]
    if interrupted:
        done = f"{states.count(State.done)} of {len(states)} trials are done and kept"
        stderr.print(f"Interrupted: {done}; the same command goes on from there.", soft_wrap=True)
        return INTERRUPTED
    if failed := states.count(State.failed):
        told = f"{failed} of {len(states)} trials failed; `status` tells why, the same command tries them again."
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
    protocol, study = drawable(path, overrides, built=already_built(load(path, overrides), path))
    made = make_plan(protocol, study, results)
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
    protocol, ledger, _ = run_of(of, overrides, results)
    found = standings(protocol, ledger)
    if as_json:
        typer.echo(json.dumps(listing.status_as_json(ledger, found)))
    else:
        listing.show_status(ledger, found)
    return completeness([one.state for one in found])


def report(of: Path, overrides: Sequence[str], results: Path, reports: Path, as_json: bool) -> int:
    """Write the report of a run as it is and print its path."""
    protocol, ledger, study = run_of(of, overrides, results)
    settle(protocol, ledger.folder)
    states = [one.state for one in standings(protocol, ledger)]
    if State.done not in states:
        raise ResultsError(f"{ledger.folder}: no trial is done, so there is nothing to report")
    if study is not None:
        bring_up_to_date(ledger.folder, protocol.name, study)
    page = _report(ledger, reports)
    typer.echo(json.dumps({"run": ledger.folder, "report": page}, default=str) if as_json else page)
    return completeness(states)


def doctor(path: Path, overrides: Sequence[str], as_json: bool) -> int:
    """Tell what a protocol needs and what of it is missing."""
    from bench.doctor import diagnose, diagnosis_as_json, show_diagnosis

    with PreparationDisplay(stderr) as display:
        found = diagnose(load(path, overrides), cache_folder(), progress=display)
    if as_json:
        typer.echo(json.dumps(diagnosis_as_json(found), default=str))
    else:
        show_diagnosis(found, listing.console())
    return OK if found.is_ready else WRONG_USE


def prepare(path: Path, overrides: Sequence[str], workers: int | None, as_json: bool) -> int:
    """Build a protocol's corpus, say what is odd about it, and print the folder it lies in."""
    study = open_study(prepared(load(path, overrides), workers, verify=True), verify=False)
    for line in listing.reading(study):
        stderr.print(Text(line), soft_wrap=True)
    if as_json:
        splits = {split.info.origin.split: split.info for split in (study.train, study.val, study.test)}
        described = {name: info.model_dump(mode="json") for name, info in splits.items()}
        coverage = study.coverage.model_dump(mode="json")
        answer = {
            "folder": str(study.folder),
            "fingerprint": study.fingerprint,
            "splits": described,
            "coverage": coverage,
        }
        typer.echo(json.dumps(answer))
    else:
        typer.echo(study.folder)
    return OK


def validate(paths: Sequence[Path], overrides: Sequence[str]) -> int:
    """Check protocol files; sound ones are named on stdout, the mistakes of the others on stderr."""
    code = OK
    for path in paths:
        try:
            load(path, overrides)
        except ProtocolError as error:
            typer.echo(str(error), err=True)
            code = WRONG_USE
        else:
            typer.echo(f"{path}: sound")
    return code


def schema() -> int:
    """Print the JSON schema of a protocol."""
    typer.echo(json.dumps(Protocol.model_json_schema(), indent=2))
    return OK


def subsets(path: Path, overrides: Sequence[str], results: Path, verify: bool, as_json: bool) -> int:
    """Write a protocol's id lists, or compare those on disk with what the protocol selects."""
    protocol, study = drawable(path, overrides)
    run = run_folder(protocol, study.fingerprint, results)
    drawn = lists.draw(protocol, study.train)
    if verify:
        if told := lists.differences(drawn, run):
            raise ResultsError("\n  ".join(["the subsets on disk are not the protocol's:", *told]))
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
    from bench import speed as machine

    if path is None and overrides:
        raise ProtocolError("--set goes with a protocol file")
    made = None if path is None else make_plan(*drawable(path, overrides), results)
    if made is not None:
        check(made.protocol.device)
    with stderr.status("measuring") as status:
        found = machine.measure(quick=quick, tell=lambda what: _note(status, what))
        expected = None
        if made is not None:
            _note(status, f"steps on the corpus of {made.protocol.name}")
            expected = machine.forecast(made, workers or default_workers(made.protocol.device), found)
    if as_json:
        told = {} if expected is None else {"protocol": expected.model_dump(mode="json")}
        typer.echo(json.dumps({**found.model_dump(mode="json"), **told}))
    else:
        machine.show(found, expected, listing.console())
    return OK


def _note(status: Status, what: str) -> None:
    """Show what is at work, where a person looks on; say it in a line anywhere else."""
    if stderr.is_terminal:
        status.update(what)
    else:
        stderr.print(what)


def _run_trials(plan: Plan, workers: int | None) -> bool:
    """Run what is left of a plan; False when it was interrupted."""
    study_folder = plan.study.folder
    check(plan.protocol.device)
    folder = plan.ledger.folder
    write_atomically(folder / "manifest.json", manifest(plan.protocol.name, plan.study).to_json())
    lists.write(plan.subsets, folder)
    display = TrialDisplay(stderr)
    at_once = min(workers or default_workers(plan.protocol.device), len(plan.left))
    try:
        found = execute(plan, study_folder, at_once, display)
    except KeyboardInterrupt:
        return False
    finally:
        display.close()
        plan.ledger.write_index()
    if found.taken_over:
        stderr.print(f"{found.taken_over} results were taken over from other runs")
    return True


def _verdicts(page: Path) -> dict[str, str]:
    """Return what became of each claim, as the report beside a page tells it."""
    told = json.loads((page.parent / "claims.json").read_bytes())
    return {claim["name"]: claim["verdict"] for claim in told["claims"]}


def _report(ledger: Ledger, reports: Path) -> Path:
    from bench.report import is_current, render

    folder = reports / ledger.folder.name
    if is_current(ledger.folder, folder):
        return folder / "index.html"
    with stderr.status("drawing the report"):
        return render(ledger.folder, folder)
