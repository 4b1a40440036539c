from __future__ import annotations

from pathlib import Path

import pytest
from stored_trial import store_trial

from bench.protocol.schema import Protocol
from bench.store.provenance import provenance
from bench.trials.cost import Pace, seconds_by_trial, trained_here
from bench.trials.effort import effort
from bench.trials.jobs import jobs_of, trainings
from bench.trials.plan import Plan, make_plan
from sprm.corpus.dataset import Dataset

SYSTEMS = {"prior": {"kind": "prior"}, "sprm": {"kind": "sprm"}}


def planned(
    dataset: Dataset, results: Path, systems: dict[str, dict[str, object]] | None = None, **training: object
) -> Plan:
    values = {
        "name": "tiny",
        "fractions": [0.5, 1],
        "seeds": 1,
        "systems": systems or SYSTEMS,
        "training": {"epochs": 10, "batch": 4, "selection": "last", **training},
    }
    return make_plan(Protocol.model_validate(values), dataset, results)


def efforts(dataset: Dataset, results: Path, **training: object) -> dict[str, float]:
    plan = planned(dataset, results, **training)
    return {one.trial.key.fraction: effort(one.trial, dataset) for one in plan.trials}


def test_effort_grows_with_the_subset_under_a_budget_of_epochs(dataset: Dataset, tmp_path: Path) -> None:
    found = efforts(dataset, tmp_path)
    # Ten epochs in batches of four, a look at the validation split after each and one at the test split, at a tenth of
    # the price.
    looks = (10 * len(dataset.val.sentences) + len(dataset.test.sentences)) / 10
    assert found["1"] == pytest.approx((10 * len(dataset.train.sentences) + looks) / 4)
    assert found["0"] < found["0.5"] < 0.7 * found["1"]


def test_effort_is_the_same_for_all_subsets_under_a_budget_of_steps(dataset: Dataset, tmp_path: Path) -> None:
    found = efforts(dataset, tmp_path, budget="steps")
    assert found["0.5"] == found["1"]


def test_a_number_of_steps_is_the_effort_whatever_the_subset(dataset: Dataset, tmp_path: Path) -> None:
    found = efforts(dataset, tmp_path, steps=100)
    assert (
        found["0.5"]
        == found["1"]
        == pytest.approx(100 + efforts(dataset, tmp_path)["1"] - len(dataset.train.sentences) * 10 / 4)
    )


def test_looks_at_a_part_of_the_validation_split_count_less(dataset: Dataset, tmp_path: Path) -> None:
    whole, scaled = (efforts(dataset, tmp_path, validation=validation) for validation in ("whole", "scaled"))
    assert scaled["1"] == whole["1"]
    assert whole["0.5"] - scaled["0.5"] == pytest.approx(10 * len(dataset.val.sentences) / 2 / 4 / 10)


def test_looks_at_the_validation_split_count(dataset: Dataset, tmp_path: Path) -> None:
    by_loss, by_accuracy, last = (
        efforts(dataset, tmp_path, selection=selection)["1"] for selection in ("val_loss", "val_accuracy", "last")
    )
    assert by_accuracy == last
    assert by_loss - last == pytest.approx(10 * len(dataset.val.sentences) / 4 / 10)


def test_trials_start_with_the_longest(dataset: Dataset, tmp_path: Path) -> None:
    queue = jobs_of(planned(dataset, tmp_path).left, dataset)
    assert [[trial.key.fraction for trial in job.trials] for job in queue] == [["1"], ["0.5"], ["0"]]
    assert [job.effort for job in queue] == sorted((job.effort for job in queue), reverse=True)


def test_fewer_steps_of_larger_batches_come_first_where_they_take_more_sentences(
    dataset: Dataset, tmp_path: Path
) -> None:
    systems: dict[str, dict[str, object]] = {
        "small": {"kind": "sprm", "batch": 2, "epochs": 4},
        "large": {"kind": "sprm", "batch": 8, "epochs": 5},
    }
    jobs = jobs_of(planned(dataset, tmp_path, systems).left, dataset)
    whole = [job for job in jobs if job.trials[0].key.fraction == "1"]
    assert [job.trials[0].key.system for job in whole] == ["large", "small"]
    assert whole[0].effort < whole[1].effort


@pytest.mark.parametrize("kind", ["sprm", "maf"])
def test_crossed_seeds_take_one_training_for_all_images_with_an_initialisation(
    dataset: Dataset, tmp_path: Path, kind: str
) -> None:
    values = {
        "name": "tiny",
        "fractions": [0.5, 1],
        "seeds": {"subsets": 3, "initialisations": 2},
        "systems": {"trained": {"kind": kind}},
    }
    plan = make_plan(Protocol.model_validate(values), dataset, tmp_path)
    jobs = [[trial.key.seed for trial in job.trials] for job in jobs_of(plan.left, dataset)]
    assert [own for own in jobs if len(own) > 1] == [[0, 2, 4], [1, 3, 5]]
    assert trainings(plan.left, dataset) == 6 + 2


