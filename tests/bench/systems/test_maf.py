from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch

from bench.systems.maf import Maf
from bench.systems.system import Task
from sprm.corpus.dataset import Dataset
from sprm.model.maf import NO_PADDING, Padding
from sprm.settings import Rules, Siblings, TrainingSettings

BRIEF = TrainingSettings(epochs=1, batch=4, learning_rate=1e-3)
SUBSET = np.array([0, 2, 3, 5])


def task_of(dataset: Dataset, rules: Rules = Rules.corrected) -> Task:
    return Task(dataset, rules, BRIEF, SUBSET)


def maf(**options: object) -> Maf:
    return Maf.model_validate({"kind": "maf", **options})


def test_training_is_what_its_settings_and_its_task_say_and_answers_are_what_it_left(dataset: Dataset) -> None:
    system, task = maf(), task_of(dataset)
    training = system.fit(task)
    again = system.fit(task)
    assert all(torch.equal(weight, again.weights[name]) for name, weight in training.weights.items())
    untrained = system.model(task, task.encoded(system.encoding)).trained.state_dict()
    trained, before = (system.score(task, "test", weights).values for weights in (training.weights, untrained))
    assert not np.array_equal(trained, before)
    other = replace(task, seed=1)
    assert not np.array_equal(trained, system.score(task, "test", system.fit(other).weights).values)


def test_by_the_official_rules_alone_the_authors_padding_takes_part(dataset: Dataset) -> None:
    system = maf()
    sizes = {
        rules: system.model(task_of(dataset, rules), task_of(dataset, rules).encoded(system.encoding)).trained.padding
        for rules in Rules
    }
    assert sizes == {Rules.corrected: NO_PADDING, Rules.official: Padding(words=12, phrases=32, boxes=100)}


def test_what_it_is_told_reaches_its_model_and_its_description(dataset: Dataset) -> None:
    task = task_of(dataset)
    alike, apart = (
        maf().fit(replace(task, training=BRIEF.model_copy(update={"batch": 16, "siblings": each}))) for each in Siblings
    )
    assert not torch.equal(alike.weights["visual.weight"], apart.weights["visual.weight"])
    mixed = replace(task, training=BRIEF.model_copy(update={"mixed_precision": True}))
    rounded, exact = (maf().fit(each).weights["visual.weight"] for each in (mixed, task))
    assert not torch.equal(rounded, exact)
    assert maf(inputs={"score": True}).description != maf().description


def test_one_system_is_written_in_one_way() -> None:
    assert maf(inputs={"score": False}).identity == maf().identity
    assert maf(inputs={"score": True}).identity != maf().identity
    assert maf(inputs={"score": True}).encoding.score
