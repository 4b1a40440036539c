"""What runs jobs: the one thing that the engines have in common."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from bench.trials.jobs import Job
from bench.trials.options import TrialOptions
from bench.trials.worker import Finished


@dataclass(frozen=True)
class Place:
    """Where the trials of a run find what they read, and leave what they find.

    Attributes:
        dataset: folder of the prepared and verified dataset, an absolute path.
        dataset_fingerprint: hash of its contents.
        run: the run folder, an absolute path.
        options: how trials are run.
    """

    dataset: Path
    dataset_fingerprint: str
    run: Path
    options: TrialOptions


@dataclass(frozen=True)
class Ended:
    """How a job ended.

    Attributes:
        job: the job.
        finished: each of its trials; None when its worker was lost.
        lost: why its worker was lost, in one line; None when it was not.
    """

    job: Job
    finished: Sequence[Finished] | None = None
    lost: str | None = None


class Backend(Protocol):
    """An engine that runs jobs on worker processes."""

    @property
    def slots(self) -> int:
        """How many jobs can be at work at a time, now: workers come and go."""
        ...

    def start(self, job: Job) -> None:
        """Give a job to a worker; asked for only as long as fewer than `slots` are at work."""
        ...

    def ended(self, seconds: float) -> list[Ended]:
        """Return the jobs that have ended since the last call, waiting up to some seconds for a first one.

        Raises:
            WorkerError: the engine is gone, with all that is at work.
        """
        ...

    def close(self) -> None:
        """End the jobs that are at work, and what workers this process has started."""
        ...
