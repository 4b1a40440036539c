"""How much work a trial is, in optimiser steps."""

from __future__ import annotations

from bench.systems.trained import TrainedSystem
from bench.trials.plan import Trial
from sprm.corpus.dataset import Dataset
from sprm.settings import Budget, Selection, TrainingSettings, ValidationImages

_ANSWERING_SHARE = 1 / 10
"""Work of answering a sentence against training on it, as `speed` measures both: an image is encoded once for all its
sentences, and nothing goes backward."""
UNTRAINED_BATCH = 16
"""Sentences that a system without training settings is taken to answer at a time."""


def effort(trial: Trial, dataset: Dataset) -> float:
    """Estimate a trial's work in optimiser steps, its looks at the validation and test split included."""
    steps = 0.0
    for training in _trainings(trial):
        epoch = trial.sentences if training.budget is Budget.epochs else len(dataset.train.sentences)
        steps += training.epochs * epoch / training.batch if training.steps is None else training.steps
    return steps + answering_effort(trial, dataset)


def answering_effort(trial: Trial, dataset: Dataset) -> float:
    """Estimate a trial's looks at the validation and test split, in optimiser steps: what is left without training."""
    test = len(dataset.test.sentences)
    if trial.training is None:
        return _ANSWERING_SHARE * test / UNTRAINED_BATCH
    # Accuracy is measured after every epoch wherever there are boxes, and the loss where that decides.
    each = dataset.val.has_targets + (trial.training.selection is Selection.val_loss)
    val = _val_sentences(trial, dataset)
    looks = sum(training.epochs * each * val / training.batch for training in _trainings(trial))
    return _ANSWERING_SHARE * (looks + test / trial.training.batch)


def _trainings(trial: Trial) -> list[TrainingSettings]:
    """Return the values of each training of a trial: of several, where it is tuned."""
    if trial.training is None or not isinstance(trial.settings, TrainedSystem):
        return []
    return [candidate.training_values(trial.training) for candidate in trial.settings.candidates]


def _val_sentences(trial: Trial, dataset: Dataset) -> float:
    """Return how many validation sentences a look sees, about."""
    sentences = len(dataset.val.sentences)
    if trial.training is None or trial.images is None or trial.training.validation is ValidationImages.whole:
        return sentences
    return sentences * len(trial.images) / len(dataset.train.images)
