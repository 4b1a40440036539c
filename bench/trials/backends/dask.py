"""Jobs on the workers of a Dask scheduler."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError
from contextlib import suppress
from pathlib import Path
from typing import Any

from bench.trials.backends.backend import Place
from bench.trials.backends.cluster import Arrived, Cluster
from bench.trials.backends.local import THREADS
from bench.trials.backends.remote import Answer, Order, run_order
from sprm.errors import EngineError, WorkerError
from sprm.files.atomic_file import NO_SPACE
from sprm.plugins import Shipped
from sprm.workers import usable_cpus

try:
    import dask
    import distributed
    from distributed import Client, Future, KilledWorker, LocalCluster, get_worker
except ImportError as error:
    raise EngineError(f"--backend dask needs Dask ({error}); pip install 'sprm-bench[dask]'") from error

ANSWER_TIME = 30.0
"""Seconds in which a scheduler has to answer."""
PATIENCE = 600.0
"""Seconds in which a scheduler that is gone may come back."""


class Dask(Cluster[Future]):
    """The workers of a Dask scheduler, of which each has one job at a time.

    Args:
        address: of the scheduler, or its scheduler file; None to start one with workers on this machine.
        place: what the trials read and where they write.
        tell: is called with what a person should know, in a line.
        workers: jobs at work at a time at the most; None for as many as there are workers, or CPUs on this machine.
        threads: CPU threads of a job, for workers that are started here.

    Raises:
        EngineError: the scheduler does not answer.
    """

    def __init__(
        self, address: str | None, place: Place, tell: Callable[[str], None], workers: int | None, threads: int
    ) -> None:
        super().__init__(place, tell, workers)
        # What becomes of workers and scheduler is told in lines of our own.
        for name in ("distributed", "distributed.client"):
            logging.getLogger(name).setLevel(logging.CRITICAL)
        self._own: LocalCluster | None = None
        if address is None:
            environment = {f"distributed.nanny.pre-spawn-environ.{name}": threads for name in THREADS}
            # What workers map from files is no memory that they could run out of, so Dask is not to count it.
            with dask.config.set({**environment, "distributed.worker.memory.terminate": False}):
                self._own = LocalCluster(
                    n_workers=workers or usable_cpus(),
                    threads_per_worker=1,
                    memory_limit=0,
                    dashboard_address=None,
                    silence_logs=logging.CRITICAL,
                )
        self._address = address
        self._client = self._connected()
        self._workers = self._addresses()
        self._gone_since: float | None = None

    def _connected(self) -> Client:
        where = self._own or self._address
        is_file = isinstance(where, str) and Path(where).is_file()
        try:
            options = {"scheduler_file": where} if is_file else {"address": where}
            return Client(**options, timeout=ANSWER_TIME)
        except (OSError, ValueError, TypeError) as error:
            raise EngineError(f"the Dask scheduler at {self._address} does not answer: {error}") from error

    def _addresses(self) -> set[str]:
        return set(self._client.scheduler_info(n_workers=-1).get("workers", ()))

    @property
    def _is_connected(self) -> bool:
        return bool(self._client.status == "running")

    def _size(self) -> int:
        # A scheduler that is gone takes no more than it had.
        return len(self._workers if self._is_connected else self._at_work)

    def _submit(self, order: Order) -> Future:
        return self._client.submit(_run_on_dask, Shipped(order), pure=False)

    def _arrived(self, futures: Sequence[Future], seconds: float) -> dict[Future, Arrived]:
        if not self._is_connected:
            self._wait_for_scheduler(seconds)
            return {}
        if self._gone_since is not None:
            self._gone_since = None
            self._tell("the Dask scheduler is there again")
        if not futures:
            time.sleep(seconds)
        elif all(future.status == "pending" for future in futures):
            # They are cancelled when the scheduler goes.
            with suppress(distributed.TimeoutError, CancelledError):
                distributed.wait(futures, seconds, "FIRST_COMPLETED")
        if self._is_connected:
            self._note_workers()
        if not self._is_connected:
            # The next look tells it.
            return {}
        return {future: _arrived(future) for future in futures if future.status != "pending"}

    def _wait_for_scheduler(self, seconds: float) -> None:
        now = time.monotonic()
        if self._gone_since is None:
            self._gone_since = now
            self._tell(f"the Dask scheduler does not answer; waiting up to {PATIENCE / 60:.0f} min for it")
        if now - self._gone_since > PATIENCE:
            raise EngineError(f"the Dask scheduler at {self._address} has gone; finished trials are kept")
        if self._client.status == "closed":
            # What it had at work is lost with it, and its futures say so.
            with suppress(EngineError):
                self._client = self._connected()
        else:
            time.sleep(seconds)

    def _note_workers(self) -> None:
        there = self._addresses()
        if not self._is_connected:
            # Whoever is gone cannot say who is there.
            return
        for address in sorted(self._workers - there):
            self._tell(f"the worker at {address} has gone; {len(there)} left")
        for address in sorted(there - self._workers):
            self._tell(f"a worker at {address} has joined; {len(there)} now")
        self._workers = there

    def _call_on(self, worker: str, function: Callable[..., Any], *arguments: Any) -> Any:
        # Beside its jobs: the one thread of a worker may be taken for hours.
        try:
            return self._client.run(_call_apart, function, *arguments, workers=[worker])[worker]
        except OSError as error:
            if error.errno in NO_SPACE:
                raise
            raise WorkerError(f"the worker at {worker} does not answer ({error})") from error

    def close(self) -> None:
        """Call the jobs at work off, and end the workers that were started here."""
        with suppress(Exception):
            # Whoever goes has no use for a scheduler that does not answer.
            self._client.cancel(list(self._at_work))
            self._client.close()
        if self._own is not None:
            self._own.close()


def _arrived(future: Future) -> Arrived:
    match future.status:
        case "finished":
            answer, worker = future.result()
            return Arrived(answer, worker)
        case "error":
            error = future.exception()
            if isinstance(error, KilledWorker):
                # Dask has tried it on other workers itself; their addresses are in no record, since those are shared.
                return Arrived(None, lost="its workers were lost, one after the other")
            if isinstance(error, ImportError):
                raise EngineError(f"a Dask worker cannot load this package: {error}") from error
            raise error
        case _:
            return Arrived(None, lost="the Dask scheduler has lost it", is_worth_another=True)


async def _call_apart(function: Callable[..., Any], *arguments: Any) -> Any:
    # A worker that did it in its event loop would give no sign of life meanwhile.
    return await asyncio.to_thread(function, *arguments)


def _run_on_dask(order: Shipped[Order]) -> tuple[Answer, str]:
    worker = get_worker()
    key = worker.get_current_task()

    def stopped() -> bool:
        # A thread cannot be ended from outside, so it has to look for itself whether its task was called off.
        task = worker.state.tasks.get(key)
        return task is None or task.state == "cancelled"

    return run_order(order.value, stopped), worker.address
