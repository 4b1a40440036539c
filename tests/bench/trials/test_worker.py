from __future__ import annotations

import hashlib
import platform
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
import torch

from bench.protocol.schema import Protocol
from bench.store.ledger import Ledger
from bench.store.provenance import provenance
from bench.store.records import Running, TrialKey, TrialRecord
from bench.systems.prior import Prior
from bench.systems.system import Encoding, System, Task
from bench.trials import worker
from bench.trials.answering import Outcome, outcomes_of
from bench.trials.jobs import jobs_of
from bench.trials.options import TrialOptions
from bench.trials.plan import Plan, Trial, make_plan
from bench.trials.worker import Finished, encode, run_job
from sprm.corpus.dataset import Dataset
from sprm.errors import DataError
from sprm.evaluation.metric import METRICS
from sprm.seeding import seed_of
from sprm.settings import Rules
from sprm.training.progress import TrainingProgress

SPRM, AGAIN, WIDE, PRIOR, RANDOM = (
    TrialKey("sprm", "0.5", 0),
    TrialKey("sprm", "0.5", 1),
    TrialKey("wide", "1", 0),
    TrialKey("prior", "0", 0),
    TrialKey("random", "0", 0),
)


@pytest.fixture(autouse=True)
def _threads() -> Iterator[None]:
    """A trial sets the threads of its process, which other tests share."""
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


@pytest.fixture
def plan(dataset: Dataset, tmp_path: Path) -> Plan:
    values = {
        "name": "tiny",
        "fractions": [0.5, 1],
        "seeds": 2,
        "systems": {
            "random": {"kind": "random"},
            "prior": {"kind": "prior"},
            "sprm": {"kind": "sprm"},
            "wide": {"kind": "sprm", "threads": 2, "epochs": 1, "batch": 64},
            "refinement": {"kind": "refinement"},
        },
        "training": {"epochs": 2, "batch": 4, "learning_rate": 1e-3},
    }
    return make_plan(Protocol.model_validate(values), dataset, tmp_path)


def trial_of(plan: Plan, key: TrialKey) -> Trial:
    (trial,) = (planned.trial for planned in plan.trials if planned.trial.key == key)
    return trial


def run_alone(trial: Trial, dataset_folder: Path, run: Path) -> Finished:
    (finished,) = run_job([trial], dataset_folder, run, TrialOptions())
    return finished


def recorded(plan: Plan, key: TrialKey, run: Path) -> TrialRecord:
    """Run a trial in this process and return its record."""
    finished = run_alone(trial_of(plan, key), plan.dataset.folder, run)
    record = Ledger(run).record(key)
    assert record is not None, finished.problem
    assert (finished.key, finished.problem) == (key, None)
    assert (finished.accuracy, finished.seconds) == (record.accuracy, record.seconds)
    return record


def outcome_of(record: TrialRecord) -> dict[str, object]:
    """What of a record may not differ between two runs of a trial."""
    times = {"seconds", "seconds_steps", "seconds_selection", "seconds_evaluation", "cpu_seconds", "finished_at"}
    return record.model_dump(exclude={*times, "peak_memory_mb"})


def test_a_record_tells_how_many_boxes_chose_the_epoch(dataset: Dataset, tmp_path: Path) -> None:
    values = {"epochs": 1, "batch": 4}
    ways: dict[str, dict[str, object]] = {
        "whole": {},
        "scaled": {"validation": "scaled"},
        "last": {"selection": "last", "validation": "scaled"},
    }
    systems = {"prior": {"kind": "prior"}, **{name: {"kind": "sprm", **values, **own} for name, own in ways.items()}}
    protocol = Protocol.model_validate({"name": "tiny", "fractions": [0.5], "seeds": 1, "systems": systems})
    plan = make_plan(protocol, dataset, tmp_path)
    records = {
        name: recorded(plan, TrialKey(name, "0" if name == "prior" else "0.5", 0), tmp_path / name) for name in systems
    }
    whole, scaled = records["whole"].selection_boxes, records["scaled"].selection_boxes
    assert whole == len(dataset.val.phrases)
    assert scaled is not None
    assert 0 < scaled < whole
    assert (records["last"].selection_boxes, records["prior"].selection_boxes) == (0, None)
    assert records["whole"].parameters == records["last"].parameters
    assert records["prior"].parameters is None


