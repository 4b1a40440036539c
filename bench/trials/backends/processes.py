"""Worker processes of this machine, each in a pool of its own, so that the end of one is no other one's.

loky, which joblib runs on, gives up a whole pool when one of its processes is killed, and does not tell which job that
process had. A pool of one process loses that job and nothing else.
"""

from __future__ import annotations

import gc
import os
import re
import time
from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

import psutil
from joblib.externals.loky import ProcessPoolExecutor
from joblib.externals.loky.process_executor import BrokenProcessPool

from sprm.plugins import loaded
from sprm.workers import can_start_processes, interrupts_ignored, prepare_worker

Name = TypeVar("Name", bound=Hashable)
_SAMPLED = 0.5
"""Seconds between two looks at the workers' memory."""
_OOM_KILLS = Path("/proc/vmstat")


@dataclass(frozen=True)
class Call(Generic[Name]):
    """How a call on a worker process ended.

    Attributes:
        name: what it was started as.
        answer: what it returned; None when its process was lost.
        lost: why its process was lost, in one line; None when it was not.
        out_of_memory: whether that was for want of memory, as far as the system tells.
    """

    name: Name
    answer: Any = None
    lost: str | None = None
    out_of_memory: bool = False


@dataclass(eq=False)
class _Worker(Generic[Name]):
    executor: Executor
    environment: dict[str, str]
    name: Name | None = None
    call: Future[Any] | None = None
    pid: Future[int] | None = None
    process: psutil.Process | None = None
    peak: int = 0
    oom_kills: int = 0


class Processes(Generic[Name]):
    """Some worker processes, each with at most one call at a time.

    Where the system has no semaphores, which worker processes need, calls run one after the other in this process,
    which a `SideIssue` tells.

    Args:
        environments: of each worker, what it has of environment variables beside this process' own.
    """

    def __init__(self, environments: Sequence[dict[str, str]]) -> None:
        self._workers: list[_Worker[Name]]
        if can_start_processes():
            self._workers = [_Worker(_started(each), each) for each in environments]
        else:
            self._workers = [_Worker(ThreadPoolExecutor(1), {})]

    @property
    def size(self) -> int:
        """How many workers there are."""
        return len(self._workers)

    @property
    def is_here(self) -> bool:
        """Whether calls run in this very process, for want of others."""
        return any(isinstance(worker.executor, ThreadPoolExecutor) for worker in self._workers)

    def start(self, name: Name, function: Callable[..., Any], *arguments: Any) -> None:
        """Call a function on a worker that is free; there must be one."""
        worker = next(each for each in self._workers if each.call is None)
        worker.name, worker.peak, worker.oom_kills = name, 0, _oom_kills()
        with interrupts_ignored():
            try:
                worker.call = _submitted(worker, function, arguments)
            except BrokenProcessPool:
                # It was killed while it had nothing to do.
                _shut_down(worker)
                worker.executor, worker.pid, worker.process = _started(worker.environment), None, None
                worker.call = _submitted(worker, function, arguments)

    def ended(self, seconds: float) -> list[Call[Name]]:
        """Return the calls that have ended since the last time, waiting up to some seconds for a first one.

        A worker that was lost is replaced; where that was for want of memory and another is left, it is not.

        Raises:
            Exception: what a call raised.
        """
        left = seconds
        if all(worker.call is None for worker in self._workers):
            time.sleep(seconds)
        while True:
            calls = {worker.call: worker for worker in self._workers if worker.call is not None}
            done, _ = wait(calls, min(left, _SAMPLED), FIRST_COMPLETED)
            for worker in calls.values():
                _note_peak(worker)
            if done or left <= _SAMPLED:
                return [self._answer(calls[call]) for call in calls if call in done]
            left -= _SAMPLED

    def close(self) -> None:
        """End the workers with what they do."""
        for worker in self._workers:
            _shut_down(worker)
        self._workers = []
        # A pool gives its semaphores back when it is collected, and loky complains of those that nobody has.
        gc.collect()

    def _answer(self, worker: _Worker[Name]) -> Call[Name]:
        name, call = worker.name, worker.call
        assert name is not None
        assert call is not None
        worker.name = worker.call = None
        try:
            return Call(name, call.result())
        except BrokenProcessPool as error:
            # The system kills for want of memory by this signal, and others' processes, too.
            out_of_memory = "SIGKILL" in str(error) and _oom_kills() > worker.oom_kills
            self._workers.remove(worker)
            _shut_down(worker)
            if not out_of_memory or not self._workers:
                self._workers.append(_Worker(_started(worker.environment), worker.environment))
            return Call(name, lost=_reason(error, worker.peak, out_of_memory), out_of_memory=out_of_memory)


def _started(environment: dict[str, str]) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(1, initializer=prepare_worker, initargs=(os.getpid(), loaded()), env=environment)


def _submitted(worker: _Worker[Any], function: Callable[..., Any], arguments: Sequence[Any]) -> Future[Any]:
    if worker.pid is None:
        worker.pid = worker.executor.submit(os.getpid)
    return worker.executor.submit(function, *arguments)


def _process(worker: _Worker[Any]) -> psutil.Process | None:
    """Return a worker's process; None of one that has only just been started, or has ended."""
    if worker.process is None and worker.pid is not None and worker.pid.done() and worker.pid.exception() is None:
        with suppress(psutil.Error):
            worker.process = psutil.Process(worker.pid.result())
    return worker.process


def _note_peak(worker: _Worker[Any]) -> None:
    """Look at a worker's memory, as long as it lives."""
    if (process := _process(worker)) is not None:
        with suppress(psutil.Error):
            worker.peak = max(worker.peak, process.memory_info().rss)


def _shut_down(worker: _Worker[Any]) -> None:
    """End a worker with what it does."""
    if not isinstance(worker.executor, ProcessPoolExecutor):
        # A call in this very process ends by itself, or not at all.
        worker.executor.shutdown(wait=False, cancel_futures=True)
        return
    process = _process(worker)
    if process is not None:
        # loky's own way of killing trips over a call that waits.
        with suppress(psutil.Error):
            process.kill()
    worker.executor.shutdown(wait=True, kill_workers=process is None)


def _reason(error: BrokenProcessPool, peak: int, out_of_memory: bool) -> str:
    """Say why a process ended: its exit code or signal, as loky tells it, and its memory."""
    told = re.search(r"\{(\w+)\((-?\d+)\)", str(error))
    how = "" if told is None else f" by {told[1]}" if int(told[2]) < 0 else f" with exit code {told[2]}"
    cause = ", by the system, which ran out of memory" if out_of_memory else ""
    memory = f"; it was seen with up to {peak / 2**20:,.0f} MiB of memory" if peak else ""
    return f"its worker process ended{how}{cause}{memory}"


def _oom_kills() -> int:
    """Return how many processes this system has killed for want of memory; 0 where it does not tell."""
    try:
        lines = _OOM_KILLS.read_text(encoding="ascii").splitlines()
        return next((int(line.split()[1]) for line in lines if line.startswith("oom_kill ")), 0)
    except (OSError, ValueError, IndexError):
        return 0
