"""Values that are tuned: every candidate is trained, the validation split chooses, and nothing is trained twice."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from bench.protocol.schema import Protocol
from bench.store.ledger import Ledger
from bench.store.records import TrialKey
from bench.store.weights import read_weights
from bench.trials import worker
from bench.trials.effort import effort
from bench.trials.jobs import jobs_of
from bench.trials.options import TrialOptions
from bench.trials.plan import Plan, make_plan
from bench.trials.predictions import answer, as_chosen
from bench.trials.worker import run_job
from sprm.corpus.dataset import Dataset
from sprm.training import learner as learning
from sprm.training.progress import TrainingProgress

RATES = (1e-5, 1e-2, 3e-3)
TUNED = {"kind": "sprm", "tune": {"learning_rate": RATES, "omega": (0.4, 1.0)}}
OPTIONS = TrialOptions(checkpoint_minutes=1e-9, keep_weights=True)
KEY = TrialKey("tuned", "1", 0)


@pytest.fixture(autouse=True)
def _threads() -> Iterator[None]:
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def plan_of(systems: dict[str, Any], dataset: Dataset, results: Path) -> Plan:
    values: dict[str, Any] = {
        "name": "tiny",
        "fractions": [1],
        "seeds": 1,
        "systems": systems,
        "training": {"epochs": 2, "batch": 4},
    }
    return make_plan(Protocol.model_validate(values), dataset, results)


def run_all(plan: Plan) -> Ledger:
    for job in jobs_of(plan.left, plan.dataset):
        finished = run_job(job.trials, plan.dataset.folder, plan.ledger.folder, OPTIONS)
        assert [each.problem for each in finished] == [None] * len(job.trials)
    return plan.ledger


@pytest.fixture(scope="module")
def tuned(dataset: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Ledger:
    both = {"tuned": TUNED, "alone": {**TUNED, "kind": "refinement"}}
    return run_all(plan_of(both, dataset, tmp_path_factory.mktemp("tuned")))


@pytest.mark.parametrize(("system", "kind"), [("tuned", "sprm"), ("alone", "refinement")])
def test_a_tuned_trial_is_the_candidate_that_is_best_on_the_validation_split(
    tuned: Ledger, dataset: Dataset, tmp_path: Path, system: str, kind: str
) -> None:
    names = {(rate, omega): f"rate-{place}-omega-{omega:.0f}" for place, rate in enumerate(RATES) for omega in (0.4, 1)}
    each = {name: {"kind": kind, "learning_rate": rate, "omega": omega} for (rate, omega), name in names.items()}
    apart = run_all(plan_of(each, dataset, tmp_path))
    record = tuned.record(TrialKey(system, "1", 0))
    found = {(one.values["learning_rate"], one.values["omega"]): one for one in record.candidates}
    assert list(found) == list(names)
    own = {values: apart.record(TrialKey(name, "1", 0)) for values, name in names.items()}
    for values, candidate in found.items():
        selected = own[values].history[own[values].selected_epoch - 1]
        assert (candidate.val_accuracy, candidate.epoch) == (selected["val_accuracy"], selected["epoch"])
        assert candidate.steps == own[values].steps
    accuracies = [candidate.val_accuracy for candidate in found.values()]
    assert len(set(accuracies)) > 2
    (chosen,) = (values for values, candidate in found.items() if candidate.chosen)
    assert chosen == list(found)[accuracies.index(max(accuracies))]
    assert record.items_sha256 == own[chosen].items_sha256
    assert (record.history, record.selected_epoch) == (own[chosen].history, own[chosen].selected_epoch)
    if system == "tuned":
        assert record.sentences_seen == int(np.sum([other.sentences_seen for other in own.values()]))


def test_a_single_value_that_is_tried_is_trained_with(dataset: Dataset, tmp_path: Path) -> None:
    one = {"kind": "sprm", "tune": {"learning_rate": (1e-2,), "omega": (0.9,)}}
    systems = {"tuned": one, "plain": {"kind": "sprm", "learning_rate": 1e-2, "omega": 0.9}, "other": {"kind": "sprm"}}
    ledger = run_all(plan_of(systems, dataset, tmp_path))
    tuned, plain, other = (ledger.record(TrialKey(name, "1", 0)) for name in systems)
    assert tuned.items_sha256 == plain.items_sha256 != other.items_sha256
    assert [(one.values, one.chosen) for one in tuned.candidates] == [({"learning_rate": 1e-2, "omega": 0.9}, True)]


def test_kept_weights_answer_with_the_values_that_were_chosen(tuned: Ledger, dataset: Dataset) -> None:
    plan = plan_of({"tuned": TUNED}, dataset, tuned.folder.parent)
    (trial,) = (planned.trial for planned in plan.trials)
    record = tuned.record(KEY)
    system = as_chosen(trial.settings, record)
    weights = read_weights(record, tuned.trial_folder(KEY))
    answered = answer(system, trial.training, trial.rules, trial.device, dataset, "test", weights)
    assert answered.accuracy == pytest.approx(record.accuracy)
    assert answered.table["score"].equals(tuned.items(KEY)["score"])


class Stopped(BaseException):
    """As a kill is, nothing that the work on a trial may handle."""


@pytest.mark.parametrize("kill", [1, 3, 7, 20])
def test_a_tuned_trial_goes_on_where_it_was_stopped(
    tuned: Ledger, dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kill: int
) -> None:
    monkeypatch.setattr(learning, "STRETCH", 2)
    monkeypatch.setattr(worker, "REPORT_INTERVAL", 0.0)
    plan = plan_of({"tuned": TUNED}, dataset, tmp_path)
    (job,) = jobs_of(plan.left, dataset)
    reports: list[TrainingProgress] = []
    told = worker.Reporter.__call__

    def report(self: worker.Reporter, progress: TrainingProgress) -> None:
        told(self, progress)
        reports.append(progress)
        if len(reports) == kill:
            raise Stopped

    monkeypatch.setattr(worker.Reporter, "__call__", report)
    with pytest.raises(Stopped):
        run_job(job.trials, dataset.folder, plan.ledger.folder, OPTIONS)
    (finished,) = run_job(job.trials, dataset.folder, plan.ledger.folder, OPTIONS)
    expected, found = tuned.record(KEY), plan.ledger.record(KEY)
    assert found.candidates == expected.candidates
    assert found.items_sha256 == expected.items_sha256
    steps = [progress.step for progress in reports]
    # At most the few steps since the last checkpoint are taken again.
    assert len(steps) - len(set(steps)) <= 1
    assert max(steps) == reports[-1].steps == int(np.sum([candidate.steps for candidate in found.candidates]))
    assert (kill == 1) == (not any("went on" in note for note in finished.notes))
    left = {path.name for path in plan.ledger.trial_folder(KEY).rglob("*")}
    assert not {name for name in left if name.startswith(("checkpoint", "candidate"))}


def test_the_work_of_a_tuned_trial_is_that_of_all_candidates(dataset: Dataset, tmp_path: Path) -> None:
    tune = {"learning_rate": (1e-3, 1e-2), "epochs": (2, 4)}
    systems = {"tuned": {"kind": "sprm", "tune": tune}, "plain": {"kind": "sprm", "epochs": 12}}
    trials = {name: plan_of({name: systems[name]}, dataset, tmp_path).trials[0].trial for name in systems}
    assert effort(trials["tuned"], dataset) == pytest.approx(effort(trials["plain"], dataset))
