"""Jobs on the nodes of a Ray cluster."""

from __future__ import annotations

import logging
import signal
import socket
import time
from collections.abc import Callable, Sequence
from typing import Any

from bench.trials.backends.backend import Place
from bench.trials.backends.cluster import Arrived, Cluster
from bench.trials.backends.remote import Answer, Order, run_order
from bench.trials.worker import never
from sprm.errors import EngineError, WorkerError
from sprm.plugins import Shipped
from sprm.workers import usable_cpus

try:
    import ray
    from ray.exceptions import OutOfMemoryError, RayError, RayTaskError
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy
except ImportError as error:
    raise EngineError(f"--backend ray needs Ray ({error}); pip install 'sprm-bench[ray]'") from error


ANSWER_TIME = 30.0
"""Seconds in which a cluster has to answer."""


class Ray(Cluster["ray.ObjectRef[Any]"]):
    """The nodes of a Ray cluster, of which each has as many jobs at a time as it has CPUs, or GPUs, for them.

    Args:
        address: of the cluster, as `ray.init` takes it; None to start one on this machine.
        place: what the trials read and where they write.
        tell: is called with what a person should know, in a line.
        workers: jobs at work at a time at the most; None for as many as the cluster can do.
        threads: CPU threads of a job.
        gpu: whether a job needs a GPU.

    Raises:
        EngineError: the cluster does not answer.
    """

    def __init__(
        self,
        address: str | None,
        place: Place,
        tell: Callable[[str], None],
        workers: int | None,
        threads: int,
        gpu: bool,
    ) -> None:
        super().__init__(place, tell, workers)
        self._needs = {"CPU": threads, **({"GPU": 1} if gpu else {})}
        own = {"num_cpus": (workers or usable_cpus()) * threads, "include_dashboard": False} if address is None else {}
        # Ray would take over how this process is ended.
        handlers = {each: signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)}
        try:
            _require_answer(address)
            ray.init(address=address or "local", log_to_driver=False, logging_level=logging.ERROR, **own)
        except (OSError, RuntimeError, ValueError) as error:
            raise EngineError(f"the Ray cluster at {address} does not answer: {error}") from error
        finally:
            for each, handler in handlers.items():
                signal.signal(each, handler)
        self._run = ray.remote(num_cpus=threads, num_gpus=int(gpu), max_retries=0)(_run_on_ray)
        self._nodes = _nodes()

    def _size(self) -> int:
        nodes = self._nodes.values()
        return sum(min(int(node.get(what, 0) // count) for what, count in self._needs.items()) for node in nodes)

    def _submit(self, order: Order) -> ray.ObjectRef[Any]:
        return self._run.remote(Shipped(order))

    def _arrived(self, futures: Sequence[ray.ObjectRef[Any]], seconds: float) -> dict[ray.ObjectRef[Any], Arrived]:
        if futures:
            ready, _ = ray.wait(list(futures), num_returns=1, timeout=seconds)
        else:
            ready = []
            time.sleep(seconds)
        self._note_nodes()
        return {future: _arrived(future) for future in ready}

    def _note_nodes(self) -> None:
        there = _nodes()
        for node in sorted(self._nodes.keys() - there.keys()):
            self._tell(f"the node {node[:8]} has gone; {len(there)} left")
        for node in sorted(there.keys() - self._nodes.keys()):
            self._tell(f"a node {node[:8]} has joined; {len(there)} now")
        self._nodes = there

    def _call_on(self, worker: str, function: Callable[..., Any], *arguments: Any) -> Any:
        here = NodeAffinitySchedulingStrategy(worker, soft=False)
        try:
            return ray.get(ray.remote(num_cpus=0, scheduling_strategy=here)(function).remote(*arguments))
        except RayTaskError as error:
            raise error.cause from error
        except RayError as error:
            raise WorkerError(f"the node {worker[:8]} does not answer ({type(error).__name__})") from error

    def close(self) -> None:
        """End the jobs at work and leave the cluster, which ends with this process when it was started here."""
        if not ray.is_initialized():
            # Ray would start a cluster of its own to cancel anything.
            return
        for future in self._at_work:
            ray.cancel(future, force=True)
        ray.shutdown()


def _require_answer(address: str | None) -> None:
    """Raise an OSError when nobody listens at HOST:PORT, which Ray itself would try for many minutes."""
    host, _, port = (address or "").rpartition(":")
    if host and "/" not in host and port.isdecimal():
        socket.create_connection((host.strip("[]"), int(port)), ANSWER_TIME).close()


def _nodes() -> dict[str, dict[str, float]]:
    """Return what each node that is there has, by its id."""
    return {node["NodeID"]: node["Resources"] for node in ray.nodes() if node["Alive"]}


def _arrived(future: ray.ObjectRef[Any]) -> Arrived:
    try:
        answer, node = ray.get(future)
        return Arrived(answer, node)
    except RayTaskError as error:
        cause = error.cause
        if isinstance(cause, ImportError):
            raise EngineError(f"a Ray worker cannot load this package: {cause}") from error
        raise cause from error
    except OutOfMemoryError:
        return Arrived(None, lost="Ray ended its worker process, as memory ran out")
    except RayError as error:
        lost = f"its worker was lost ({type(error).__name__})"
        return Arrived(None, lost=lost, is_worth_another=True)


def _run_on_ray(order: Shipped[Order]) -> tuple[Answer, str]:
    return run_order(order.value, never), ray.get_runtime_context().get_node_id()
