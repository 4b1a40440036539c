"""Connecting to the cluster that an engine names; of the engines, only the one that is asked for is imported."""

from __future__ import annotations

from collections.abc import Callable

from bench.trials.backends.backend import Backend, Place
from bench.trials.engine import Engine, EngineName


def connect(engine: Engine, place: Place, tell: Callable[[str], None], threads: int, gpu: bool) -> Backend:
    """Connect to a cluster, or start one on this machine.

    Args:
        engine: Dask or Ray.
        place: what the trials read and where they write.
        tell: is called with what a person should know, in a line.
        threads: CPU threads of a job.
        gpu: whether a job needs a GPU.

    Raises:
        EngineError: the engine is not installed, or does not answer.
    """
    match engine.name:
        case EngineName.dask:
            from bench.trials.backends.dask import Dask

            return Dask(engine.address, place, tell, engine.workers, threads)
        case EngineName.ray:
            from bench.trials.backends.ray import Ray

            return Ray(engine.address, place, tell, engine.workers, threads, gpu)
        case EngineName.loky:
            raise AssertionError("loky's workers are no cluster")
