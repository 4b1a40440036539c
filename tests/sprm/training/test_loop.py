from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from tiny_learner import ALL, SETTINGS, Learner, same

from sprm.batches.batch import BatchReader, shuffled
from sprm.batches.encoding import encode
from sprm.corpus.dataset import Dataset
from sprm.errors import DataError, TrainingError
from sprm.settings import Budget, Rules, Selection
from sprm.training import learner as learning
from sprm.training.loop import steps_per_epoch, train
from sprm.training.progress import TrainingProgress


def test_the_loss_falls(dataset: Dataset) -> None:
    history = Learner(dataset).train(SETTINGS.model_copy(update={"epochs": 12})).history
    assert history[-1].loss < history[0].loss


def test_the_same_seed_gives_the_same_weights_whatever_the_global_generator_did(dataset: Dataset) -> None:
    first, second, other = Learner(dataset), Learner(dataset), Learner(dataset)
    first.train()
    torch.rand(7)
    second.train()
    other.train(seed=1)
    assert same(first.weights(), second.weights())
    assert not same(first.weights(), other.weights())


def test_how_often_it_is_decided_which_words_are_awake_changes_nothing_but_rounding(
    dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    together, apart = Learner(dataset), Learner(dataset)
    together.train()
    monkeypatch.setattr(learning, "STRETCH", 1)
    apart.train()
    for name, weight in together.weights().items():
        torch.testing.assert_close(apart.weights()[name], weight, rtol=1e-4, atol=1e-6)


def test_a_training_reports_how_far_it_is(dataset: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learning, "STRETCH", 2)
    learner, reports = Learner(dataset), list[TrainingProgress]()
    (found,) = train(learner.model, learner.split, ALL, SETTINGS, [learner.validation], 0, reports.append)
    length = found.history[0].steps
    assert [report.step for report in reports if report.epoch == 1] == [*range(2, length, 2), length]
    assert {(report.epochs, report.steps) for report in reports} == {(SETTINGS.epochs, SETTINGS.epochs * length)}
    assert (reports[-1].step, reports[-1].seconds_left) == (SETTINGS.epochs * length, 0.0)
    assert all(report.sentences_per_second > 0 for report in reports)
    assert np.mean([report.loss for report in reports if report.epoch == 2]) == pytest.approx(
        found.history[1].loss, rel=0.2
    )


def test_every_sentence_of_the_subset_is_seen_in_every_epoch(dataset: Dataset) -> None:
    images = np.array([1, 3, 6])
    found = Learner(dataset).train(images=images)
    # A last batch of one sentence is left out.
    sentences = int(np.isin(dataset.train.sentences["image"], images).sum())
    assert found.sentences == SETTINGS.epochs * (sentences - (sentences % SETTINGS.batch == 1))
    assert found.seconds_steps > 0


def test_mixed_precision_computes_something_near(dataset: Dataset) -> None:
    full, mixed = Learner(dataset), Learner(dataset, mixed_precision=True)
    losses = [[record.loss for record in learner.train().history] for learner in (full, mixed)]
    np.testing.assert_allclose(losses[1], losses[0], atol=5e-3)
    assert not same(full.weights(), mixed.weights())
    assert all(weight.dtype == torch.float32 for weight in mixed.weights().values())


def test_only_the_sentences_of_the_given_images_are_used(dataset: Dataset) -> None:
    """Spoiling the features of every other image changes nothing."""
    first, second = Learner(dataset), Learner(dataset)
    images = np.array([1, 3, 6])
    first.train(images=images)
    features = np.array(second.split.features)
    for image in set(ALL) - set(images):
        features[slice(*second.split.region_offsets[image : image + 2])] = 7
    second.split = replace(second.split, features=features)
    second.train(images=images)
    assert same(first.weights(), second.weights())


def test_a_budget_of_steps_gives_a_small_subset_the_steps_of_the_full_set(dataset: Dataset) -> None:
    full = Learner(dataset).train().history
    epochs = Learner(dataset).train(images=ALL[:3]).history
    steps = Learner(dataset).train(SETTINGS.model_copy(update={"budget": Budget.steps}), images=ALL[:3]).history
    assert [record.steps for record in steps] == [record.steps for record in full]
    assert epochs[-1].steps < full[-1].steps


@pytest.mark.parametrize(("steps", "epochs", "looks"), [(12, 3, [4, 8, 12]), (10, 4, [2, 4, 6, 8]), (3, 3, [1, 2, 3])])
def test_a_number_of_steps_is_taken_whatever_the_subset_the_batch_and_the_budget(
    dataset: Dataset, steps: int, epochs: int, looks: list[int]
) -> None:
    settings = SETTINGS.model_copy(update={"steps": steps, "epochs": epochs})
    for other in ({}, {"batch": 2}, {"batch": 64}, {"budget": Budget.steps}):
        for images in (ALL, ALL[:3]):
            found = Learner(dataset).train(settings.model_copy(update=other), images=images)
            assert [record.steps for record in found.history] == looks


def test_a_subset_smaller_than_a_batch_is_one_batch(dataset: Dataset) -> None:
    sentences = int(np.isin(dataset.train.sentences["image"], ALL[:3]).sum())
    assert 2 <= sentences < 64
    found = Learner(dataset).train(SETTINGS.model_copy(update={"batch": 64}), images=ALL[:3])
    assert [record.steps for record in found.history] == [1, 2, 3]
    assert found.sentences == SETTINGS.epochs * sentences


def test_boxes_count_where_they_decide(dataset: Dataset) -> None:
    found = {
        selection: Learner(dataset).train(SETTINGS.model_copy(update={"selection": selection})).selection_boxes
        for selection in Selection
    }
    phrases = len(dataset.val.phrases)
    assert found == {Selection.val_accuracy: phrases, Selection.val_loss: 0, Selection.last: 0}


@pytest.mark.parametrize("selection", Selection)
def test_epochs_are_compared_on_the_validation_images_that_are_given(dataset: Dataset, selection: Selection) -> None:
    """Spoiling the features of every other validation image changes nothing."""
    settings = SETTINGS.model_copy(update={"selection": selection})
    whole, first, second = Learner(dataset), Learner(dataset), Learner(dataset)
    images = np.arange(1, whole.validation.split.images, 2)
    features = np.array(first.validation.split.features)
    for image in range(0, whole.validation.split.images, 2):
        features[slice(*first.validation.split.region_offsets[image : image + 2])] = 7
    first.validation = replace(first.validation, images=images)
    spoilt = replace(first.validation.split, features=features)
    second.validation = replace(second.validation, images=images, split=spoilt)
    compared = first.train(settings)
    assert compared.history == second.train(settings).history
    assert compared.history != whole.train(settings).history
    assert compared.selection_boxes is not None
    sentences = np.flatnonzero(np.isin(dataset.val.sentences["image"], images))
    decisive = int(np.isin(dataset.val.phrases["sentence"], sentences).sum())
    assert compared.selection_boxes == (decisive if selection is Selection.val_accuracy else 0)


@pytest.mark.parametrize("selection", [Selection.val_accuracy, Selection.val_loss])
def test_the_weights_of_the_selected_epoch_are_kept(dataset: Dataset, selection: Selection) -> None:
    settings = SETTINGS.model_copy(update={"selection": selection, "epochs": 6})
    learner = Learner(dataset)
    training = learner.train(settings)
    values = [
        record.val_accuracy if selection is Selection.val_accuracy else -(record.val_loss or 0)
        for record in training.history
    ]
    assert training.selected_epoch == 1 + int(np.argmax(values))
    again = Learner(dataset)
    again.train(SETTINGS.model_copy(update={"epochs": training.selected_epoch}))
    assert same(learner.weights(), again.weights())


def test_accuracy_is_measured_where_there_are_boxes_whatever_decides(dataset: Dataset) -> None:
    def history(selection: Selection) -> list[float | None]:
        settings = SETTINGS.model_copy(update={"selection": selection})
        return [epoch.val_accuracy for epoch in Learner(dataset).train(settings).history]

    assert None not in history(Selection.last)
    assert history(Selection.last) == history(Selection.val_loss) == history(Selection.val_accuracy)


def test_without_boxes_an_epoch_is_chosen_by_loss_or_place_and_never_by_accuracy(dataset: Dataset) -> None:
    for selection in (Selection.last, Selection.val_loss):
        learner, settings = Learner(dataset), SETTINGS.model_copy(update={"selection": selection})
        with_boxes = Learner(dataset).train(settings)
        learner.validation = replace(learner.validation, matches=None)
        without = learner.train(settings)
        assert [epoch.val_accuracy for epoch in without.history] == [None] * SETTINGS.epochs
        assert without.selected_epoch == with_boxes.selected_epoch
    with pytest.raises(DataError, match="selection: val_accuracy needs a validation split with boxes"):
        learner.train(SETTINGS.model_copy(update={"selection": Selection.val_accuracy}))


def test_each_validation_selects_as_if_it_were_alone(dataset: Dataset) -> None:
    settings = SETTINGS.model_copy(update={"epochs": 6, "selection": Selection.val_accuracy})
    learner = Learner(dataset)
    together = train(learner.model, learner.split, ALL, settings, learner.both_validations(), 0)
    for place, selected in enumerate(together):
        alone = Learner(dataset)
        own = [alone.both_validations()[place]]
        (expected,) = train(alone.model, alone.split, ALL, settings, own, 0)
        assert selected.history == expected.history
        assert selected.selected_epoch == expected.selected_epoch
        assert same(selected.weights, expected.weights)
    assert together[0].history != together[1].history


def test_the_vector_of_a_word_that_never_occurs_does_not_move(dataset: Dataset) -> None:
    learner = Learner(dataset)
    before = learner.weights()["words.weight"]
    learner.train(images=ALL[:2])
    moved = (learner.weights()["words.weight"] != before).any(dim=1)
    used = set(np.unique(learner.split.texts.words)) | set(np.unique(learner.split.labels.words))
    assert moved.sum() > 0
    assert set(np.flatnonzero(moved)) <= used - {0}


def test_a_single_sentence_cannot_be_contrasted(dataset: Dataset) -> None:
    lonely = [image for image in ALL if (dataset.train.sentences["image"] == image).sum() == 1][:1]
    with pytest.raises(DataError, match="at least 2 sentences, the subset has 1"):
        Learner(dataset).train(images=np.array(lonely))


def test_a_loss_that_is_not_finite_ends_the_training(dataset: Dataset) -> None:
    learner = Learner(dataset)
    features = np.array(learner.split.features)
    features[:] = np.inf
    learner.split = replace(learner.split, features=features)
    with pytest.raises(TrainingError, match="epoch 1"):
        learner.train()


@pytest.mark.parametrize(("sentences", "batch", "steps"), [(8, 4, 2), (9, 4, 2), (10, 4, 3), (2, 16, 1), (1, 16, 0)])
def test_an_epoch_has_a_step_for_every_batch_of_two_or_more(sentences: int, batch: int, steps: int) -> None:
    assert steps_per_epoch(sentences, batch) == steps
    batches = list(shuffled(np.arange(sentences), batch, "test"))
    assert len(batches) == steps
    assert all(len(part) >= 2 for part in batches)


def test_an_image_that_two_sentences_describe_comes_once_in_a_batch(dataset: Dataset) -> None:
    split = encode(dataset.train, dataset.lexicon, Rules.corrected)
    assert split.sentence_images[:3].tolist() == [0, 0, 1]
    batch = BatchReader(split, torch.device("cpu")).read(np.array([0, 1, 2]))
    assert len(batch.regions) == split.region_offsets[2]
    assert batch.images.mask.sum(dim=1).tolist() == np.diff(split.region_offsets[:3]).tolist()
    assert batch.pairs.by_image.mask.sum(dim=1).tolist() == np.diff(split.phrase_offsets[[0, 2, 3]]).tolist()


def test_weights_that_are_not_finite_end_the_training_even_after_the_last_step(dataset: Dataset) -> None:
    settings = SETTINGS.model_copy(update={"epochs": 1, "batch": 64, "learning_rate": 1e38})
    with pytest.raises(TrainingError, match="a weight is not finite after epoch 1"):
        Learner(dataset).train(settings)
