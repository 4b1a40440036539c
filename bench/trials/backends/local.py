"""Jobs on worker processes of this machine."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Event

from bench.trials.backends.backend import Ended, Place
from bench.trials.backends.processes import Processes
from bench.trials.jobs import Job
from bench.trials.worker import never, run_job

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS", "ARROW_IO_THREADS")
"""Environment variables from which libraries read, when they are loaded, how many threads they may have."""


class Local:
    """Worker processes of this machine as a back end.

    Args:
        processes: the workers.
        place: what the trials read and where they write.
        tell: is called with what a person should know, in a line.
    """

    def __init__(self, processes: Processes[Job], place: Place, tell: Callable[[str], None]) -> None:
        self._processes, self._place, self._tell = processes, place, tell
        self._closed = Event()

    @property
    def slots(self) -> int:
        """How many jobs can be at work at a time, now."""
        return self._processes.size

    def start(self, job: Job) -> None:
        """Give a job to a worker that is free."""
        place = self._place
        # A process is ended from outside; a thread of this one has to look whether anybody waits for it.
        stopped = self._closed.is_set if self._processes.is_here else never
        self._processes.start(job, run_job, job.trials, place.dataset, place.run, place.options, stopped)

    def ended(self, seconds: float) -> list[Ended]:
        """Return the jobs that have ended since the last call, waiting up to some seconds for a first one."""
        before = self._processes.size
        calls = self._processes.ended(seconds)
        if (left := self._processes.size) < before:
            self._tell(f"memory ran out: going on with {left} worker{'s' if left > 1 else ''}")
        return [Ended(call.name, call.answer, call.lost) for call in calls]

    def close(self) -> None:
        """End the workers with what they do."""
        self._closed.set()
        self._processes.close()


def environments(workers: int, threads: int, gpus: Sequence[str]) -> list[dict[str, str]]:
    """Return the environment variables that set worker processes apart from this one.

    Args:
        workers: how many.
        threads: CPU threads of each.
        gpus: what `CUDA_VISIBLE_DEVICES` calls the GPUs, which the workers take in turns; empty where none is used.
    """
    limits = dict.fromkeys(THREADS, str(threads))
    own = [{"CUDA_VISIBLE_DEVICES": gpus[worker % len(gpus)]} if gpus else {} for worker in range(workers)]
    return [{**limits, **gpu} for gpu in own]
