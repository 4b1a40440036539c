"""Jobs on workers, the longest first, each result on disk the moment it is there."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, closing, suppress
from pathlib import Path
from typing import Any, Protocol

from bench.store.records import TrialKey, TrialRecord
from bench.systems.blame import reads_of
from bench.systems.system import Encoding
from bench.trials.backends.backend import Backend, Ended, Place
from bench.trials.backends.connect import connect
from bench.trials.backends.local import Local, environments
from bench.trials.backends.processes import Processes
from bench.trials.engine import Engine
from bench.trials.jobs import Job, jobs_of
from bench.trials.options import TrialOptions
from bench.trials.plan import Plan, PlannedTrial, Trial
from bench.trials.status import TrialStatus, trial_progress
from bench.trials.weights import lacks_weights
from bench.trials.worker import Finished, encode
from sprm.devices import visible_gpus
from sprm.errors import PluginError, WorkerError
from sprm.files.leases import Attempts, Lease
from sprm.settings import Device, Rules
from sprm.workers import usable_cpus

LOOK = 1.0
"""Seconds between two looks at the trials that another process has at work."""


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
            workers: jobs that can be at work at a time.
        """
        ...

    def started(self, job: Job) -> None:
        """Tell that a worker has a job of the queue."""
        ...

    def ended(self, job: Job, finished: Sequence[Finished]) -> None:
        """Tell that trials of a job of the queue ended; others of its trials may be at work elsewhere."""
        ...

    def note(self, what: str) -> None:
        """Tell a person what happened, in one line."""
        ...


def default_workers(device: Device = Device.cpu) -> int:
    """Return the number of CPUs that this process may use, or of GPUs, whose memory several trials would share out."""
    return max(len(visible_gpus()), 1) if device is Device.cuda else usable_cpus()


def execute(plan: Plan, dataset_folder: Path, engine: Engine, listener: TrialListener, options: TrialOptions) -> int:
    """Run the trials of a plan that are left.

    A trial that fails does not stop the others, nor does a worker that is killed, whose trials are recorded as failed.
    A trial that another process has at work is left to it, as long as that process lives.

    Args:
        plan: the trials and how far they are.
        dataset_folder: the prepared and verified dataset.
        engine: what runs the jobs.
        listener: is notified of every start and end.
        options: how trials are run.

    Returns:
        How many results were copied from other runs.

    Raises:
        IntegrityError: an encoded split is not what was written.
        WorkerError: a worker was killed before any trial was at work, or the engine is gone.
        OSError: a result cannot be written.
        KeyboardInterrupt: on Ctrl-C; running trials are stopped, finished ones are on disk.
    """
    to_run, taken_over = _take_over(plan)
    queue = jobs_of(to_run, plan.dataset)
    done = len(plan.trials) - len(to_run)
    if not queue:
        listener.begin(len(plan.trials), done, queue, 0)
        return taken_over
    trials = [trial for job in queue for trial in job.trials]
    threads = max(1 if trial.training is None else trial.training.threads for trial in trials)
    device = plan.protocol.device
    here = min(engine.workers or default_workers(device), len(queue))
    gpus = visible_gpus() if device is Device.cuda else []
    # Workers of a cluster have another current folder.
    place = Place(dataset_folder.absolute(), plan.dataset.fingerprint, plan.ledger.folder.absolute(), options)
    with closing(Processes[Job](environments(here, threads, gpus))) as processes:
        with listener.stage("encoding the corpus"):
            _encode(trials, dataset_folder, processes)
        if engine.is_local:
            _Execution(plan, Local(processes, place, listener.note), listener, options.keep_weights).run(queue, done)
            return taken_over
    with closing(connect(engine, place, listener.note, threads, gpu=device is Device.cuda)) as backend:
        _Execution(plan, backend, listener, options.keep_weights).run(queue, done)
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


def _encode(trials: Sequence[Trial], dataset_folder: Path, processes: Processes[Any]) -> None:
    """Encode what trials will read, once for all of them; what is encoded already is checked."""
    read: set[tuple[Encoding, Rules]] = set()
    for trial in trials:
        # The trial meets the same error, and tells of it.
        with suppress(PluginError):
            read |= {(encoding, trial.rules) for encoding in reads_of(trial.settings)}
    waiting = sorted(read)
    at_work = 0
    while waiting or at_work:
        while waiting and at_work < processes.size:
            encoding, rules = waiting.pop(0)
            processes.start(encoding, encode, encoding, dataset_folder, rules)
            at_work += 1
        for call in processes.ended(LOOK):
            at_work -= 1
            if call.lost is not None:
                raise WorkerError(f"encoding the corpus: {call.lost}")


