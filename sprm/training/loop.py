"""The optimisation loop: a step on each of the shuffled batches, one epoch's weights kept."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count, islice

import numpy as np
import torch
from numpy.typing import NDArray

from sprm.batches.batch import sentences_of, shuffled
from sprm.batches.encoding import EncodedSplit
from sprm.errors import DataError, TrainingError
from sprm.model.trainable import TrainableModel
from sprm.seeding import seed_of
from sprm.settings import Budget, TrainingSettings
from sprm.training.checkpoint import Checkpoints
from sprm.training.course import Course, Training
from sprm.training.learner import Learner
from sprm.training.progress import Report, unreported
from sprm.training.selection import Selector, Validation


def steps_per_epoch(sentences: int, batch: int) -> int:
    """Count the batches of one epoch; a last one of a single sentence is left out."""
    return len(range(0, sentences - 1, batch))


def epoch_length(settings: TrainingSettings, subset: int, full: int) -> int:
    """Count the optimiser steps between two looks at the validation split.

    Args:
        settings: with budget `epochs` a pass over the subset, with `steps` as many steps as the full set's pass has;
            with a number of `steps`, an epoch's share of them.
        subset: sentences in the subset.
        full: sentences in the whole training set.
    """
    if settings.steps_of_epoch is not None:
        return settings.steps_of_epoch
    return steps_per_epoch(subset if settings.budget is Budget.epochs else full, settings.batch)


def train(
    model: TrainableModel,
    split: EncodedSplit,
    images: NDArray[np.int64],
    settings: TrainingSettings,
    validations: Sequence[Validation],
    seed: int,
    report: Report = unreported,
    checkpoints: Checkpoints | None = None,
) -> list[Training]:
    """Train a model on the sentences of some images, in place; it is left as it is after the last epoch.

    Args:
        model: as it reads the training split.
        split: the whole training split.
        images: (n,) indices of the images that may be used.
        settings: how long, how fast, and which epoch is kept.
        validations: where epochs are compared, each of which selects one for itself.
        seed: names the order of the batches.
        report: is called every few steps with how far it is.
        checkpoints: where it goes on from, and writes what it needs for that; None to start anew and keep nothing.

    Returns:
        What each validation selected.

    Raises:
        DataError: fewer than two sentences describe the images, or boxes that are not there have to choose an epoch.
        TrainingError: the loss or a weight is no longer finite.
    """
    sentences = sentences_of(split, images)
    length = epoch_length(settings, len(sentences), len(split.sentence_images))
    if len(sentences) < 2:
        raise DataError(f"training needs at least 2 sentences, the subset has {len(sentences)}")
    model.measure(split, images)
    course = Course(
        Learner(model, split, images, settings, length),
        [Selector(validation, settings) for validation in validations],
        length=length,
        epochs=settings.epochs,
        starts=model.starts_as_answer,
        report=report,
        checkpoints=checkpoints,
    )
    course.go_on()
    course.begin(model.trained)
    batches = _endless(sentences, settings.batch, seed, taken=course.step)
    while course.epoch <= settings.epochs:
        loss = course.rest_of_epoch(batches)
        if not np.isfinite(loss) or not _finite(model.trained):
            problem = f"the loss or a weight is not finite after epoch {course.epoch}; try a smaller learning_rate"
            raise TrainingError(problem)
        course.look(loss, model.trained)
    return course.trainings()


def _finite(module: torch.nn.Module) -> bool:
    return all(bool(parameter.isfinite().all()) for parameter in module.parameters())


def _endless(sentences: NDArray[np.int64], size: int, seed: int, taken: int) -> Iterator[NDArray[np.int64]]:
    """Yield batches without end, pass by pass, those left out that were taken before."""
    passes, of_this_pass = divmod(taken, steps_per_epoch(len(sentences), size))
    for earlier in range(1, 1 + passes):
        # Drawn by an earlier attempt; whoever notes seeds is to know of all.
        seed_of("batch order", seed, earlier)
    for number in count(1 + passes):
        yield from islice(shuffled(sentences, size, "batch order", seed, number), of_this_pass, None)
        of_this_pass = 0
