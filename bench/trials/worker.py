"""A job in a worker: open the dataset, train, judge, record."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

import numpy as np

from bench.store.ledger import Ledger
from bench.store.portable_errors import problem_of, told, traceback_of
from bench.store.provenance import provenance
from bench.store.records import Running, TrialKey, TrialRecord
from bench.subsets.draw import AXIS
from bench.systems.system import Encoding, Task
from bench.trials.answering import Outcome, outcomes_of
from bench.trials.checkpoints import checkpoints_of
from bench.trials.computing import compute_on
from bench.trials.memory import private_memory
from bench.trials.options import TrialOptions
from bench.trials.plan import Trial
from sprm.corpus.dataset import Dataset, open_dataset
from sprm.errors import TrainingError
from sprm.evaluation.metric import ACCURACY, METRICS
from sprm.files.atomic_file import NO_SPACE
from sprm.seeding import noted_seeds, seed_of
from sprm.settings import Rules
from sprm.training.checkpoint import Checkpoints
from sprm.training.progress import Report, TrainingProgress

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
        notes: what else a person should know, each in a sentence about its training.
        by_another: whether another process computed it, which had it at work or finished it first.
    """

    key: TrialKey
    seconds: float
    accuracy: float | None = None
    problem: str | None = None
    notes: tuple[str, ...] = ()
    by_another: bool = False


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
    encoded(dataset, rules=rules, **encoding.settings_for(dataset), verify=True)


def never() -> bool:
    """Tell that somebody waits for a job."""
    return False


def run_job(
    trials: Sequence[Trial],
    dataset_folder: Path,
    run: Path,
    options: TrialOptions,
    stopped: Callable[[], bool] = never,
) -> list[Finished]:
    """Run trials that share a training, or a single one, and write each result, or failure, into a run's ledger.

    Args:
        trials: what to run.
        dataset_folder: the prepared dataset; its hashes are taken as verified.
        run: the run folder.
        options: how they are run.
        stopped: tells, every few steps of a training, whether nobody waits for the job any more.

    Returns:
        How each trial ended; nothing when nobody waits for them any more.

    Raises:
        OSError: the disk is full.
    """
    ledger = Ledger(run)
    started = time.perf_counter()
    checkpoints = checkpoints_of(trials, ledger, options)
    try:
        dataset = _dataset(dataset_folder)
        # What a worker does once, for all its trials, is no part of these ones' time.
        started, cpu_started = time.perf_counter(), time.process_time()
        report = Reporter(ledger, trials[0].key, stopped)
        with noted_seeds() as seeds:
            outcomes = _outcomes(trials, dataset, report, checkpoints)
    except Abandoned:
        return []
    except Exception as error:
        failed = [_failed(trial, error, ledger, started) for trial in trials]
        checkpoints.remove()
        return _with_notes(failed, checkpoints)
    finally:
        ledger.forget_running(trials[0].key)
    # An attempt that was stopped is part of the trial up to the checkpoint that it left.
    started -= checkpoints.seconds_before
    cpu_started -= checkpoints.cpu_seconds_before
    # The training, and whatever else is done once, is part of the first trial.
    shared = time.perf_counter() - started - sum(map(_own_seconds, outcomes[1:]))
    cpu_seconds = time.process_time() - cpu_started
    finished = []
    for place, (trial, outcome) in enumerate(zip(trials, outcomes, strict=True)):
        seconds = shared if place == 0 else _own_seconds(outcome)
        try:
            weights = _weights(trial, outcome, dataset) if options.keep_weights else None
            record = _recorded(
                trial,
                outcome,
                ledger,
                seconds,
                trained=place == 0,
                cpu_seconds=cpu_seconds if place == 0 else None,
                generators={**_of_subset(trial), **seeds},
                record_host=options.record_host,
                weights=weights,
            )
            finished.append(Finished(trial.key, record.seconds, accuracy=record.accuracy))
        except Exception as error:
            finished.append(_failed(trial, error, ledger, started))
    checkpoints.remove()
    return _with_notes(finished, checkpoints)


def _with_notes(finished: Sequence[Finished], checkpoints: Checkpoints) -> list[Finished]:
    """Have the first trial of a job, which has its training, tell what there is to tell of it."""
    return [replace(finished[0], notes=tuple(checkpoints.notes)), *finished[1:]]


def _failed(trial: Trial, error: Exception, ledger: Ledger, started: float) -> Finished:
    if isinstance(error, OSError) and error.errno in NO_SPACE:
        # It is no fault of the trial, and would be that of every other one.
        raise error
    run = ledger.folder
    ledger.write_failure(trial.key, trial.fingerprint, problem_of(error, run), traceback_of(error, run))
    return Finished(trial.key, time.perf_counter() - started, problem=told(error))


