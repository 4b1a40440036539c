from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from bench.systems.kdcl import Kdcl
from bench.systems.system import Task
from sprm.batches.feature_scale import FeatureScale
from sprm.corpus.dataset import Dataset
from sprm.model.distillation import Distillation
from sprm.model.kdcl import Padding
from sprm.settings import Rules, Selection, Teacher, TrainingSettings

BRIEF = TrainingSettings(epochs=1, batch=4, learning_rate=1e-4, selection=Selection.val_loss)
SUBSET = np.array([0, 2, 3, 5])


def task_of(dataset: Dataset, rules: Rules = Rules.corrected) -> Task:
    return Task(dataset, rules, BRIEF, SUBSET)


def kdcl(**options: object) -> Kdcl:
    return Kdcl.model_validate({"kind": "kdcl", **options})


def test_what_a_training_leaves_knows_the_scale_of_its_own_images_and_answers_by_it(dataset: Dataset) -> None:
    system, task = kdcl(), task_of(dataset)
    training = system.fit(task)
    scale = FeatureScale.of(task.encoded(system.encoding), SUBSET)
    kept = [training.weights[name].item() for name in ("mean", "deviation")]
    assert kept == pytest.approx([scale.mean, scale.deviation])
    # Who asks need not know what it was trained on.
    asked = [system.score(replace(task, images=images), "test", training.weights) for images in (SUBSET, None)]
    np.testing.assert_array_equal(asked[0].values, asked[1].values)
    moved = dict(training.weights, mean=torch.tensor(9.0))
    assert not np.array_equal(system.score(task, "test", moved).values, asked[0].values)


def test_by_the_official_rules_alone_padded_boxes_take_part(dataset: Dataset) -> None:
    system, models = kdcl(), {}
    for rules in Rules:
        task = task_of(dataset, rules)
        models[rules] = system.model(task, task.encoded(system.encoding))
    assert models[Rules.corrected].padding is None
    assert models[Rules.official].padding == Padding(boxes=30)


def test_what_it_is_told_reaches_its_model_and_its_description(dataset: Dataset) -> None:
    task = task_of(dataset)
    alone, soft = kdcl(teacher="none"), kdcl(teacher="soft")
    split = task.encoded(alone.encoding)
    assert alone.model(task, split).distillation is None
    told = soft.model(task, split)
    assert told.distillation is not None
    assert told.distillation.teacher is Teacher.soft
    descriptions = {system.description for system in (kdcl(), alone, soft, kdcl(inputs={"score": True}))}
    assert len(descriptions) == 4
    assert f"is at least {Distillation(Teacher.one_hot).threshold}" in kdcl(teacher="one_hot").description


def test_one_system_is_written_in_one_way() -> None:
    assert kdcl(inputs={"score": False}).identity == kdcl().identity
    assert kdcl(inputs={"score": True}).identity != kdcl().identity
    assert kdcl(inputs={"score": True}).encoding.score
