"""Jobs whose worker is killed, and what their next attempt makes of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from bench.protocol.schema import Protocol
from bench.store.ledger import Ledger
from bench.store.records import Running, TrialKey
from bench.trials import worker
from bench.trials.checkpoints import checkpoints_of, remove_leftovers
from bench.trials.jobs import jobs_of
from bench.trials.options import TrialOptions
from bench.trials.plan import Plan, Trial, make_plan
from bench.trials.worker import Finished, run_job
from sprm.corpus.dataset import Dataset
from sprm.training import learner as learning

ALWAYS = TrialOptions(checkpoint_minutes=1e-12)
SPRM, REFINEMENT = TrialKey("sprm", "1", 0), TrialKey("refinement", "1", 0)


@pytest.fixture(autouse=True)
def _short_stretches(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    before = torch.get_num_threads()
    monkeypatch.setattr(learning, "STRETCH", 2)
    monkeypatch.setattr(worker, "REPORT_INTERVAL", 0.0)
    yield
    torch.set_num_threads(before)


def plan_of(dataset: Dataset, folder: Path, epochs: int = 2) -> Plan:
    values = {
        "name": "tiny",
        "fractions": [1],
        "seeds": 1,
        "systems": {"sprm": {"kind": "sprm"}, "refinement": {"kind": "refinement"}},
        "training": {"epochs": epochs, "batch": 4, "learning_rate": 1e-3},
    }
    return make_plan(Protocol.model_validate(values), dataset, folder)


@pytest.fixture
def plan(dataset: Dataset, tmp_path: Path) -> Plan:
    return plan_of(dataset, tmp_path)


def job(plan: Plan) -> tuple[Trial, ...]:
    """Both systems, which share a training."""
    (only,) = jobs_of(plan.left, plan.dataset)
    return only.trials


def run(plan: Plan, trials: Sequence[Trial]) -> list[Finished]:
    return run_job(trials, plan.dataset.folder, plan.ledger.folder, ALWAYS)


def killed(plan: Plan, trials: Sequence[Trial], monkeypatch: pytest.MonkeyPatch, reports: int) -> None:
    """Run a job in this process until its training has told a few times how far it is."""
    left = iter(range(reports - 1))
    write = Ledger.write_running

    def last(ledger: Ledger, key: TrialKey, running: Running) -> None:
        write(ledger, key, running)
        if next(left, None) is None:
            raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Ledger, "write_running", last)
        with pytest.raises(KeyboardInterrupt):
            run(plan, trials)


def files(plan: Plan) -> set[str]:
    return {path.name for path in plan.ledger.trial_folder(SPRM).iterdir()}


def contents(plan: Plan) -> list[bytes]:
    return [(plan.ledger.trial_folder(key) / "items.parquet").read_bytes() for key in (SPRM, REFINEMENT)]


def test_a_shared_training_that_was_killed_goes_on_to_the_same_results(
    dataset: Dataset, plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = plan_of(dataset, tmp_path / "whole")
    run(whole, job(whole))
    for reports in (3, 2):
        killed(plan, job(plan), monkeypatch, reports)
        assert "checkpoint.json" in files(plan)
    first, second = run(plan, job(plan))
    assert len(first.notes) == 1
    assert "went on from its checkpoint at step" in first.notes[0]
    assert second.notes == ()
    assert contents(plan) == contents(whole)
    for key in (SPRM, REFINEMENT):
        own, other = plan.ledger.record(key), whole.ledger.record(key)
        assert (own.history, own.selected_epoch, own.sentences_seen) == (
            other.history,
            other.selected_epoch,
            other.sentences_seen,
        )
        assert own.seconds >= own.seconds_steps + own.seconds_selection
    assert files(plan) == {"record.json", "items.parquet"}


def test_the_time_of_a_trial_counts_what_it_took_before_it_was_killed(
    plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed(plan, job(plan), monkeypatch, 3)
    checkpoints = checkpoints_of(job(plan), plan.ledger, ALWAYS)
    found = checkpoints.read()
    assert found is not None
    position = found.position.model_copy(update={"seconds": 1000.0, "seconds_steps": 900.0, "cpu_seconds": 2000.0})
    checkpoints.write(replace(found, position=position))
    finished = run(plan, job(plan))
    first, second = (plan.ledger.record(key) for key in (SPRM, REFINEMENT))
    assert finished[0].seconds == first.seconds > 1000
    assert 900 < first.seconds_steps < 1000
    assert first.cpu_seconds > 2000
    assert second.seconds < 1000


def test_the_checkpoint_of_a_job_with_other_members_is_set_aside(plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    killed(plan, job(plan), monkeypatch, 3)
    (alone,) = run(plan, job(plan)[:1])
    assert alone.problem is None
    assert "is that of another training" in alone.notes[0]
    assert files(plan) > {"checkpoint.damaged-1.json", "checkpoint.damaged-1.safetensors"}
    assert "checkpoint.json" not in files(plan)


def test_the_checkpoint_of_a_training_that_fails_is_removed(plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    killed(plan, job(plan), monkeypatch, 3)

    def fail(*arguments: object) -> None:
        raise MemoryError

    with monkeypatch.context() as patched:
        patched.setattr("bench.trials.answering.items", fail)
        finished = run(plan, job(plan))
    assert [each.problem for each in finished] == ["MemoryError"] * 2
    assert "went on" in finished[0].notes[0]
    assert files(plan) == {"failure.json"}


def test_a_checkpoint_beside_a_record_is_removed_and_any_other_stays(
    dataset: Dataset, plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed(plan, job(plan), monkeypatch, 3)
    remove_leftovers(plan)
    assert "checkpoint.json" in files(plan)
    (checkpoint,) = plan.ledger.trial_folder(SPRM).glob("checkpoint-*")
    saved = {path.name: path.read_bytes() for path in (checkpoint, checkpoint.with_name("checkpoint.json"))}
    run(plan, job(plan))
    for name, content in saved.items():
        (plan.ledger.trial_folder(SPRM) / name).write_bytes(content)
    remove_leftovers(plan_of(dataset, tmp_path))
    assert files(plan) == {"record.json", "items.parquet"}
