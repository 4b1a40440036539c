"""From what a user names, a protocol file or a run's folder, to what a command works on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from rich.text import Text

from bench.analysis.evidence import read_evidence
from bench.cli.progress import PreparationDisplay
from bench.cli.terminal import stderr
from bench.protocol.load import LoadedProtocol, load, resolved_yaml
from bench.protocol.schema import Protocol
from bench.report.write import PAGE, Report, current_report
from bench.store.ledger import Ledger
from bench.store.manifest import read_manifest
from bench.store.preregistration import preregister
from bench.subsets import draw as lists
from bench.systems.blame import reads_of
from bench.systems.system import System
from bench.text.numbers import listed
from bench.trials.plan import Plan, make_plan, run_folder
from bench.trials.status import TrialProgress, keys_of, run_progress, with_running
from bench.verdicts.stopping import Standing, as_needed, standing
from sprm.corpus.build import prepare as corpora
from sprm.corpus.build.requirements import scores_of
from sprm.corpus.dataset import Dataset, open_dataset
from sprm.corpus.settings import FilesSource
from sprm.errors import DataError, PluginError, ProtocolError, ResultsError
from sprm.files.atomic_file import write_atomically
from sprm.files.cache import cache_folder

OF_A_RUN = ("manifest.json", "subsets", "trials")
"""What a run's folder holds beside its protocol."""


def prepared(protocol: Protocol, workers: int | None = None, *, verify: bool = False) -> Path:
    """Build a protocol's corpus unless it is there, and return its folder; see `sprm.corpus.build.prepare.prepare`."""
    with PreparationDisplay(stderr) as display:
        return corpora.prepare(
            protocol.corpus, protocol.rules, cache_folder(), progress=display, workers=workers, verify=verify
        )


def already_built(loaded: LoadedProtocol) -> Path:
    """Find a protocol's corpus, without the hours that building one may take.

    Raises:
        ResultsError: it is not built, and why.
    """
    protocol = loaded.protocol
    with PreparationDisplay(stderr) as display:
        folder = corpora.prepared_folder(protocol.corpus, protocol.rules, cache_folder(), progress=display)
    if folder is not None:
        return folder
    if isinstance(protocol.corpus, FilesSource):
        try:
            corpora.refuse_missing(protocol.corpus)
        except DataError as error:
            raise ResultsError(f"{loaded.path}: its corpus cannot be read: {error}") from error
    raise ResultsError(
        f"{loaded.path}: its corpus is not built yet, or its source files have changed since; `prepare` or `run` "
        "builds it"
    )


def load_with_data(loaded: LoadedProtocol, folder: Path) -> Dataset:
    """Open a protocol's dataset, from which every subset that it asks for can be drawn.

    Args:
        loaded: the protocol.
        folder: its corpus, from `prepared` or `already_built`.
    """
    dataset = open_dataset(folder, verify=False)
    refuse_without_scores(loaded.protocol, dataset)
    if loaded.left_out:
        message = f"Claims about fractions that --set removed are left out: {', '.join(loaded.left_out)}"
        stderr.print(message, soft_wrap=True)
    if problems := lists.unselectable(loaded.protocol, len(dataset.train.images)):
        raise loaded.refusal(problems)
    return dataset


def refuse_without_scores(protocol: Protocol, dataset: Dataset) -> None:
    """Make sure that there are detector's scores where a system asks for them.

    Raises:
        DataError: there are none; it names the file that lacks them.
    """
    asking = [name for name, system in protocol.systems.items() if _reads_scores(system)]
    if asking and dataset.train.scores is None:
        path = scores_of(protocol.corpus.files(cache_folder()), dataset.train.info.origin.split)
        needs = "needs" if len(asking) == 1 else "need"
        problem = f"it has no detector scores, which {listed(asking)} of the protocol {needs}"
        raise DataError(problem, path=path)


def _reads_scores(system: System) -> bool:
    # A kind that cannot say what it reads fails in its own trials.
    with suppress(PluginError):
        return any(read.score for read in reads_of(system))
    return False


def standing_of(protocol: Protocol, ledger: Ledger) -> Standing | None:
    """Judge a run at the latest look of a protocol's plan; None without a plan, before a look and before any run.

    Claims and plan are stated before, as wherever a run is judged.

    Raises:
        ResultsError: something that a run's folder needs is missing or damaged.
    """
    plan = protocol.sequential
    first = [] if plan is None else [key for key in keys_of(protocol) if key.seed < plan.looks[0]]
    if not first or not all(ledger.record(key) is not None for key in first):
        return None
    state_claims(protocol, ledger.folder)
    return standing(read_evidence(ledger.folder, protocol))


def without_unneeded(progress: Sequence[TrialProgress], protocol: Protocol, ledger: Ledger) -> list[TrialProgress]:
    """Mark the trials that a run's plan does not need any more; where nothing can be judged, all are needed."""
    try:
        return as_needed(progress, standing_of(protocol, ledger))
    except ResultsError:
        return list(progress)


