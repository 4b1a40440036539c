"""The optimisation loop: Adam over shuffled batches, one epoch's weights kept."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, count, islice, zip_longest

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor

from sprm.batches.batch import Batch, BatchReader, shuffled
from sprm.batches.encoding import EncodedSplit
from sprm.corpus.box_matches import BoxMatches
from sprm.errors import DataError, TrainingError
from sprm.evaluation.outcomes import judge
from sprm.evaluation.prediction import predict
from sprm.settings import Budget, Negatives, Selection, Ties, TrainingSettings
from sprm.training.lazy_adam import LazyAdam
from sprm.training.progress import Report, TrainingProgress, unreported
from sprm.training.trainable import Trainable

STRETCH = 64
"""Steps between two decisions which words are awake; changes no result beyond rounding."""


class EpochRecord(BaseModel):
    """What one epoch left behind."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    epoch: int = Field(description="from 1")
    steps: int = Field(description="optimiser steps so far")
    loss: float = Field(description="mean training loss of the epoch's batches")
    val_accuracy: float | None = Field(None, description="on the validation split's boxes, in [0, 1]")
    val_loss: float | None = Field(None, description="contrastive loss on the validation split")


@dataclass(frozen=True)
class Training:
    """What training did, and the epoch that one validation selected."""

    history: list[EpochRecord]
    selected_epoch: int
    weights: dict[str, Tensor]
    """State of the trained module after that epoch."""
    sentences: int
    """Sentences seen, each time that one is."""
    seconds_steps: float
    """Time in optimiser steps."""
    seconds_selection: float
    """Time on the validation split, to compare epochs."""


@dataclass(frozen=True)
class Validation:
    """The validation split, in what form a selection needs it; a training may serve several."""

    split: EncodedSplit
    matches: BoxMatches
    model: Trainable
    """What is trained, seen through the validation split, as it will be asked."""
    ties: Ties = Ties.first
    """What settles a tie."""


def steps_per_epoch(sentences: int, batch: int) -> int:
    """Count the batches of one epoch; a last one of a single sentence is left out."""
    return len(range(0, sentences - 1, batch))


def epoch_length(settings: TrainingSettings, subset: int, full: int) -> int:
    """Count the optimiser steps between two looks at the validation split.

    Args:
        settings: with budget `epochs` a pass over the subset, with `steps` as many steps as the full set's pass has.
        subset: sentences in the subset.
        full: sentences in the whole training set.
    """
    return steps_per_epoch(subset if settings.budget is Budget.epochs else full, settings.batch)


def train(
    model: Trainable,
    split: EncodedSplit,
    images: NDArray[np.int64],
    settings: TrainingSettings,
    negatives: Negatives,
    validations: Sequence[Validation],
    seed: int,
    report: Report = unreported,
) -> list[Training]:
    """Train a model on the sentences of some images, in place; it is left as it is after the last epoch.

    Args:
        model: as it reads the training split.
        split: the whole training split.
        images: (n,) indices of the images that may be used.
        settings: how long, how fast, and which epoch is kept.
        negatives: the contrast.
        validations: where epochs are compared, each of which selects one for itself.
        seed: names the order of the batches.
        report: is called every few steps with how far it is.

    Returns:
        What each validation selected.

    Raises:
        DataError: fewer than two sentences describe the images.
        TrainingError: the loss or a weight is no longer finite.
    """
    sentences = np.flatnonzero(np.isin(split.sentence_images, images))
    length = epoch_length(settings, len(sentences), len(split.sentence_images))
    if len(sentences) < 2:
        raise DataError(f"training needs at least 2 sentences, the subset has {len(sentences)}")
    learner = Learner(model, split, images, settings, negatives)
    batches = _endless(sentences, settings.batch, seed)
    selectors = [_Selector(validation, settings, negatives) for validation in validations]
    begun, seconds_steps = time.perf_counter(), 0.0
    for epoch in range(1, settings.epochs + 1):

        def tell(losses: list[Tensor], done: int = (epoch - 1) * length, epoch: int = epoch) -> None:
            seconds = time.perf_counter() - begun
            step, steps = done + len(losses), settings.epochs * length
            report(
                TrainingProgress(
                    epoch=epoch,
                    epochs=settings.epochs,
                    step=step,
                    steps=steps,
                    loss=torch.stack(losses[-STRETCH:]).mean().item(),
                    sentences_per_second=learner.sentences / seconds,
                    seconds_left=seconds / step * (steps - step),
                )
            )

        started = time.perf_counter()
        loss = torch.stack(learner.steps(islice(batches, length), tell)).mean().item()
        seconds_steps += time.perf_counter() - started
        if not np.isfinite(loss) or not _finite(model.trained):
            raise TrainingError(f"the loss or a weight is not finite after epoch {epoch}; try a smaller learning_rate")
        for selector in selectors:
            selector.look(EpochRecord(epoch=epoch, steps=epoch * length, loss=loss), model.trained)
    return [
        Training(each.history, each.epoch, each.weights, learner.sentences, seconds_steps, each.seconds)
        for each in selectors
    ]