def let_prior(monkeypatch: pytest.MonkeyPatch, change: Callable[[Outcome], None]) -> None:
    """Let the prior do something to each of its outcomes."""
    answered = outcomes_of

    def changed(systems: Sequence[System], task: Task) -> list[Outcome]:
        outcomes = answered(systems, task)
        for system, outcome in zip(systems, outcomes, strict=True):
            if isinstance(system, Prior):
                change(outcome)
        return outcomes

    monkeypatch.setattr(worker, "outcomes_of", changed)


@pytest.mark.parametrize("key", [SPRM, PRIOR, RANDOM], ids=str)
def test_a_trial_comes_out_the_same_twice_and_after_any_other(plan: Plan, key: TrialKey, tmp_path: Path) -> None:
    first, twice, last = (tmp_path / name for name in ("first", "twice", "last"))
    expected = outcome_of(recorded(plan, key, first))
    assert outcome_of(recorded(plan, key, twice)) == expected
    for other in (AGAIN, WIDE, RANDOM):
        recorded(plan, other, tmp_path / "between")
    torch.rand(7)
    assert outcome_of(recorded(plan, key, last)) == expected


def test_trials_that_share_a_training_come_out_as_each_would_alone(plan: Plan, tmp_path: Path) -> None:
    keys = (SPRM, TrialKey("refinement", "0.5", 0))
    finished = run_job(
        [trial_of(plan, key) for key in keys], plan.dataset.folder, tmp_path / "together", TrialOptions()
    )
    assert [(each.key, each.problem) for each in finished] == [(key, None) for key in keys]
    first, second = (Ledger(tmp_path / "together").record(key) for key in keys)
    assert first is not None
    assert second is not None
    alone = [recorded(plan, key, tmp_path / "apart") for key in keys]
    assert outcome_of(first) == outcome_of(alone[0])
    assert outcome_of(second) == {**outcome_of(alone[1]), "sentences_seen": 0}
    # The time of the training counts once.
    assert first.seconds >= first.seconds_steps + first.seconds_selection + first.seconds_evaluation
    assert second.seconds_steps == 0
    assert second.seconds == pytest.approx(second.seconds_selection + second.seconds_evaluation)


def test_systems_with_other_rules_for_ties_share_a_training_and_each_answers_by_its_own(
    dataset: Dataset, tmp_path: Path
) -> None:
    # So light a refinement leaves the ties of the prior as they are.
    light = {"kind": "sprm", "omega": 1e-9}
    values = {
        "name": "tied",
        "fractions": [1],
        "seeds": 1,
        "systems": {"even": {**light, "ties": "shared"}, "first": light, "alone": {**light, "kind": "refinement"}},
        "ties": "first",
        "training": {"epochs": 1, "batch": 4, "learning_rate": 1e-3},
    }
    plan = make_plan(Protocol.model_validate(values), dataset, tmp_path)
    (job,) = jobs_of(plan.left, dataset)
    assert len(job.trials) == 3
    finished = run_job(job.trials, dataset.folder, tmp_path / "run", TrialOptions())
    assert [each.problem for each in finished] == [None] * 3
    ledger = Ledger(tmp_path / "run")
    even, first, alone = (ledger.items(TrialKey(name, "1", 0)) for name in ("even", "first", "alone"))
    assert (even["tied"] > 1).any()
    assert even["tied"].equals(first["tied"])
    assert even["correct"].equals(even["correct_shared"])
    assert not even["correct"].equals(first["correct"])
    assert first["correct"].equals(first["correct_first"])
    assert set(alone["tied"]) == {1}
    assert "correct_first" not in alone


