from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from pydantic import ValidationError

from bench.systems.mpl import Mpl
from bench.systems.system import Task
from sprm.corpus.dataset import Dataset
from sprm.model.captions import phrase_as_caption, phrases_as_caption
from sprm.model.mpl import MPL, Padding, PseudoLabels
from sprm.settings import Rules, TrainingSettings

BRIEF = TrainingSettings(epochs=2, batch=4, learning_rate=1e-2)
SUBSET = np.array([0, 2, 3, 5])


def task_of(dataset: Dataset, rules: Rules = Rules.corrected) -> Task:
    return Task(dataset, rules, BRIEF, SUBSET)


def mpl(**options: object) -> Mpl:
    return Mpl.model_validate({"kind": "mpl", **options})


def model(system: Mpl, task: Task) -> MPL:
    return system.model(task, task.encoded(system.encoding))


def test_training_is_what_its_settings_and_its_task_say_and_answers_are_what_it_left(dataset: Dataset) -> None:
    system, task = mpl(), task_of(dataset)
    training, again = system.fit(task), system.fit(task)
    assert all(torch.equal(weight, again.weights[name]) for name, weight in training.weights.items())
    untrained = model(system, task).trained.state_dict()
    assert set(training.weights) == set(untrained)
    trained, before = (system.score(task, "test", weights).values for weights in (training.weights, untrained))
    assert not np.array_equal(trained, before)
    other = replace(task, seed=1)
    assert not np.array_equal(trained, system.score(task, "test", system.fit(other).weights).values)


def test_each_option_changes_the_training(dataset: Dataset) -> None:
    task = task_of(dataset)
    options: tuple[dict[str, float], ...] = (
        {},
        {"dropout": 0.0},
        {"momentum": 0.5},
        {"first_temperature": 1.0},
        {"last_temperature": 0.01},
    )
    losses = [mpl(**each).fit(task).history[-1].loss for each in options]
    assert len(set(losses)) == len(options)


def test_what_it_is_told_reaches_its_model_and_its_description(dataset: Dataset) -> None:
    task = task_of(dataset)
    told = mpl(caption="phrase", momentum=0.9, first_temperature=0.5, last_temperature=0.01)
    assert model(mpl(), task).captions is phrases_as_caption
    assert model(told, task).captions is phrase_as_caption
    assert model(told, task).pseudo_labels == PseudoLabels(0.9, 0.5, 0.01)
    assert model(mpl(dropout=0.2), replace(task, seed=1)).seed != model(mpl(dropout=0.2), task).seed
    mixed = replace(task, training=BRIEF.model_copy(update={"mixed_precision": True}))
    rounded, exact = (mpl().fit(each).weights["visual.weight"] for each in (mixed, task))
    assert not torch.equal(rounded, exact)
    systems = (mpl(), told, mpl(caption="phrase"), mpl(inputs={"score": True}))
    assert len({system.description for system in systems}) == len(systems)


def test_by_the_official_rules_alone_the_authors_padding_takes_part(dataset: Dataset) -> None:
    sizes = {rules: model(mpl(), task_of(dataset, rules)).padding for rules in Rules}
    assert sizes == {Rules.corrected: None, Rules.official: Padding(boxes=100)}


def test_one_system_is_written_in_one_way() -> None:
    assert mpl(inputs={"score": False}).identity == mpl().identity
    assert mpl(inputs={"score": True}).identity != mpl().identity
    assert mpl(inputs={"score": True}).encoding.score


@pytest.mark.parametrize("wrong", [{"dropout": 1}, {"momentum": 1}, {"last_temperature": 0}, {"caption": "sentence"}])
def test_what_cannot_be_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        mpl(**wrong)