def _finite(module: torch.nn.Module) -> bool:
    return all(bool(parameter.isfinite().all()) for parameter in module.parameters())


def _endless(sentences: NDArray[np.int64], size: int, seed: int) -> Iterator[NDArray[np.int64]]:
    for epoch in count(1):
        yield from shuffled(sentences, size, "batch order", seed, epoch)


class Learner:
    """Takes optimiser steps and counts the `sentences` that it has seen.

    Args:
        model: as it reads the split; it is trained in place.
        split: where sentences come from.
        images: (n,) indices of the images whose sentences will be asked for.
        settings: the optimiser's step size.
        negatives: the contrast.
    """

    def __init__(
        self,
        model: Trainable,
        split: EncodedSplit,
        images: NDArray[np.int64],
        settings: TrainingSettings,
        negatives: Negatives,
    ) -> None:
        self._model = model
        self._negatives = negatives
        self.sentences = 0
        self._optimiser = torch.optim.Adam(model.trained.parameters(), lr=settings.learning_rate, fused=True)
        self._words = LazyAdam(model.words, self._optimiser)
        self._reader = BatchReader(split, model.device, images, self._words.place)

    def steps(
        self, batches: Iterable[NDArray[np.int64]], tell: Callable[[list[Tensor]], None] = lambda losses: None
    ) -> list[Tensor]:
        """Take a step on each batch of sentences; the next one is fetched from disk meanwhile.

        Args:
            batches: of sentences, by their index in the split.
            tell: is called every few steps with the losses so far.

        Returns:
            The loss of each, a scalar.
        """
        losses: list[Tensor] = []
        remaining = iter(batches)
        while stretch := list(islice(remaining, STRETCH)):
            after = list(islice(remaining, 1))
            remaining = chain(after, remaining)
            with self._words.stretch(self._reader.words(np.concatenate(stretch)), len(stretch)) as make_dense:
                losses += [self._step(batch, make_dense) for batch in self._read(stretch, after)]
            tell(losses)
        return losses

    def _read(self, stretch: Sequence[NDArray[np.int64]], after: Sequence[NDArray[np.int64]]) -> Iterator[Batch]:
        for chosen, following in zip_longest(stretch, [*stretch[1:], *after]):
            batch = self._reader.read(chosen, self._negatives)
            if following is not None:
                self._reader.expect(following)
            self.sentences += len(chosen)
            yield batch

    def _step(self, batch: Batch, make_dense: Callable[[], None]) -> Tensor:
        loss = self._model.loss(batch)
        self._optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        make_dense()
        self._optimiser.step()
        return loss.detach()


def _validation_loss(validation: Validation, size: int, negatives: Negatives) -> float:
    # Neighbours in the file describe one image and would be each other's negatives, so the order is mixed, once.
    sentences = np.arange(len(validation.split.sentence_images))
    reader = BatchReader(validation.split, validation.model.device)
    with torch.inference_mode():
        losses = [
            validation.model.loss(reader.read(chosen, negatives))
            for chosen in shuffled(sentences, size, "validation order")
        ]
    return float(torch.stack(losses).mean())


class _Selector:
    """Compares epochs by one validation and keeps a copy of the weights of the best so far; of equals, the first."""

    def __init__(self, validation: Validation, settings: TrainingSettings, negatives: Negatives) -> None:
        self._validation = validation
        self._settings = settings
        self._negatives = negatives
        self._value = -np.inf
        self.history: list[EpochRecord] = []
        self.epoch = 0
        self.weights: dict[str, Tensor] = {}
        self.seconds = 0.0

    def look(self, epoch: EpochRecord, trained: torch.nn.Module) -> None:
        """Measure the epoch that has just ended, and keep its weights when none was better."""
        started = time.perf_counter()
        validation = self._validation
        match self._settings.selection:
            case Selection.val_accuracy:
                answered = predict(validation.model, validation.split)
                accuracy = judge(validation.matches, answered, validation.ties).accuracy
                value, epoch = accuracy, epoch.model_copy(update={"val_accuracy": accuracy})
            case Selection.val_loss:
                loss = _validation_loss(validation, self._settings.batch, self._negatives)
                value, epoch = -loss, epoch.model_copy(update={"val_loss": loss})
            case Selection.last:
                value = float(epoch.epoch)
        self.history.append(epoch)
        if value > self._value:
            self._value, self.epoch = value, epoch.epoch
            self.weights = {name: tensor.clone() for name, tensor in trained.state_dict().items()}
        self.seconds += time.perf_counter() - started