def test_crossed_seeds_start_from_the_initialisation_on_the_subset_that_each_has(
    dataset: Dataset, tmp_path: Path
) -> None:
    values = {
        "name": "crossed",
        "fractions": [0.5, 1],
        "systems": {"sprm": {"kind": "sprm"}},
        "training": {"epochs": 1, "batch": 4, "learning_rate": 1e-3},
    }
    found = {}
    for name, seeds in (("crossed", {"subsets": 2, "initialisations": 2}), ("plain", 2)):
        plan = make_plan(Protocol.model_validate({**values, "seeds": seeds}), dataset, tmp_path / name)
        for job in jobs_of(plan.left, dataset):
            run_job(job.trials, dataset.folder, tmp_path / name / "run", TrialOptions())
        found[name] = {record.key: record for record in Ledger(tmp_path / name / "run").records()}
    assert len(found["crossed"]) == 8
    # Number 3 is subset 1 with initialisation 1, number 2 subset 1 with initialisation 0.
    for seed, same in ((0, 0), (3, 1)):
        one, other = found["crossed"][TrialKey("sprm", "0.5", seed)], found["plain"][TrialKey("sprm", "0.5", same)]
        assert (one.fingerprint, one.items_sha256, one.generators) == (
            other.fingerprint,
            other.items_sha256,
            other.generators,
        )
    mixed = found["crossed"][TrialKey("sprm", "0.5", 2)].generators
    assert mixed is not None
    assert {"subset, 1", "initial weights, 0"} <= set(mixed)
    whole = [found["crossed"][TrialKey("sprm", "1", seed)] for seed in range(4)]
    assert whole[0].items_sha256 == whole[2].items_sha256
    assert whole[0].items_sha256 != whole[1].items_sha256
    assert [record.steps for record in whole] == [whole[0].steps] * 4
    assert [record.sentences_seen > 0 for record in whole] == [True, True, False, False]
    for record, drawn in zip(whole, (0, 0, 1, 1), strict=True):
        assert record.generators is not None
        assert [name for name in record.generators if name.startswith("subset")] == [f"subset, {drawn}"]


def test_all_images_drawn_twice_are_trained_on_once(dataset: Dataset, tmp_path: Path) -> None:
    values = {
        "name": "tiny",
        "fractions": [1],
        "seeds": {"subsets": 3, "initialisations": 2},
        "systems": {"maf": {"kind": "maf"}},
        "training": {"epochs": 2, "batch": 4, "learning_rate": 1e-3},
    }
    plan = make_plan(Protocol.model_validate(values), dataset, tmp_path)
    job = next(job for job in jobs_of(plan.left, dataset) if job.trials[0].key.seed == 1)
    finished = run_job(job.trials, dataset.folder, tmp_path / "run", TrialOptions())
    assert [(each.key.seed, each.problem) for each in finished] == [(1, None), (3, None), (5, None)]
    records = [Ledger(tmp_path / "run").record(trial.key) for trial in job.trials]
    assert len({record.items_sha256 for record in records}) == 1
    assert [record.sentences_seen > 0 for record in records] == [True, False, False]
    assert [record.seconds > 0 for record in records] == [True, False, False]
    alone = run_alone(job.trials[1], dataset.folder, tmp_path / "alone")
    own = Ledger(tmp_path / "alone").record(alone.key)
    assert (own.items_sha256, own.history) == (records[1].items_sha256, records[1].history)