def _of_subset(trial: Trial) -> dict[str, int]:
    """Return the seed of the generator that whoever planned drew a trial's subset with, by its name."""
    with noted_seeds() as seeds:
        if trial.images is not None:
            seed_of(AXIS, trial.drawn)
    return seeds


def _own_seconds(outcome: Outcome) -> float:
    """Return the time of a trial that another one's training answers."""
    return outcome.seconds_evaluation + (0.0 if outcome.training is None else outcome.training.seconds_selection)


class Abandoned(BaseException):
    """Nobody waits for a training any more; no error, so that nothing on its way takes it for a system's."""


class Reporter:
    """Writes how far a trial's training is, no more often than anybody would look.

    Args:
        ledger: of the run.
        key: the trial.
        stopped: tells whether nobody waits for the training any more.
    """

    def __init__(self, ledger: Ledger, key: TrialKey, stopped: Callable[[], bool] = never) -> None:
        self._ledger = ledger
        self._stopped = stopped
        self._key = key
        self._written = time.perf_counter()

    def __call__(self, progress: TrainingProgress) -> None:
        """Write it, unless that was done a moment ago.

        Raises:
            Abandoned: nobody waits for the training any more.
        """
        if self._stopped():
            raise Abandoned
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


def _outcomes(trials: Sequence[Trial], dataset: Dataset, report: Report, checkpoints: Checkpoints) -> list[Outcome]:
    first = trials[0]
    compute_on(first.device, _threads(first))
    seed = first.initialisation
    task = Task(dataset, first.rules, first.training, first.images, seed, first.device, report, checkpoints)
    return outcomes_of([trial.settings for trial in trials], task)


def _threads(trial: Trial) -> int:
    return 1 if trial.training is None else trial.training.threads


def _weights(trial: Trial, outcome: Outcome, dataset: Dataset) -> bytes | None:
    """Return the file of the selected epoch's weights; None of a system that is not trained."""
    from sprm.model.trained_weights import TrainedWeights

    if outcome.training is None:
        return None
    return TrainedWeights.of(outcome.training.weights, dataset.lexicon).to_bytes(trial.fingerprint)


def _recorded(
    trial: Trial,
    outcome: Outcome,
    ledger: Ledger,
    seconds: float,
    *,
    trained: bool,
    cpu_seconds: float | None,
    generators: Mapping[str, int],
    record_host: bool,
    weights: bytes | None,
) -> TrialRecord:
    """Write a trial's result.

    Args:
        trial: the trial.
        outcome: what it found.
        ledger: where it is written.
        seconds: what it took.
        trained: whether its time holds the training; False where that is part of another trial.
        cpu_seconds: what it took of all CPUs; None where that is part of another trial.
        generators: the seed of each random generator that was used, by name.
        record_host: whether the name of this machine is told.
        weights: the file of its weights; None where they are not kept.
    """
    items, training = outcome.items, outcome.training
    if not np.isfinite(items[list(METRICS.of_phrases())].to_numpy()).all():
        raise TrainingError("an outcome is not a finite number")
    record = TrialRecord(
        system=trial.key.system,
        kind=trial.settings.kind,
        fraction=trial.key.fraction,
        seed=trial.key.seed,
        fingerprint=trial.fingerprint,
        inputs=trial.inputs,
        images=0 if trial.images is None else len(trial.images),
        sentences=trial.sentences,
        phrases=len(items),
        accuracy=items[ACCURACY].mean(),
        phrases_sha256="",
        items_sha256="",
        history=() if training is None else tuple(epoch.model_dump() for epoch in training.history),
        selected_epoch=None if training is None else training.selected_epoch,
        selection_boxes=None if training is None else training.selection_boxes,
        parameters=None if training is None else training.parameters,
        steps=0 if training is None else training.history[-1].steps,
        candidates=outcome.candidates,
        sentences_seen=0 if training is None or not trained else training.sentences,
        seconds_steps=0.0 if training is None or not trained else training.seconds_steps,
        seconds_selection=0.0 if training is None else training.seconds_selection,
        seconds_evaluation=outcome.seconds_evaluation,
        seconds=seconds,
        peak_memory_mb=private_memory().peak,
        threads=_threads(trial),
        device=trial.device,
        cpu_seconds=cpu_seconds,
        generators=dict(generators),
        provenance=provenance(host=record_host),
        finished_at=datetime.now(UTC),
    )
    return ledger.write(record, items, weights)
