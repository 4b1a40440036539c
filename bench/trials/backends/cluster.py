"""What the clusters of Dask and Ray have in common: jobs in flight, datasets sent, results that come back."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from bench.store.ledger import Ledger
from bench.trials.backends.backend import Ended, Place
from bench.trials.backends.remote import Answer, Order, receive
from bench.trials.code_hash import code_hash
from bench.trials.jobs import Job
from sprm.errors import IntegrityError, WorkerError
from sprm.files.leases import token_of
from sprm.files.sending import new_sender, pieces

Future = TypeVar("Future")
ATTEMPTS = 4
"""Workers that a job may lose before it counts as failed, as Dask has it by itself."""


@dataclass(frozen=True)
class Arrived:
    """What became of an order.

    Attributes:
        answer: of the worker; None when that was lost.
        worker: who answered, as the cluster calls it.
        lost: why the worker was lost, in one line; None when it was not.
        is_worth_another: whether another worker may well do what this one could not.
    """

    answer: Answer | None
    worker: str = ""
    lost: str | None = None
    is_worth_another: bool = False


class Cluster(ABC, Generic[Future]):
    """Jobs on workers that may be on other machines, where the dataset and the run folder need not be.

    Args:
        place: what the trials read and where they write.
        tell: is called with what a person should know, in a line.
        workers: jobs at work at a time at the most; None for as many as there are workers.
    """

    def __init__(self, place: Place, tell: Callable[[str], None], workers: int | None) -> None:
        self._place, self._tell, self._most = place, tell, workers
        self._at_work: dict[Future, Job] = {}
        self._losses: Counter[Job] = Counter()
        self._is_empty = False

    @abstractmethod
    def _size(self) -> int:
        """How many jobs the cluster can do at a time, now."""

    @abstractmethod
    def _submit(self, order: Order) -> Future:
        """Have a worker run an order, some time."""

    @abstractmethod
    def _arrived(self, futures: Sequence[Future], seconds: float) -> dict[Future, Arrived]:
        """Wait up to some seconds for a first future to end; return those that have."""

    @abstractmethod
    def _call_on(self, worker: str, function: Callable[..., Any], *arguments: Any) -> Any:
        """Call a function on a worker, whatever else it does, and return what it returns.

        Raises:
            WorkerError: the worker is gone.
        """

    @property
    def slots(self) -> int:
        """How many jobs can be at work at a time, now."""
        size = self._size()
        if size == 0 and not self._is_empty:
            self._tell("the cluster has no worker for a trial; waiting for one")
        self._is_empty = size == 0
        return size if self._most is None else min(size, self._most)

    def start(self, job: Job) -> None:
        """Give a job to the cluster."""
        lease = token_of(Ledger(self._place.run).trial_folder(job.trials[0].key)) or ""
        self._at_work[self._submit(Order(job.trials, self._place, lease, code_hash()))] = job

    def ended(self, seconds: float) -> list[Ended]:
        """Return the jobs that have ended since the last call, waiting up to some seconds for a first one."""
        ended: list[Ended] = []
        for future, arrived in self._arrived(list(self._at_work), seconds).items():
            job, answer = self._at_work.pop(future), arrived.answer
            if answer is None:
                self._lost(job, arrived.lost or "", arrived.is_worth_another, ended)
            elif answer.finished is None:
                try:
                    self._send_dataset(arrived.worker, answer.host)
                    self.start(job)
                except WorkerError as error:
                    self._lost(job, str(error), True, ended)
            elif [each.key for each in answer.finished] != [trial.key for trial in job.trials]:
                # It took itself for called off.
                self._lost(job, f"its worker on {answer.host} stopped before the end", True, ended)
            else:
                for trial, result in zip(job.trials, answer.results, strict=False):
                    result.store(self._place.run, trial)
                ended.append(Ended(job, answer.finished))
        return ended

    def _lost(self, job: Job, why: str, is_worth_another: bool, ended: list[Ended]) -> None:
        """Start a job again whose worker was lost, or have it ended."""
        self._losses[job] += 1
        if is_worth_another and self._losses[job] < ATTEMPTS:
            self._tell(f"{job.trials[0].key}: {why}; starting it again")
            self.start(job)
        else:
            ended.append(Ended(job, lost=why))

    def _send_dataset(self, worker: str, host: str) -> None:
        """Send the dataset to the machine of a worker, unless another one of that machine has got it meanwhile."""
        fingerprint, sender = self._place.dataset_fingerprint, new_sender()
        if self._call_on(worker, receive, fingerprint, sender, None):
            return
        self._tell(f"{host} has no copy of the corpus; sending it one")
        for piece in pieces(self._place.dataset):
            self._call_on(worker, receive, fingerprint, sender, piece)
        if not self._call_on(worker, receive, fingerprint, sender, None):
            raise IntegrityError(f"the corpus did not reach {host} as it was sent", path=self._place.dataset)
