"""Jobs on worker processes that leave Ctrl-C to the process that started them."""

from __future__ import annotations

import os
import signal
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from joblib import Parallel, parallel_config


def usable_cpus() -> int:
    """Return the number of CPUs this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def on_workers(jobs: Iterable[Any], workers: int, *, threads: int = 1) -> Iterator[Any]:
    """Run jobs and yield what they return, as it is there.

    Args:
        jobs: made by `joblib.delayed`; asked for as workers become free.
        workers: jobs at work at a time.
        threads: CPU threads of a worker.

    Raises:
        TerminatedWorkerError: the system killed a worker.
    """
    own_workers = {"inner_max_num_threads": threads, "initializer": _ignore_interrupts}
    with parallel_config(backend="loky", **own_workers), _interrupts_ignored():
        # joblib runs one job at a time in this very process, where libraries have started their threads and a
        # killed job takes the run with it; so there are always two workers, though one may have no work.
        pool = Parallel(n_jobs=max(workers, 2), pre_dispatch=workers, batch_size=1, return_as="generator_unordered")
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
def _interrupts_ignored() -> Iterator[None]:
    """Let workers started meanwhile be deaf to Ctrl-C, which reaches every process; this one ends them."""
    before = signal.getsignal(signal.SIGINT)
    _ignore_interrupts()
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _ignore_interrupts() -> None:
    # As an initialiser it also keeps joblib from handing out workers that others started, which are not deaf.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
