"""What all clusters do when a worker answers in another way than with results."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from bench.protocol.schema import Protocol
from bench.trials.backends.backend import Place
from bench.trials.backends.cluster import ATTEMPTS, Arrived, Cluster
from bench.trials.backends.remote import Answer, Order, run_order
from bench.trials.jobs import Job
from bench.trials.options import TrialOptions
from bench.trials.plan import Plan, make_plan
from bench.trials.worker import never
from sprm.corpus.dataset import Dataset
from sprm.errors import WorkerError

VALUES = {"name": "tiny", "fractions": [1], "seeds": 1, "systems": {"prior": {"kind": "prior"}}}


class Here(Cluster[Order]):
    """A cluster of one worker, which is this process, and does to the first orders what it is told to.

    Args:
        place: what the trials read and where they write.
        first: answers to the first orders, in the place of results.
    """

    def __init__(self, place: Place, first: Sequence[Answer]) -> None:
        self.told: list[str] = []
        self.first = list(first)
        super().__init__(place, self.told.append, None)

    def _size(self) -> int:
        return 1

    def _submit(self, order: Order) -> Order:
        return order

    def _arrived(self, futures: Sequence[Order], seconds: float) -> dict[Order, Arrived]:
        return {order: Arrived(self.first.pop(0) if self.first else run_order(order, never)) for order in futures}

    def _call_on(self, worker: str, function: Callable[..., Any], *arguments: Any) -> Any:
        raise WorkerError("the worker is gone")

    def close(self) -> None:
        pass


@pytest.fixture
def plan(dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Plan:
    monkeypatch.setenv("BENCH_CACHE", str(tmp_path / "cache elsewhere"))
    plan = make_plan(Protocol.model_validate(VALUES), dataset, tmp_path / "results")
    plan.ledger.folder.mkdir(parents=True)
    return plan


def started(plan: Plan, first: Sequence[Answer]) -> tuple[Here, Job]:
    place = Place(plan.dataset.folder, plan.dataset.fingerprint, plan.ledger.folder, TrialOptions())
    cluster, job = Here(place, first), Job({plan.trials[0].trial: 1.0})
    cluster.start(job)
    return cluster, job


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        pytest.param(Answer([], [], "far"), "its worker on far stopped before the end", id="called off"),
        pytest.param(Answer(None, [], "far"), "the worker is gone", id="gone while the corpus was sent"),
    ],
)
def test_a_job_that_comes_back_without_its_trials_is_started_again_some_times(
    answer: Answer, why: str, plan: Plan
) -> None:
    cluster, job = started(plan, [answer])
    assert cluster.ended(0) == []
    assert cluster.told == [f"{job.trials[0].key}: {why}; starting it again"]
    (ended,) = cluster.ended(0)
    assert ended.lost is None
    assert plan.ledger.record(job.trials[0].key) is not None

    cluster, job = started(plan, [answer] * ATTEMPTS)
    (ended,) = [ended for _ in range(ATTEMPTS) for ended in cluster.ended(0)]
    assert (ended.job, ended.lost) == (job, why)
