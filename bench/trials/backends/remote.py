"""A job on a worker of a cluster, which may see other files than the process that started the run."""

from __future__ import annotations

import platform
import shutil
from collections.abc import Callable, Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock

from bench.store.ledger import RESULT_FILES, Ledger
from bench.store.records import TrialKey
from bench.systems.blame import reads_of
from bench.systems.system import Encoding
from bench.trials.backends.backend import Place
from bench.trials.code_hash import code_hash
from bench.trials.plan import Trial
from bench.trials.worker import Finished, encode, run_job
from sprm.corpus.dataset import Dataset
from sprm.errors import EngineError, WorkerError
from sprm.files.atomic_folder import is_whole
from sprm.files.cache import cache_folder
from sprm.files.leases import leased, token_of
from sprm.files.sending import Piece, Receiving
from sprm.settings import Rules

_ONE_AT_A_TIME = Lock()
"""A worker with several threads would count and round as one with as many CPUs; so it runs one job after the other."""


@dataclass(frozen=True)
class Order:
    """A job for a worker of a cluster.

    Attributes:
        trials: what to run.
        place: where the process that started the run finds what it reads and writes.
        lease: token of the lease of the first trial; whoever finds it in the run folder sees the same files.
        code: hash of the code that started the run.
    """

    trials: Sequence[Trial]
    place: Place
    lease: str
    code: str


@dataclass(frozen=True)
class Result:
    """What a trial left on a machine that does not see the run folder.

    Attributes:
        key: the trial.
        files: its files by name.
        phrases: the test phrases, as the run folder has them for all trials; None when the trial failed.
    """

    key: TrialKey
    files: dict[str, bytes]
    phrases: bytes | None

    def store(self, run: Path, trial: Trial) -> None:
        """Write it into a run folder, when it is what it says that it is, and that of a trial.

        Args:
            run: the run folder.
            trial: what was asked for.

        Raises:
            WorkerError: it is not.
        """
        if self.key != trial.key:
            raise WorkerError(f"{trial.key}: a worker sent the result of another trial")
        ledger = Ledger(run)
        with TemporaryDirectory(prefix=".arrived-", dir=run) as folder:
            arrived = Ledger(Path(folder))
            there = arrived.trial_folder(self.key)
            there.mkdir(parents=True)
            for name in RESULT_FILES & self.files.keys():
                (there / name).write_bytes(self.files[name])
            record, failure = arrived.record(self.key), arrived.failure(self.key)
            if record is not None and record.fingerprint == trial.fingerprint and self.phrases is not None:
                (phrases, _), _ = arrived.files_of(record)
                phrases.parent.mkdir()
                phrases.write_bytes(self.phrases)
                if ledger.take_over(record, arrived, self.key):
                    return
            elif failure is not None and failure.fingerprint == trial.fingerprint:
                ledger.write_failure(self.key, failure.fingerprint, failure.problem, failure.traceback)
                return
        raise WorkerError(f"{self.key}: what came from a worker is not what was written there")


@dataclass(frozen=True)
class Answer:
    """What a worker of a cluster has done.

    Attributes:
        finished: how each trial ended; None when the worker has no such dataset, and nothing was run.
        results: what the trials left, where the worker does not see the run folder.
        host: name of the worker's machine.
    """

    finished: Sequence[Finished] | None
    results: Sequence[Result]
    host: str


def run_order(order: Order, stopped: Callable[[], bool]) -> Answer:
    """Run a job where its files are at hand.

    Args:
        order: the job.
        stopped: tells, while it runs, whether nobody waits for it any more.

    Raises:
        EngineError: this machine has other code than the one that started the run.
    """
    host = platform.node()
    if code_hash() != order.code:
        raise EngineError(f"{host} runs different code of this package; install the same version on all machines")
    dataset = _dataset_folder(order.place)
    if dataset is None:
        return Answer(None, [], host)
    first = order.trials[0].key
    is_shared = token_of(Ledger(order.place.run).trial_folder(first)) == order.lease
    run = order.place.run if is_shared else cache_folder() / "runs" / order.place.run.name
    # Two runs that do not see each other may have the same trial computed here.
    alone = nullcontext() if is_shared else leased(Ledger(run).trial_folder(first), waiting=lambda holder: None)
    with _ONE_AT_A_TIME, alone:
        if not is_shared:
            _encode_here(order.trials, dataset)
        finished = run_job(order.trials, dataset, run, order.place.options, stopped)
        # A job that was called off has left its checkpoint, for when it is asked for again.
        results = [] if is_shared or not finished else [_result(run, trial.key) for trial in order.trials]
    return Answer(finished, results, host)


def _encode_here(trials: Sequence[Trial], dataset: Path) -> None:
    """Encode what trials read, as whoever started the run does for those that see its files."""
    for trial in trials:
        # The trial meets the same error, and tells of it.
        with suppress(Exception):
            for encoding in reads_of(trial.settings):
                _encoded(encoding, dataset, trial.rules)


@lru_cache(maxsize=16)
def _encoded(encoding: Encoding, dataset: Path, rules: Rules) -> None:
    encode(encoding, dataset, rules)


def receive(fingerprint: str, sender: str, piece: Piece | None) -> bool:
    """Take a piece of a dataset, or the end of it.

    Args:
        fingerprint: of the dataset, in hexadecimal.
        sender: whose pieces belong together.
        piece: what to append; None at the end, and to ask whether the dataset is there already.

    Returns:
        Whether the dataset is there.
    """
    folder = _received_folder(fingerprint)
    receiving = Receiving(folder, sender)
    if piece is not None:
        receiving.add(piece)
    elif receiving.has_begun:
        receiving.finish()
    return is_whole(folder)


@lru_cache(maxsize=4)
def _found(folder: Path, fingerprint: str) -> bool:
    return is_whole(folder) and Dataset(folder).fingerprint == fingerprint


def _dataset_folder(place: Place) -> Path | None:
    """Return where this machine has a dataset; None where it has none."""
    folders = place.dataset, _received_folder(place.dataset_fingerprint)
    found = next((folder for folder in folders if _found(folder, place.dataset_fingerprint)), None)
    if found is None:
        # It may be received before the next job asks.
        _found.cache_clear()
    return found


def _received_folder(fingerprint: str) -> Path:
    return cache_folder() / "received" / format(int(fingerprint, 16), "064x")


def _result(run: Path, key: TrialKey) -> Result:
    """Read what a trial left in a run folder of this machine, and remove it."""
    ledger = Ledger(run)
    folder = ledger.trial_folder(key)
    files = {path.name: path.read_bytes() for path in folder.iterdir() if path.name in RESULT_FILES}
    record = ledger.record(key)
    phrases = None if record is None else ledger.files_of(record)[0][0].read_bytes()
    shutil.rmtree(folder)
    return Result(key, files, phrases)
