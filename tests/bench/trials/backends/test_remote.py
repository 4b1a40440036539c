from __future__ import annotations

from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest

from bench.protocol.schema import Protocol
from bench.trials.backends.backend import Place
from bench.trials.backends.remote import Order, receive, run_order
from bench.trials.code_hash import code_hash
from bench.trials.options import TrialOptions
from bench.trials.plan import Plan, make_plan
from bench.trials.worker import never
from sprm.corpus.dataset import Dataset
from sprm.errors import EngineError, WorkerError
from sprm.files.leases import Attempts
from sprm.files.sending import new_sender, pieces

VALUES = {"name": "tiny", "fractions": [1], "seeds": 1, "systems": {"prior": {"kind": "prior"}}}


@pytest.fixture
def plan(dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Plan:
    monkeypatch.setenv("BENCH_CACHE", str(tmp_path / "cache elsewhere"))
    return make_plan(Protocol.model_validate(VALUES), dataset, tmp_path / "results")


def order_of(plan: Plan, dataset: Path, lease: str = "another") -> Order:
    place = Place(dataset, plan.dataset.fingerprint, plan.ledger.folder, TrialOptions())
    return Order([plan.trials[0].trial], place, lease, code_hash())


def test_whoever_sees_the_lease_writes_into_the_run_folder(plan: Plan) -> None:
    key = plan.trials[0].trial.key
    lease = Attempts(plan.ledger.trial_folder(key)).take()
    assert lease is not None
    answer = run_order(order_of(plan, plan.dataset.folder, lease.token), never)
    lease.release()
    assert answer.results == []
    assert plan.ledger.record(key) is not None


def test_whoever_does_not_see_it_sends_the_result_back(plan: Plan, tmp_path: Path) -> None:
    key = plan.trials[0].trial.key
    answer = run_order(order_of(plan, plan.dataset.folder), never)
    assert plan.ledger.record(key) is None
    plan.ledger.folder.mkdir(parents=True)
    (result,) = answer.results
    result.store(plan.ledger.folder, plan.trials[0].trial)
    record = plan.ledger.record(key)
    assert record is not None
    assert plan.ledger.damaged(record) is None
    assert sorted(path.name for path in plan.ledger.folder.iterdir()) == ["phrases", "trials"]
    # Nothing of it stays with whoever has sent it but the phrases, which the next trial has, too.
    assert list((tmp_path / "cache elsewhere").glob("runs/*/trials/*/*/*")) == []


def test_a_failure_is_sent_back_too(plan: Plan) -> None:
    order = order_of(plan, plan.dataset.folder)
    broken = replace(order, trials=[replace(order.trials[0], rules="none of them")])
    (result,) = run_order(broken, never).results
    plan.ledger.folder.mkdir(parents=True)
    result.store(plan.ledger.folder, plan.trials[0].trial)
    assert plan.ledger.record(result.key) is None
    assert plan.ledger.failure(result.key) is not None


@pytest.mark.parametrize("name", ["record.json", "items.parquet"])
def test_a_result_that_was_changed_on_its_way_is_refused(name: str, plan: Plan) -> None:
    (result,) = run_order(order_of(plan, plan.dataset.folder), never).results
    changed = replace(result, files={**result.files, name: result.files[name][:-20]})
    plan.ledger.folder.mkdir(parents=True)
    with pytest.raises(WorkerError, match="not what was written there"):
        changed.store(plan.ledger.folder, plan.trials[0].trial)
    assert list(plan.ledger.folder.iterdir()) == []


def test_a_result_of_other_settings_or_of_another_trial_is_refused(plan: Plan) -> None:
    trial = plan.trials[0].trial
    (result,) = run_order(order_of(plan, plan.dataset.folder), never).results
    plan.ledger.folder.mkdir(parents=True)
    with pytest.raises(WorkerError, match="not what was written there"):
        result.store(plan.ledger.folder, replace(trial, fingerprint="0" * 64))
    with pytest.raises(WorkerError, match="result of another trial"):
        replace(result, key=replace(trial.key, system="../../elsewhere")).store(plan.ledger.folder, trial)
    assert list(plan.ledger.folder.iterdir()) == []


def test_a_job_that_was_called_off_sends_nothing_and_keeps_its_checkpoint(
    dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BENCH_CACHE", str(tmp_path / "cache elsewhere"))
    values = {**VALUES, "systems": {"sprm": {"kind": "sprm"}}, "training": {"epochs": 3, "batch": 4}}
    plan = make_plan(Protocol.model_validate(values), dataset, tmp_path / "results")
    order = order_of(plan, plan.dataset.folder)
    order = replace(order, place=replace(order.place, options=TrialOptions(checkpoint_minutes=1e-9)))
    looks = count()
    answer = run_order(order, lambda: next(looks) == 2)
    assert (answer.finished, answer.results) == ([], [])
    assert len(list((tmp_path / "cache elsewhere").glob("runs/*/trials/*/*/*/checkpoint.json"))) == 1
    (finished,) = run_order(order, never).finished or []
    assert "went on from its checkpoint" in " ".join(finished.notes)


def test_a_machine_without_the_dataset_says_so_and_has_it_once_it_was_sent(plan: Plan, tmp_path: Path) -> None:
    order = order_of(plan, tmp_path / "nowhere")
    assert run_order(order, never).finished is None
    fingerprint, sender = plan.dataset.fingerprint, new_sender()
    assert not receive(fingerprint, sender, None)
    for piece in pieces(plan.dataset.folder):
        receive(fingerprint, sender, piece)
    assert receive(fingerprint, sender, None)
    finished = run_order(order, never).finished
    assert finished is not None
    assert finished[0].problem is None


def test_other_code_is_refused(plan: Plan) -> None:
    order = replace(order_of(plan, plan.dataset.folder), code="0" * 64)
    with pytest.raises(EngineError, match="runs different code of this package; install the same version on all"):
        run_order(order, never)
