"""From what a user names, a protocol file or a run's folder, to what a command works on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from bench import subsets as lists
from bench.atomic import write_atomically
from bench.cli import INCOMPLETE, OK, SOME_FAILED
from bench.ledger import Ledger
from bench.plan import run_folder
from bench.preregistration import preregister
from bench.progress import PreparationDisplay
from bench.protocol import Protocol, claims_left_out, load, refusal, resolved_yaml
from bench.standing import State
from sprm.cache import cache_folder
from sprm.corpus import prepare as corpora
from sprm.corpus.study import Study, open_study
from sprm.errors import ProtocolError, ResultsError

stderr = Console(stderr=True, highlight=False)


def prepared(protocol: Protocol, workers: int | None = None, *, verify: bool = False) -> Path:
    """Build a protocol's corpus unless it is there, and return its folder; see `sprm.corpus.prepare.prepare`."""
    with PreparationDisplay(stderr) as display:
        return corpora.prepare(
            protocol.corpus, protocol.rules, cache_folder(), progress=display, workers=workers, verify=verify
        )


def already_built(protocol: Protocol, path: Path) -> Path:
    """Find a protocol's corpus, without the hours that building one may take."""
    with PreparationDisplay(stderr) as display:
        folder = corpora.prepared_folder(protocol.corpus, protocol.rules, cache_folder(), progress=display)
    if folder is None:
        raise ResultsError(f"{path}: its corpus is not built yet; `prepare` builds it, and so does `run`")
    return folder


def drawable(
    path: Path, overrides: Sequence[str], workers: int | None = None, built: Path | None = None
) -> tuple[Protocol, Study]:
    """Load a protocol and open its study, from which every subset that it asks for can be drawn."""
    protocol = load(path, overrides)
    study = open_study(built or prepared(protocol, workers), verify=False)
    if left_out := claims_left_out(path, overrides, protocol):
        told = f"Claims about amounts of data that --set took away are left out: {', '.join(left_out)}"
        stderr.print(told, soft_wrap=True)
    if problems := lists.unselectable(protocol, len(study.train.images)):
        raise refusal(path, overrides, problems)
    return protocol, study


def settle(protocol: Protocol, run: Path) -> None:
    """Write the protocol into its run's folder, whose claims may be others than when the run began, and state them."""
    state_claims(protocol, run)
    path, text = run / "protocol.yaml", resolved_yaml(protocol)
    if not path.is_file() or path.read_text(encoding="utf-8") != text:
        run.mkdir(parents=True, exist_ok=True)
        write_atomically(path, text.encode())


def state_claims(protocol: Protocol, run: Path) -> None:
    """Write down since when a run is held against a protocol's claims.

    Whatever judges a run does so first: margins tried out unseen would look as if they had been chosen beforehand.
    """
    preregister(run, protocol.claims, datetime.now(UTC))


def run_of(of: Path, overrides: Sequence[str], results: Path) -> tuple[Protocol, Ledger, Study | None]:
    """Find the run that a protocol file or a run folder means; its study too when a protocol file names it."""
    if of.is_dir():
        if overrides:
            raise ProtocolError("--set goes with a protocol file; a run's protocol is settled")
        if not (of / "protocol.yaml").is_file():
            raise ResultsError(f"{of}: not a run's folder, it has no protocol.yaml")
        return load(of / "protocol.yaml"), Ledger(of), None
    protocol = load(of, overrides)
    study = open_study(already_built(protocol, of), verify=False)
    ledger = Ledger(run_folder(protocol, study.fingerprint, results))
    if not ledger.folder.is_dir():
        raise ResultsError(f"{ledger.folder}: {of} has not been run; `run` does it")
    return protocol, ledger, study


def completeness(states: Sequence[State]) -> int:
    """Return the exit code that goes with the states of a run's trials."""
    if State.failed in states:
        return SOME_FAILED
    return OK if all(state is State.done for state in states) else INCOMPLETE
