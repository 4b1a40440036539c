"""Jobs on worker processes that leave Ctrl-C to the process that started them."""

from __future__ import annotations

import os
import signal
import time
import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from threading import Thread
from typing import Any

with warnings.catch_warnings():
    # What it means that processes cannot be started here is reported when some are asked for.
    warnings.filterwarnings("ignore", message=".*joblib will operate in serial mode")
    from joblib import Parallel, cpu_count, effective_n_jobs, parallel_config
from joblib.externals.loky import process_executor

from sprm.errors import SideIssue
from sprm.plugins import Plugin, loaded

_LOOK = 0.5
"""Seconds between two looks at whether the process is there that started a worker."""


def can_start_processes() -> bool:
    """Tell whether worker processes can be started; where not, jobs run in this process, which a `SideIssue` tells."""
    if effective_n_jobs(2) > 1:
        return True
    problem = "no worker processes can be started: semaphores (is /dev/shm writable?) or permissions are missing"
    warnings.warn(f"{problem}; one job runs at a time", SideIssue, stacklevel=3)
    return False


def usable_cpus() -> int:
    """Return the number of CPUs this process may use, by its affinity and by the quota of its container."""
    return int(cpu_count())


def on_workers(jobs: Iterable[Any], workers: int, *, threads: int = 1, ordered: bool = False) -> Iterator[Any]:
    """Run jobs and yield what they return, as it is there.

    Where the system has no semaphores, which worker processes need, jobs run one after the other in this process, which
    a `SideIssue` tells.

    Args:
        jobs: made by `joblib.delayed`; asked for as workers become free.
        workers: jobs at work at a time.
        threads: CPU threads of a worker.
        ordered: whether results come in the order of the jobs.

    Raises:
        TerminatedWorkerError: the system killed a worker.
    """
    if not can_start_processes():
        for function, arguments, options in jobs:
            yield function(*arguments, **options)
        return
    own_workers = {"inner_max_num_threads": threads, "initializer": prepare_worker, "initargs": (os.getpid(), loaded())}
    with parallel_config(backend="loky", **own_workers), interrupts_ignored():
        # joblib runs one job at a time in this very process, where libraries have started their threads and a
        # killed job takes the run with it; so there are always two workers, though one may have no work.
        answers = "generator" if ordered else "generator_unordered"
        pool = Parallel(n_jobs=max(workers, 2), pre_dispatch=workers, batch_size=1, return_as=answers)
        results = pool(jobs)
    try:
        for result in results:  # noqa: UP028 `yield from` would close the results itself, aloud
            yield result
    finally:
        # Whoever asked wants no more, after Ctrl-C or an error, and knows that jobs are lost; joblib would say so, too.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            results.close()


@contextmanager
def interrupts_ignored() -> Iterator[None]:
    """Let workers started meanwhile be deaf to Ctrl-C, which reaches every process; this one ends them."""
    before = signal.getsignal(signal.SIGINT)
    _ignore_interrupts()
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _ignore_interrupts() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def prepare_worker(parent: int, plugins: Sequence[Plugin]) -> None:
    """Make this process a worker: deaf to Ctrl-C, gone when the process that started it is, and with its plug-ins.

    Args:
        parent: number of the process that started it, which may have ended before this is called.
        plugins: what that has loaded.
    """
    # As an initialiser it also keeps joblib from handing out workers that others started, which are not deaf.
    _ignore_interrupts()
    # A worker whose memory grew by 300 MB since its first job would end, for it may leak; here it has loaded libraries
    # and mapped features, and a new one would have to do so again.
    process_executor._USE_PSUTIL = False
    # Nor is it to look through all that torch has loaded after every job, which takes a fifth of a second.
    process_executor._MEMORY_LEAK_CHECK_DELAY = float("inf")
    Thread(target=_leave_with, args=(parent,), daemon=True).start()
    for plugin in plugins:
        plugin.load()


def _leave_with(parent: int) -> None:
    """End this process when its parent has ended, however that was: an orphan would compute what nobody waits for."""
    while os.getppid() == parent:
        time.sleep(_LOOK)
    os._exit(1)
