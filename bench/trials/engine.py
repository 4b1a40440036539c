"""Which engine runs the jobs, and where it is; imports nothing, so that the command line can name the engines."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class EngineName(StrEnum):
    """What runs jobs on worker processes."""

    loky = "loky"
    """joblib's processes, on this machine."""
    dask = "dask"
    ray = "ray"


@dataclass(frozen=True)
class Engine:
    """An engine, and where it is. No result depends on it, so it is in no fingerprint.

    Attributes:
        name: which one.
        address: of a Dask scheduler (`tcp://HOST:PORT`, or its scheduler file) or of a Ray cluster (`auto`,
            `HOST:PORT`); None for workers that this process starts on this machine.
        workers: jobs at work at a time at the most; None for as many as there are CPUs, GPUs or workers of a cluster.
    """

    name: EngineName = EngineName.loky
    address: str | None = None
    workers: int | None = None

    @property
    def is_local(self) -> bool:
        """Whether the workers are joblib's, on this machine."""
        return self.name is EngineName.loky