def needed_plan(loaded: LoadedProtocol, folder: Path, results: Path) -> Plan:
    """Plan a protocol, those trials that its group-sequential plan does not need any more marked as such.

    Args:
        loaded: the protocol.
        folder: its corpus, from `prepared` or `already_built`.
        results: folder for results.
    """
    plan = make_plan(loaded.protocol, load_with_data(loaded, folder), results)
    progress = [planned.progress for planned in plan.trials]
    progress = without_unneeded(progress, loaded.protocol, plan.ledger)
    return plan.with_progress(with_running(progress, plan.ledger))


def progress_of(protocol: Protocol, ledger: Ledger) -> list[TrialProgress]:
    """Return how far each trial of a run is, those that its plan does not need any more marked as such."""
    return without_unneeded(run_progress(protocol, ledger), protocol, ledger)


def save_protocol(protocol: Protocol, run: Path, elsewhere: Mapping[Path, int] | None = None) -> None:
    """Write the protocol into its run's folder, whose claims may be others than when the run began, and state them.

    Args:
        protocol: what the run is held against.
        run: the run folder.
        elsewhere: how many trials of the run are finished in which other runs.
    """
    preregister(run, protocol.claims, datetime.now(UTC), elsewhere, protocol.sequential, protocol.metrics[0])
    path, text = run / "protocol.yaml", resolved_yaml(protocol)
    if not path.is_file() or path.read_bytes() != text.encode():
        run.mkdir(parents=True, exist_ok=True)
        write_atomically(path, text.encode())


def state_claims(protocol: Protocol, run: Path) -> None:
    """Write down since when a run is held against a protocol's claims and plan.

    Whatever judges a run does so first: margins tried out unseen would look as if they had been chosen beforehand.
    """
    preregister(run, protocol.claims, datetime.now(UTC), plan=protocol.sequential, metric=protocol.metrics[0])


@dataclass(frozen=True)
class NamedRun:
    """The run that a command is about.

    Attributes:
        protocol: what it is held against.
        ledger: its trials.
        dataset: what it was made on; None where only its folder is at hand.
    """

    protocol: Protocol
    ledger: Ledger
    dataset: Dataset | None = None


def run_of(of: Path, overrides: Sequence[str], results: Path) -> NamedRun:
    """Find the run that a protocol file or a run folder means.

    Where a protocol's corpus is not at hand any more, its run is found by the settings that were written down with it,
    with a line on stderr.

    Raises:
        ProtocolError: the protocol holds mistakes, or overrides are given with a run folder.
        ResultsError: the folder is no run's, or the protocol has not been run.
    """
    if of.is_dir():
        if overrides:
            raise ProtocolError("--set needs a protocol file; the protocol of a run is fixed")
        if not (of / "protocol.yaml").is_file() or not any((of / name).exists() for name in OF_A_RUN):
            raise ResultsError(f"{of}: not a run folder; expected a protocol.yaml, and {' or '.join(OF_A_RUN)}")
        return NamedRun(load(of / "protocol.yaml").protocol, Ledger(of))
    loaded = load(of, overrides)
    try:
        dataset = open_dataset(already_built(loaded), verify=False)
        folder = run_folder(loaded.protocol, dataset.fingerprint, results)
    except (DataError, ResultsError, OSError) as error:
        earlier = _without_corpus(loaded.protocol, results)
        if earlier is None:
            raise
        stderr.print(f"{error}. Showing {earlier} instead, which was made from the earlier files.", soft_wrap=True)
        return NamedRun(loaded.protocol, Ledger(earlier))
    if not folder.is_dir():
        raise ResultsError(f"{folder}: {of} has not been run; start it with `run`")
    return NamedRun(loaded.protocol, Ledger(folder), dataset)


def _without_corpus(protocol: Protocol, results: Path) -> Path | None:
    """Find the run of a protocol by its manifest and the settings of its corpus; None without one.

    Raises:
        ResultsError: there are several, made from the same files at different times.
    """
    runs = []
    for path in sorted(results.glob(f"{protocol.name}-*/protocol.yaml")):
        try:
            corpus, of_then = read_manifest(path.parent).corpus_fingerprint, load(path).protocol.corpus
        except (ProtocolError, ResultsError):
            continue
        if of_then == protocol.corpus and run_folder(protocol, corpus, results) == path.parent:
            runs.append(path.parent)
    if len(runs) > 1:
        folders = ", ".join(map(str, runs))
        raise ResultsError(
            f"the corpus is not available, and this protocol has several runs: {folders}; name one of these folders"
        )
    return runs[0] if runs else None


def report_of(run: Path, reports: Path) -> Report:
    """Return a run's report in the folder for reports; it is written unless it is current, and their index with it."""
    with stderr.status(Text("bringing the report up to date")):
        report = current_report(run, reports / run.name)
        if report.is_new or not (reports / PAGE).is_file():
            # Most commands draw nothing.
            from bench.report.reports_index import write_reports_index

            write_reports_index(reports)
    return report
