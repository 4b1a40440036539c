from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from bench.systems.sprm_plus import SprmPlus
from bench.systems.system import Task
from sprm.corpus.dataset import Dataset
from sprm.settings import Rules, Selection, TrainingSettings
from sprm.training.checkpoint import Checkpoints
from sprm.training.course import Training

BRIEF = TrainingSettings(epochs=3, batch=4, learning_rate=1e-2)
SUBSET = np.array([0, 2, 3, 5])


def task_of(dataset: Dataset, **values: object) -> Task:
    return Task(dataset, Rules.corrected, BRIEF.model_copy(update=values), SUBSET)


def plus(**options: object) -> SprmPlus:
    return SprmPlus.model_validate({"kind": "sprm_plus", **options})


def same(first: Mapping[str, torch.Tensor], second: Mapping[str, torch.Tensor]) -> bool:
    return all(torch.equal(first[name], second[name]) for name in first)


def test_training_is_what_its_settings_and_its_task_say_and_answers_are_what_it_left(dataset: Dataset) -> None:
    task = task_of(dataset, selection=Selection.last)
    system = plus()
    training = system.fit(task)
    assert same(training.weights, system.fit(task).weights)
    assert not same(training.weights, system.fit(replace(task, seed=1)).weights)
    changed: dict[str, object] = {"temperature": 0.5, "size_weight": 0.3, "distillation": 5.0, "entropy": 5.0}
    changed |= {"sharing": 5.0, "dropout": 0.0, "context": True, "contrast": "attention"}
    others = [plus(**{name: value}) for name, value in changed.items()]
    others += [plus(contrast="phrases"), plus(contrast="phrases_alike")]
    assert len({system.description, *(other.description for other in others)}) == 1 + len(others)
    for other in others:
        assert not same(training.weights, other.fit(task).weights)
    start = system.learner(task).weights
    assert not any(start[f"{part}.weight"].any() for part in ("visual", "labels"))
    before = system.score(task, "test", system.learner(task).weights).values
    assert not np.array_equal(system.score(task, "test", training.weights).values, before)


@pytest.mark.parametrize(("rate", "kept"), [(30.0, 0), (1e-2, 2)], ids=["too fast", "well"])
def test_the_start_is_kept_where_no_epoch_is_better(dataset: Dataset, rate: float, kept: int) -> None:
    training = plus().fit(task_of(dataset, selection=Selection.val_loss, learning_rate=rate))
    assert [epoch.epoch for epoch in training.history] == [0, 1, 2, 3]
    assert [epoch.steps for epoch in training.history] == [number * training.history[1].steps for number in range(4)]
    losses = [epoch.val_loss for epoch in training.history]
    assert training.selected_epoch == kept == losses.index(min(loss for loss in losses if loss is not None))
    assert bool(training.weights["visual.weight"].any()) == (kept > 0)


def test_where_nothing_chooses_the_last_epoch_answers(dataset: Dataset) -> None:
    training = plus().fit(task_of(dataset, selection=Selection.last, learning_rate=30.0))
    assert training.selected_epoch == 3
    assert training.weights["visual.weight"].any()


class Stopped(Exception):
    pass


@pytest.mark.parametrize("stop", range(1, 4))
def test_a_training_that_is_stopped_ends_as_if_nothing_had_been(dataset: Dataset, tmp_path: Path, stop: int) -> None:
    task = task_of(dataset)

    def attempt(stop: int | None) -> Training:
        reports = []

        def report(progress: object) -> None:
            reports.append(progress)
            if len(reports) == stop:
                raise Stopped

        return plus().fit(replace(task, report=report, checkpoints=Checkpoints(tmp_path, "this one", 0.0)))

    with pytest.raises(Stopped):
        attempt(stop)
    went_on, whole = attempt(None), plus().fit(task)
    assert [epoch.model_dump() for epoch in went_on.history] == [epoch.model_dump() for epoch in whole.history]
    assert went_on.selected_epoch == whole.selected_epoch
    assert same(went_on.weights, whole.weights)


def test_numbers_that_are_one_for_all_regions_tell_nothing(dataset: Dataset) -> None:
    task = task_of(dataset, selection=Selection.last)
    weights = plus().fit(task).weights
    train = task.encoded(plus().encoding)
    rows = np.concatenate([np.arange(*train.region_offsets[image : image + 2]) for image in SUBSET])
    regions = np.hstack([train.features[rows], train.coordinates[rows]], dtype=np.float64)
    deviation = regions.std(axis=0)
    expected = np.divide(regions.shape[1] ** -0.5, deviation, out=np.zeros_like(deviation), where=deviation > 0)
    np.testing.assert_allclose(weights["mean"].numpy(), regions.mean(axis=0), atol=1e-6)
    np.testing.assert_allclose(weights["scale"].numpy(), expected, rtol=1e-5)
