from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch

from bench.systems.infoground import Infoground
from bench.systems.system import Task
from sprm.batches.batch import BatchReader
from sprm.corpus.dataset import Dataset
from sprm.model.infoground import Padding
from sprm.settings import Rules, TrainingSettings

BRIEF = TrainingSettings(epochs=2, batch=4, learning_rate=1e-3)
SUBSET = np.array([0, 2, 3, 5])


def task_of(dataset: Dataset, rules: Rules = Rules.corrected) -> Task:
    return Task(dataset, rules, BRIEF, SUBSET)


def infoground(**options: object) -> Infoground:
    return Infoground.model_validate({"kind": "infoground", **options})


def test_by_the_official_rules_alone_padding_takes_part(dataset: Dataset) -> None:
    system = infoground()
    models = {
        rules: system.model(task_of(dataset, rules), task_of(dataset, rules).encoded(system.encoding))
        for rules in Rules
    }
    assert models[Rules.corrected].padding is None
    assert models[Rules.official].padding == Padding(boxes=30, words=6)


def test_negative_nouns_come_from_the_images_of_the_subset_and_by_the_seed(dataset: Dataset) -> None:
    system, task = infoground(noun_negatives=40), task_of(dataset)
    split = task.encoded(system.encoding)
    in_subset = np.isin(split.sentence_images, SUBSET)
    offered = {
        int(word)
        for phrase in np.flatnonzero(np.repeat(in_subset, np.diff(split.phrase_offsets)))
        for word in split.heads.words[split.phrase_heads[phrase]]
    }
    sentences = np.flatnonzero(in_subset)
    drawn = {seed: system.model(replace(task, seed=seed), split).nouns.draw(sentences, 0) for seed in (0, 1)}
    assert set(drawn[0][:, 1:].ravel().tolist()) <= offered
    assert (drawn[0] != drawn[1]).any()


def test_what_it_is_told_reaches_its_model_and_its_description(dataset: Dataset) -> None:
    task = task_of(dataset)
    plain, other = infoground(), infoground(noun_negatives=0)
    told = other.model(task, task.encoded(other.encoding))
    assert told.nouns is None
    descriptions = {system.description for system in (plain, other, infoground(inputs={"score": True}))}
    assert len(descriptions) == 3
    assert "static vectors" in plain.description
    assert "contrasted with 25 drawn from sentences of other images" in plain.description


def test_the_weights_of_a_training_answer_whatever_images_they_were_trained_on(dataset: Dataset) -> None:
    system, task = infoground(), task_of(dataset)
    training = system.fit(task)
    asked = [system.score(replace(task, images=images), "test", training.weights) for images in (SUBSET, None)]
    np.testing.assert_array_equal(asked[0].values, asked[1].values)
    # Attention is paid by the running statistics, which are kept with the weights.
    followed = training.weights["box_keys.norm.running_mean"]
    assert followed.any()
    moved = dict(training.weights) | {"box_keys.norm.running_mean": followed + torch.linspace(0, 9, len(followed))}
    assert not np.array_equal(system.score(task, "test", moved).values, asked[0].values)


def test_one_system_is_written_in_one_way() -> None:
    assert infoground(inputs={"score": False}).identity == infoground().identity
    assert infoground(inputs={"score": True}).identity != infoground().identity


def test_every_word_of_a_phrase_is_asked(dataset: Dataset) -> None:
    system, task = infoground(), task_of(dataset)
    split = task.encoded(system.encoding)
    batch = BatchReader(split, torch.device("cpu")).read(np.arange(4))
    with torch.inference_mode():
        scores = system.model(task, split)(batch)
    assert scores.shape == (*batch.pairs.by_image.mask.shape, batch.images.mask.shape[1])
    # The largest of several attentions, each of which sums to 1 over the boxes.
    assert (batch.pairs.by_image.pack(scores).sum(dim=1) >= 1 - 1e-5).all()