def test_systems_that_share_a_training_are_a_job_of_which_the_first_has_the_training(
    dataset: Dataset, tmp_path: Path
) -> None:
    systems: dict[str, dict[str, object]] = {
        "prior": {"kind": "prior"},
        "sprm": {"kind": "sprm"},
        "alone": {"kind": "refinement"},
        "weighty": {"kind": "refinement", "omega": 0.5},
        "patient": {"kind": "refinement", "epochs": 11},
    }
    jobs = jobs_of(planned(dataset, tmp_path, systems).left, dataset)
    assert sorted((tuple(trial.key.system for trial in job.trials), job.trials[0].key.fraction) for job in jobs) == [
        (("patient",), "0.5"),
        (("patient",), "1"),
        (("prior",), "0"),
        (("sprm", "alone"), "0.5"),
        (("sprm", "alone"), "1"),
        (("weighty",), "0.5"),
        (("weighty",), "1"),
    ]
    (shared,) = (job for job in jobs if len(job.trials) == 2 and job.trials[0].key.fraction == "1")
    trained, answered = shared.efforts.values()
    # When the first is done, the other has to be trained.
    (rest,) = jobs_of(
        [each for each in planned(dataset, tmp_path, systems).left if each.trial.key == shared.trials[1].key], dataset
    )
    assert rest.effort == effort(shared.trials[1], dataset) > answered
    assert trained == effort(shared.trials[0], dataset)
    looks = 10 * len(dataset.val.sentences) + len(dataset.test.sentences)
    assert answered == pytest.approx(looks / 10 / 4)


def test_systems_that_share_a_training_count_as_one_and_what_is_not_trained_as_none(
    dataset: Dataset, tmp_path: Path
) -> None:
    shared = planned(dataset, tmp_path, SYSTEMS | {"refinement": {"kind": "refinement"}})
    assert len(shared.trials) == 5
    assert trainings(shared.trials, dataset) == 2
    alone = planned(dataset, tmp_path, SYSTEMS | {"refinement": {"kind": "refinement", "learning_rate": 0.5}})
    assert trainings(alone.trials, dataset) == 4
    assert trainings([], dataset) == 0


def test_records_of_this_machine_tell_the_time_and_those_of_others_do_not(dataset: Dataset, tmp_path: Path) -> None:
    here, many = (
        provenance(),
        {"prior": {"kind": "prior"}, "sprm": {"kind": "sprm"}, "far": {"kind": "sprm", "omega": 0.1}},
    )
    plan = planned(dataset, tmp_path, many)
    trials = {str(each.trial.key): each.trial for each in plan.trials}
    others = (here.model_copy(update={"processor": "another"}), here.model_copy(update={"processors": 999}))
    for name, machine in zip(("far 0.5 seed 0", "far 1 seed 0"), others, strict=True):
        store_trial(plan.ledger, trials[name], 1e6, machine)
    without = planned(dataset, tmp_path, many)
    assert trained_here(without) == []
    assert trials["sprm 1 seed 0"].key not in seconds_by_trial(without)
    assert seconds_by_trial(without, {Pace("sprm", 4): 2.0})[trials["sprm 1 seed 0"].key] == pytest.approx(
        2.0 * effort(trials["sprm 1 seed 0"], dataset)
    )
    store_trial(plan.ledger, trials["sprm 0.5 seed 0"], 3.0, here)
    after = planned(dataset, tmp_path, many)
    rate = 3.0 / effort(trials["sprm 0.5 seed 0"], dataset)
    seconds = seconds_by_trial(after, {Pace("sprm", 4): 2.0})
    assert seconds[trials["sprm 1 seed 0"].key] == pytest.approx(rate * effort(trials["sprm 1 seed 0"], dataset))
    # What a trial took is told wherever it was made.
    assert seconds[trials["far 1 seed 0"].key] == 1e6


def test_each_kind_of_system_goes_at_its_own_pace(dataset: Dataset, tmp_path: Path) -> None:
    systems: dict[str, dict[str, object]] = {
        "prior": {"kind": "prior"},
        "sprm": {"kind": "sprm"},
        "mpl": {"kind": "mpl"},
        "large": {"kind": "mpl", "batch": 8},
    }
    plan = planned(dataset, tmp_path, systems)
    trials = {str(each.trial.key): each.trial for each in plan.trials}
    store_trial(plan.ledger, trials["sprm 0.5 seed 0"], 3.0, provenance())
    after = planned(dataset, tmp_path, systems)
    assert not {trials[f"{name} 1 seed 0"].key for name in ("mpl", "large")} & seconds_by_trial(after).keys()
    seconds = seconds_by_trial(after, {Pace("mpl", 4): 70.0, Pace("mpl", 8): 90.0})
    for name, expected in (("sprm", 3.0 / effort(trials["sprm 0.5 seed 0"], dataset)), ("mpl", 70.0), ("large", 90.0)):
        trial = trials[f"{name} 1 seed 0"]
        assert seconds[trial.key] == pytest.approx(expected * effort(trial, dataset))
