"""One trial in a worker: open the study, train, judge, record."""

from __future__ import annotations

import resource
import sys
import time
import traceback
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from importlib import import_module
from pathlib import Path

import numpy as np

from bench.ledger import NUMBER_COLUMNS, Ledger, TrialKey, TrialRecord
from bench.plan import Trial
from bench.provenance import provenance
from sprm.corpus.prepare import Study, open_study
from sprm.errors import SprmError, TrainingError


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


def run_trial(trial: Trial, study_folder: Path, run: Path) -> Finished:
    """Run one trial and write its result, or its failure, into a run's ledger.

    Args:
        trial: what to run.
        study_folder: the prepared study; its hashes are taken as verified.
        run: the run folder.
    """
    ledger = Ledger(run)
    started = time.perf_counter()
    try:
        study = _study(study_folder)
        # What a worker does once, for all its trials, is no part of this one's time.
        started = time.perf_counter()
        record = _result(trial, study, ledger, started)
    except Exception as error:
        problem = str(error) if isinstance(error, SprmError) else f"{type(error).__name__}: {error}"
        ledger.write_failure(trial.key, trial.fingerprint, problem, traceback.format_exc())
        return Finished(trial.key, time.perf_counter() - started, problem=problem)
    return Finished(trial.key, record.seconds, accuracy=record.accuracy)


# The trials of a worker follow each other on one study; its files are mapped once, its libraries loaded once.
@lru_cache(maxsize=1)
def _study(folder: Path) -> Study:
    import_module("bench.systems")
    return open_study(folder, verify=False)


def _result(trial: Trial, study: Study, ledger: Ledger, started: float) -> TrialRecord:
    import torch

    from bench.systems import run_system

    threads = 1 if trial.training is None else trial.training.threads
    torch.set_num_threads(threads)
    seed = trial.key.seed
    outcome = run_system(trial.settings, trial.training, trial.rules, study, trial.images, seed)
    items = outcome.items
    if not np.isfinite(items[list(NUMBER_COLUMNS)].to_numpy()).all():
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
        accuracy=items["correct"].mean(),
        pointing=items["pointing"].mean(),
        correct_total=items["correct"].sum(),
        items_sha256="",
        history=tuple(epoch.model_dump() for epoch in outcome.history),
        selected_epoch=outcome.selected_epoch,
        steps=outcome.steps,
        seconds_training=outcome.seconds_training,
        seconds_evaluation=outcome.seconds_evaluation,
        seconds=time.perf_counter() - started,
        peak_memory_mb=_peak_memory(),
        threads=threads,
        provenance=provenance(),
        finished_at=datetime.now(UTC),
    )
    return ledger.write(record, items)


def _peak_memory() -> float:
    """Return the largest resident memory of this process so far, in MiB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1024 * 1024 if sys.platform == "darwin" else 1024)
