"""Jobs on workers, the longest first, each result on disk the moment it is there."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from joblib import delayed
from joblib.externals.loky.process_executor import TerminatedWorkerError

from bench.trials.jobs import Job, jobs_of
from bench.trials.options import USUAL, TrialOptions
from bench.trials.plan import Plan, PlannedTrial, Trial
from bench.trials.worker import Finished, encode, run_job
from sprm.errors import WorkerError
from sprm.settings import Device
from sprm.workers import on_workers, usable_cpus

KILLED = "its worker was killed by the operating system, which happens when memory runs out"


class TrialListener(Protocol):
    """What is notified of how far trials are."""

    def stage(self, what: str) -> AbstractContextManager[object]:
        """Announce what is done before any trial runs, as long as the block that the answer is used for."""
        ...

    def begin(self, total: int, done: int, queue: Sequence[Job], workers: int) -> None:
        """Tell that jobs start.

        Args:
            total: trials of the plan.
            done: those that need not run.
            queue: the jobs of the others, in the order in which workers start them.
            workers: jobs at work at a time.
        """
        ...

    def ended(self, finished: Sequence[Finished]) -> None:
        """Tell that the trials of a job ended."""
        ...


def default_workers(device: Device = Device.cpu) -> int:
    """Return the number of CPUs this process may use; 1 for a GPU, whose memory several would share out."""
    if device is Device.cuda:
        return 1
    return usable_cpus()


def execute(
    plan: Plan, dataset_folder: Path, workers: int, listener: TrialListener, options: TrialOptions = USUAL
) -> int:
    """Run the trials of a plan that are left.

    A trial that fails does not stop the others. When a worker is killed, the trials that were running are
    recorded as failed and the rest goes on with new workers.

    Args:
        plan: the trials and how far they are.
        dataset_folder: the prepared and verified dataset.
        workers: processes at work at a time.
        listener: is notified of every start and end.
        options: how trials are run.

    Returns:
        How many results were copied from other runs.

    Raises:
        IntegrityError: an encoded split is not what was written.
        WorkerError: a worker was killed before any trial was at work.
        KeyboardInterrupt: on Ctrl-C; running trials are stopped, finished ones are on disk.
    """
    to_run, taken_over = _take_over(plan)
    queue = jobs_of(to_run, plan.dataset)
    if queue:
        with listener.stage("encoding the corpus"):
            _encode([trial for job in queue for trial in job.trials], dataset_folder, workers)
    for planned in to_run:
        # Workers that were killed have left how far they came.
        plan.ledger.forget_running(planned.trial.key)
    listener.begin(len(plan.trials), len(plan.trials) - len(to_run), queue, workers)
    waiting = queue
    while waiting:
        try:
            for finished in _run(waiting, dataset_folder, plan.ledger.folder, workers, options):
                waiting = [job for job in waiting if job.trials[0].key != finished[0].key]
                listener.ended(finished)
        except TerminatedWorkerError as error:
            for job in waiting[:workers]:
                plan.ledger.forget_running(job.trials[0].key)
                for trial in job.trials:
                    plan.ledger.write_failure(trial.key, trial.fingerprint, KILLED, str(error))
                listener.ended([Finished(trial.key, 0.0, problem=KILLED) for trial in job.trials])
            waiting = waiting[workers:]
    return taken_over


def _take_over(plan: Plan) -> tuple[list[PlannedTrial], int]:
    """Copy the results that other runs hold; return the trials that have to run and the number copied."""
    to_run = []
    for planned in plan.left:
        if planned.elsewhere is not None:
            ledger, record = planned.elsewhere
            if plan.ledger.take_over(record, ledger, planned.trial.key):
                continue
        to_run.append(planned)
    return to_run, len(plan.left) - len(to_run)


def _encode(trials: Sequence[Trial], dataset_folder: Path, workers: int) -> None:
    """Encode what trials will read, once for all of them; what is encoded already is checked."""
    read = {(encoding, trial.rules) for trial in trials for encoding in trial.settings.reads()}
    jobs = (delayed(encode)(encoding, dataset_folder, rules) for encoding, rules in sorted(read))
    try:
        deque(on_workers(jobs, workers, threads=_threads(trials)), maxlen=0)
    except TerminatedWorkerError as error:
        raise WorkerError(f"encoding the corpus: {KILLED}") from error


def _run(
    jobs: Sequence[Job], dataset_folder: Path, run: Path, workers: int, options: TrialOptions
) -> Iterator[list[Finished]]:
    """Yield the trials of each job as it ends; workers start jobs in the order given, so the first ones left run."""
    threads = _threads([trial for job in jobs for trial in job.trials])
    calls = (delayed(run_job)(job.trials, dataset_folder, run, options) for job in jobs)
    yield from on_workers(calls, workers, threads=threads)


def _threads(trials: Sequence[Trial]) -> int:
    return max(1 if trial.training is None else trial.training.threads for trial in trials)
