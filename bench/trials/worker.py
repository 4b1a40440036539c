"""One trial in a worker: open the dataset, train, judge, record."""

from __future__ import annotations

import os
import time
import traceback
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

import numpy as np

from bench.store.ledger import Ledger
from bench.store.provenance import provenance
from bench.store.records import Running, TrialKey, TrialRecord
from bench.systems.system import Encoding, Task
from bench.trials.memory import private_memory
from bench.trials.plan import Trial
from sprm.corpus.dataset import Dataset, open_dataset
from sprm.errors import SprmError, TrainingError
from sprm.evaluation.metric import ACCURACY, METRICS
from sprm.settings import Device, Rules
from sprm.training.progress import TrainingProgress

REPORT_INTERVAL = 1.0
"""Seconds between two reports on a training."""


@dataclass(frozen=True)
class Finished:
    """How a trial ended.

    Attributes:
        key: the trial.
        seconds: wall-clock time it took.
        accuracy: share of test phrases answered right, in [0, 1]; None when it failed.
        problem: why it failed, in one line; None when it did not.
    """

    key: TrialKey
    seconds: float
    accuracy: float | None = None
    problem: str | None = None


def encode(encoding: Encoding, dataset_folder: Path, rules: Rules) -> None:
    """Encode a split for all trials, or check it when it is encoded already.

    Raises:
        IntegrityError: it is not what was written.
    """
    import torch

    from sprm.batches.encoding_cache import encoded

    # Threads change floating-point sums, and all trials read these, whatever their own number is.
    torch.set_num_threads(1)
    dataset = _dataset(dataset_folder)
    encoded(dataset, encoding.split, rules, heads=encoding.heads, locations=encoding.locations, verify=True)


def run_trial(trial: Trial, dataset_folder: Path, run: Path) -> Finished:
    """Run one trial and write its result, or its failure, into a run's ledger.

    Args:
        trial: what to run.
        dataset_folder: the prepared dataset; its hashes are taken as verified.
        run: the run folder.
    """
    ledger = Ledger(run)
    started = time.perf_counter()
    try:
        dataset = _dataset(dataset_folder)
        # What a worker does once, for all its trials, is no part of this one's time.
        started = time.perf_counter()
        record = _result(trial, dataset, ledger, started)
    except Exception as error:
        name = "" if isinstance(error, SprmError) else type(error).__name__
        problem = ": ".join(filter(None, (name, str(error))))
        ledger.write_failure(trial.key, trial.fingerprint, problem, traceback.format_exc())
        return Finished(trial.key, time.perf_counter() - started, problem=problem)
    finally:
        ledger.forget_running(trial.key)
    return Finished(trial.key, record.seconds, accuracy=record.accuracy)


class Reporter:
    """Writes how far a trial's training is, no more often than anybody would look.

    Args:
        ledger: of the run.
        key: the trial.
    """

    def __init__(self, ledger: Ledger, key: TrialKey) -> None:
        self._ledger = ledger
        self._key = key
        self._written = time.perf_counter()

    def __call__(self, progress: TrainingProgress) -> None:
        """Write it, unless that was done a moment ago."""
        now = time.perf_counter()
        # A training of a second is over before anybody has read of it.
        if now - self._written >= REPORT_INTERVAL:
            self._written = now
            # A training goes on whether or not the disk has room for a word about it.
            with suppress(OSError):
                self._ledger.write_running(self._key, Running(**vars(progress)))


# The trials of a worker follow each other on one dataset; its files are mapped once, its libraries loaded once.
@lru_cache(maxsize=1)
def _dataset(folder: Path) -> Dataset:
    return open_dataset(folder, verify=False)


def _result(trial: Trial, dataset: Dataset, ledger: Ledger, started: float) -> TrialRecord:
    # cuBLAS reads it when it is first used; without it, it adds up in an order that varies.
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    import torch

    threads = 1 if trial.training is None else trial.training.threads
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(trial.device is Device.cuda, warn_only=True)
    seed = trial.key.seed
    report = Reporter(ledger, trial.key)
    outcome = trial.settings.run(Task(dataset, trial.rules, trial.training, trial.images, seed, trial.device, report))
    items, trained = outcome.items, outcome.training
    if not np.isfinite(items[list(METRICS.by_name())].to_numpy()).all():
        raise TrainingError("an outcome is not a finite number")
    record = TrialRecord(
        system=trial.key.system,
        kind=trial.settings.kind,
        fraction=trial.key.fraction,
        seed=seed,
        fingerprint=trial.fingerprint,
        inputs=trial.inputs,
        images=0 if trial.images is None else len(trial.images),
        sentences=trial.sentences,
        phrases=len(items),
        accuracy=items[ACCURACY].mean(),
        phrases_sha256="",
        items_sha256="",
        history=() if trained is None else tuple(epoch.model_dump() for epoch in trained.history),
        selected_epoch=None if trained is None else trained.selected_epoch,
        steps=0 if trained is None else trained.history[-1].steps,
        sentences_seen=0 if trained is None else trained.sentences,
        seconds_steps=0.0 if trained is None else trained.seconds_steps,
        seconds_selection=0.0 if trained is None else trained.seconds_selection,
        seconds_evaluation=outcome.seconds_evaluation,
        seconds=time.perf_counter() - started,
        peak_memory_mb=private_memory().peak,
        threads=threads,
        device=trial.device,
        provenance=provenance(),
        finished_at=datetime.now(UTC),
    )
    return ledger.write(record, items)