def test_of_trials_that_share_a_training_one_that_fails_does_not_take_the_other_along(
    plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    together = outcomes_of

    def spoilt(systems: Sequence[System], task: Task) -> list[Outcome]:
        first, second = together(systems, task)
        first.items["iou"] = np.nan
        return [first, second]

    monkeypatch.setattr(worker, "outcomes_of", spoilt)
    refinement = TrialKey("refinement", "0.5", 0)
    finished = run_job(
        [trial_of(plan, key) for key in (SPRM, refinement)], plan.dataset.folder, tmp_path, TrialOptions()
    )
    assert [each.problem for each in finished] == ["an outcome is not a finite number", None]
    assert Ledger(tmp_path).record(SPRM) is None
    assert Ledger(tmp_path).record(refinement) is not None


def test_a_training_that_fails_is_the_failure_of_all_its_trials(plan: Plan, tmp_path: Path) -> None:
    keys = (SPRM, TrialKey("refinement", "0.5", 0))
    finished = run_job([trial_of(plan, key) for key in keys], tmp_path / "nowhere", tmp_path, TrialOptions())
    assert [each.key for each in finished] == list(keys)
    for key in keys:
        failure = Ledger(tmp_path).failure(key)
        assert failure is not None
        assert "nowhere" in failure.problem


def test_another_seed_trains_otherwise(plan: Plan, tmp_path: Path) -> None:
    first, second = ([epoch["loss"] for epoch in recorded(plan, key, tmp_path).history] for key in (SPRM, AGAIN))
    assert first != second


def test_a_record_agrees_with_its_items(plan: Plan, tmp_path: Path) -> None:
    record, ledger = recorded(plan, SPRM, tmp_path), Ledger(tmp_path)
    items = ledger.items(SPRM)
    assert list(items["phrase"]) == list(plan.dataset.test.phrases["text"])
    assert record.phrases == len(items)
    assert record.accuracy == items["correct"].mean()
    stored = (ledger.trial_folder(SPRM) / "items.parquet").read_bytes()
    assert record.items_sha256 == hashlib.sha256(stored).hexdigest()


def test_a_record_tells_of_its_training(plan: Plan, tmp_path: Path) -> None:
    record, trial = recorded(plan, SPRM, tmp_path), trial_of(plan, SPRM)
    assert (record.kind, record.fingerprint, record.inputs) == ("sprm", trial.fingerprint, trial.inputs)
    assert record.inputs["training"]["epochs"] == 2
    assert (record.images, record.sentences) == (6, trial.sentences)
    assert [epoch["epoch"] for epoch in record.history] == [1, 2]
    assert record.selected_epoch in (1, 2)
    assert record.steps == record.history[-1]["steps"] > 0
    assert record.sentences_seen == 2 * record.sentences
    assert record.seconds >= record.seconds_steps + record.seconds_selection + record.seconds_evaluation
    assert min(record.seconds_steps, record.seconds_selection, record.seconds_evaluation) > 0
    assert record.provenance == provenance()
    assert record.cpu_seconds is not None and record.cpu_seconds > 0


def test_a_record_names_the_seeds_that_its_generators_can_be_made_from_again(plan: Plan, tmp_path: Path) -> None:
    assert recorded(plan, AGAIN, tmp_path).generators == {
        "subset, 1": seed_of("subset", 1),
        "initial weights, 1": seed_of("initial weights", 1),
        "batch order, 1, 1": seed_of("batch order", 1, 1),
        "batch order, 1, 2": seed_of("batch order", 1, 2),
    }
    assert recorded(plan, PRIOR, tmp_path).generators == {}


def test_a_machine_is_named_only_when_that_is_asked_for(plan: Plan, tmp_path: Path) -> None:
    trial, ledger = trial_of(plan, RANDOM), Ledger(tmp_path)
    hosts = []
    for record_host in (False, True):
        run_job([trial], plan.dataset.folder, tmp_path, TrialOptions(record_host=record_host))
        record = ledger.record(RANDOM)
        assert record is not None
        hosts.append(record.provenance.host)
    assert hosts == [None, platform.node()]


def test_the_record_of_a_system_that_is_not_trained_tells_of_no_training(plan: Plan, tmp_path: Path) -> None:
    record = recorded(plan, PRIOR, tmp_path)
    assert (record.images, record.sentences, record.steps, record.sentences_seen) == (0, 0, 0, 0)
    assert (record.history, record.selected_epoch) == ((), None)
    assert (record.seconds_steps, record.seconds_selection) == (0, 0)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("metric", METRICS.of_phrases())
def test_an_outcome_that_is_not_finite_is_refused(
    plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, metric: str, value: float
) -> None:
    def spoil(outcome: Outcome) -> None:
        outcome.items[metric] = outcome.items[metric].astype(float)
        outcome.items.loc[len(outcome.items) - 1, metric] = value

    let_prior(monkeypatch, spoil)
    finished = run_alone(trial_of(plan, PRIOR), plan.dataset.folder, tmp_path)
    assert (finished.accuracy, finished.problem) == (None, "an outcome is not a finite number")
    assert list(tmp_path.rglob("items.parquet")) == []
    assert Ledger(tmp_path).record(PRIOR) is None


@pytest.mark.parametrize(
    ("error", "problem"),
    [
        (DataError("no region", where="image 7"), "image 7: no region"),
        (ZeroDivisionError("division by zero"), "ZeroDivisionError: division by zero"),
    ],
    ids=["expected", "a defect"],
)
def test_an_error_is_recorded_in_one_line_with_its_traceback_until_the_trial_succeeds(
    plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, problem: str
) -> None:
    def fail(outcome: Outcome) -> None:
        raise error

    trial, ledger = trial_of(plan, PRIOR), Ledger(tmp_path)
    with monkeypatch.context() as patched:
        let_prior(patched, fail)
        finished = run_alone(trial, plan.dataset.folder, tmp_path)
    assert (finished.key, finished.accuracy, finished.problem) == (PRIOR, None, problem)
    failure = ledger.failure(PRIOR)
    assert failure is not None
    assert (failure.fingerprint, failure.problem) == (trial.fingerprint, problem)
    assert "in fail\n    raise error" in failure.traceback
    recorded(plan, PRIOR, tmp_path)
    assert ledger.failure(PRIOR) is None


def test_a_failure_leaves_the_result_of_an_earlier_attempt(
    plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = recorded(plan, PRIOR, tmp_path)

    def fail(outcome: Outcome) -> None:
        raise MemoryError

    let_prior(monkeypatch, fail)
    assert run_alone(trial_of(plan, PRIOR), plan.dataset.folder, tmp_path).problem == "MemoryError"
    assert Ledger(tmp_path).record(PRIOR) == before
    assert Ledger(tmp_path).damaged(before) is None


def test_a_study_that_cannot_be_opened_is_the_failure_of_its_trial(plan: Plan, tmp_path: Path) -> None:
    finished = run_alone(trial_of(plan, PRIOR), tmp_path / "nowhere", tmp_path)
    failure = Ledger(tmp_path).failure(PRIOR)
    assert failure is not None
    assert finished.problem == f"{tmp_path / 'nowhere' / 'test'}: no corpus here"
    assert failure.problem == "<run>/nowhere/test: no corpus here"


def test_a_trial_computes_with_the_threads_of_its_own_training(
    plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert recorded(plan, WIDE, tmp_path).threads == 2
    assert torch.get_num_threads() == 2
    during = []
    let_prior(monkeypatch, lambda outcome: during.append(torch.get_num_threads()))
    assert recorded(plan, PRIOR, tmp_path).threads == 1
    assert during == [1]
    assert recorded(plan, SPRM, tmp_path).threads == 1


def test_how_far_a_training_is_stands_in_its_folder_while_it_is_at_work(
    plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "REPORT_INTERVAL", 0.0)
    ledger, during = Ledger(tmp_path), list[Running | None]()

    def look(progress: TrainingProgress) -> None:
        report(progress)
        during.append(ledger.running(SPRM))

    report = worker.Reporter(ledger, SPRM)
    trial = trial_of(plan, SPRM)
    trial.settings.fit(Task(plan.dataset, trial.rules, trial.training, trial.images, report=look))
    assert [running.epoch for running in during if running is not None] == [1, 2]
    recorded(plan, SPRM, tmp_path)
    assert ledger.running(SPRM) is None


def test_a_disk_that_takes_no_word_about_a_training_stops_none(
    plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "REPORT_INTERVAL", 0.0)
    (Ledger(tmp_path).trial_folder(SPRM) / "running.json" / "in the way").mkdir(parents=True)
    assert recorded(plan, SPRM, tmp_path).steps > 0


def test_whatever_the_threads_of_its_trials_a_split_is_encoded_with_one(dataset: Dataset) -> None:
    torch.set_num_threads(2)
    encode(Encoding("test", heads=True, locations=True), dataset.folder, Rules.corrected)
    assert torch.get_num_threads() == 1
