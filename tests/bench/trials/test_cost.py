from __future__ import annotations

from pathlib import Path

import pytest

from bench.protocol.schema import Protocol
from bench.trials.cost import effort, longest_first
from bench.trials.plan import Plan, make_plan
from sprm.corpus.dataset import Dataset


def planned(dataset: Dataset, results: Path, **training: object) -> Plan:
    values = {
        "name": "tiny",
        "fractions": [0.5, 1],
        "seeds": 1,
        "systems": {"prior": {"kind": "prior"}, "sprm": {"kind": "sprm"}},
        "training": {"epochs": 10, "batch": 4, "selection": "last", **training},
    }
    return make_plan(Protocol.model_validate(values), dataset, results)


def efforts(dataset: Dataset, results: Path, **training: object) -> dict[str, float]:
    plan = planned(dataset, results, **training)
    return {one.trial.key.fraction: effort(one.trial, dataset) for one in plan.trials}


def test_effort_grows_with_the_subset_under_a_budget_of_epochs(dataset: Dataset, tmp_path: Path) -> None:
    found = efforts(dataset, tmp_path)
    # Ten epochs in batches of four, and one prediction of the test split at a third of the price.
    assert found["1"] == pytest.approx((10 * len(dataset.train.sentences) + len(dataset.test.sentences) / 10) / 4)
    assert found["0"] < found["0.5"] < 0.7 * found["1"]


def test_effort_is_the_same_for_all_subsets_under_a_budget_of_steps(dataset: Dataset, tmp_path: Path) -> None:
    found = efforts(dataset, tmp_path, budget="steps")
    assert found["0.5"] == found["1"]


def test_looks_at_the_validation_split_count(dataset: Dataset, tmp_path: Path) -> None:
    looking = efforts(dataset, tmp_path, selection="val_accuracy")["1"]
    assert looking - efforts(dataset, tmp_path)["1"] == pytest.approx(10 * len(dataset.val.sentences) / 4 / 10)


def test_trials_start_with_the_longest(dataset: Dataset, tmp_path: Path) -> None:
    queue = longest_first(planned(dataset, tmp_path).left, dataset)
    assert [trial.key.fraction for trial, _ in queue] == ["1", "0.5", "0"]
    assert [work for _, work in queue] == sorted((work for _, work in queue), reverse=True)
