"""How much work a trial is, in optimiser steps."""

from __future__ import annotations

from bench.trials.plan import Trial
from sprm.corpus.dataset import Dataset
from sprm.settings import Budget, Selection, ValidationImages

_ANSWERING_SHARE = 1 / 10
"""Work of answering a sentence against training on it, as `speed` measures both: an image is encoded once for all its
sentences, and nothing goes backward."""
_UNTRAINED_BATCH = 16
"""Sentences that a system without training settings is taken to answer at a time."""


def effort(trial: Trial, dataset: Dataset) -> float:
    """Estimate a trial's work in optimiser steps, its looks at the validation and test split included."""
    training = trial.training
    if training is None:
        return answering_effort(trial, dataset)
    if training.steps is not None:
        return training.steps + answering_effort(trial, dataset)
    epoch = trial.sentences if training.budget is Budget.epochs else len(dataset.train.sentences)
    return training.epochs * epoch / training.batch + answering_effort(trial, dataset)


def answering_effort(trial: Trial, dataset: Dataset) -> float:
    """Estimate a trial's looks at the validation and test split, in optimiser steps: what is left without training."""
    training, test = trial.training, len(dataset.test.sentences)
    if training is None:
        return _ANSWERING_SHARE * test / _UNTRAINED_BATCH
    # Accuracy is measured after every epoch wherever there are boxes, and the loss where that decides.
    looks = training.epochs * (dataset.val.has_targets + (training.selection is Selection.val_loss))
    return _ANSWERING_SHARE * (looks * _val_sentences(trial, dataset) + test) / training.batch


def _val_sentences(trial: Trial, dataset: Dataset) -> float:
    """Return how many validation sentences a look sees, about."""
    sentences = len(dataset.val.sentences)
    if trial.training is None or trial.images is None or trial.training.validation is ValidationImages.whole:
        return sentences
    return sentences * len(trial.images) / len(dataset.train.images)