class _Execution:
    """Jobs on a back end, each of whose trials this process has a lease of."""

    def __init__(self, plan: Plan, backend: Backend, listener: TrialListener, keep_weights: bool) -> None:
        self._ledger = plan.ledger
        self._total = len(plan.trials)
        self._backend, self._listener, self._keep_weights = backend, listener, keep_weights
        # By the job that a worker has: the job of the queue that it is, or is what is left of, and its leases.
        self._at_work: dict[Job, tuple[Job, list[Lease]]] = {}
        self._elsewhere: dict[Job, dict[TrialKey, Attempts]] = {}

    def run(self, queue: Sequence[Job], done: int) -> None:
        """Run jobs in their order; those that others have at work are looked after in the end."""
        self._listener.begin(self._total, done, queue, self._backend.slots)
        waiting = list(queue)
        try:
            while waiting or self._at_work or self._elsewhere:
                while waiting and len(self._at_work) < self._backend.slots:
                    self._try(waiting.pop(0))
                for job in list(self._elsewhere):
                    if len(self._at_work) < self._backend.slots:
                        self._try(job)
                for ended in self._backend.ended(LOOK):
                    self._end(ended)
        finally:
            if self._at_work:
                # What goes on without its lease would be started again elsewhere.
                self._backend.close()
            for _, leases in self._at_work.values():
                _release(leases)

    def _try(self, queued: Job) -> None:
        """Start a job, unless another process has one of its trials at work or has finished them all."""
        leases = self._taken(queued)
        if leases is None:
            return
        self._elsewhere.pop(queued, None)
        done = {trial: record for trial in queued.trials if (record := self._record(trial)) is not None}
        left = Job({trial: effort for trial, effort in queued.efforts.items() if trial not in done})
        if done:
            ended = (Finished(each.key, each.seconds, each.accuracy, by_another=True) for each in done.values())
            self._listener.ended(queued, list(ended))
        if not left.trials:
            _release(leases)
            return
        # A worker that was killed has left how far it came.
        self._ledger.forget_running(left.trials[0].key)
        self._at_work[left] = queued, leases
        self._listener.started(queued)
        self._backend.start(left)

    def _taken(self, queued: Job) -> list[Lease] | None:
        """Take the leases of a job's trials; None when another process has one."""
        is_new = queued not in self._elsewhere
        folders = {trial.key: self._ledger.trial_folder(trial.key) for trial in queued.trials}
        attempts = self._elsewhere.setdefault(queued, {key: Attempts(folder) for key, folder in folders.items()})
        leases: list[Lease] = []
        for key, attempt in attempts.items():
            lease = attempt.take()
            if lease is None:
                _release(leases)
                if is_new and attempt.holder is not None:
                    self._listener.note(f"{key} is running elsewhere, {attempt.holder}")
                return None
            leases.append(lease)
        return leases

    def _record(self, trial: Trial) -> TrialRecord | None:
        """Return the record of a trial that was finished since it was planned; None when it was not."""
        progress = trial_progress(self._ledger, trial.key, trial.inputs, trial.metrics)
        record = progress.record
        if record is None or progress.status is not TrialStatus.done:
            return None
        return None if self._keep_weights and lacks_weights(record, trial, self._ledger) else record

    def _end(self, ended: Ended) -> None:
        queued, leases = self._at_work.pop(ended.job)
        finished = ended.finished
        if finished is None:
            assert ended.lost is not None
            self._ledger.forget_running(ended.job.trials[0].key)
            finished = [self._lost(trial, ended.lost) for trial in ended.job.trials]
        _release(leases)
        self._listener.ended(queued, finished)

    def _lost(self, trial: Trial, why: str) -> Finished:
        """Record that a trial was lost with its worker, unless that had recorded its result."""
        if (record := self._record(trial)) is not None:
            return Finished(trial.key, record.seconds, record.accuracy)
        self._ledger.write_failure(trial.key, trial.fingerprint, why, why)
        return Finished(trial.key, 0.0, problem=why)


def _release(leases: Sequence[Lease]) -> None:
    for lease in leases:
        lease.release()
