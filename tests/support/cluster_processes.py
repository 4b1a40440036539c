"""Schedulers and workers of Dask and Ray as processes of their own, on this machine or in what looks like another."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from descendants import kill_tree


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        number: int = listening.getsockname()[1]
        return number


@contextmanager
def process(
    command: Sequence[str], folder: Path, environment: Mapping[str, str] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """A process with all that it starts; its output goes to a file that shows when a test fails."""
    with (
        (folder / f"{Path(command[0]).name}-{time.monotonic_ns()}.log").open("wb") as log,
        subprocess.Popen(
            command,
            cwd=folder,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path)), **(environment or {})},
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        ) as started,
    ):
        try:
            yield started
        finally:
            kill_tree(started.pid)


def dask_scheduler(port: int) -> list[str]:
    """Return the command that starts a Dask scheduler."""
    return [sys.executable, "-m", "dask", "scheduler", "--port", str(port), "--no-dashboard"]


def dask_worker(port: int, host: str = "127.0.0.1") -> list[str]:
    """Return the command that starts a Dask worker of one thread."""
    return [sys.executable, "-m", "dask", "worker", f"tcp://{host}:{port}", "--nthreads", "1", "--no-dashboard"]


@contextmanager
def dask_cluster(folder: Path, workers: int = 2) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """A Dask scheduler and workers; gives the address and the workers' nannies, which start a worker again."""
    port = free_port()
    with ExitStack() as stack:
        stack.enter_context(process(dask_scheduler(port), folder))
        nannies = [stack.enter_context(process(dask_worker(port), folder)) for _ in range(workers)]
        yield f"tcp://127.0.0.1:{port}", nannies
