"""A kind of system that is trained: it brings a model, and the one training loop does the rest."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Hashable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from bench.systems.system import Encoding, Role, System, Task
from sprm.errors import DataError, PluginError
from sprm.settings import Budget, Selection

if TYPE_CHECKING:
    from torch import Tensor

    from sprm.batches.encoding import EncodedSplit
    from sprm.evaluation.scores import Scores
    from sprm.model.trainable import TrainableModel
    from sprm.training.course import Training
    from sprm.training.learner import Learner


class TrainedSystem(System):
    """A kind of system that is trained. Training values that it sets for itself go before the protocol's.

    It reads one encoding of each split.
    """

    role: ClassVar[Role] = Role.trained
    epochs: int | None = Field(None, ge=1)
    batch: int | None = Field(None, ge=2)
    learning_rate: float | None = Field(None, gt=0, allow_inf_nan=False)
    budget: Budget | None = None
    selection: Selection | None = None
    threads: int | None = Field(None, ge=1)
    mixed_precision: bool | None = None

    def reads(self) -> tuple[Encoding, ...]:
        """List what it reads."""
        from sprm.corpus.corpus import SPLITS

        return tuple(self.encoding._replace(split=split) for split in SPLITS)

    @property
    def encoding(self) -> Encoding:
        """How it reads the training split, and the other two alike."""
        return Encoding("train")

    @abstractmethod
    def model(self, task: Task, split: EncodedSplit) -> TrainableModel:
        """Return the model before its first step, as it reads a split.

        Weights are drawn on the CPU from generators that the task's seed names, so that they start the same on every
        device, whatever ran before.
        """

    def answering(self, model: TrainableModel) -> TrainableModel:
        """Return the same weights as they answer, where that is otherwise than they are trained."""
        return model

    @property
    def training_identity(self) -> Hashable | None:
        """What of its settings decides how it is trained; None when its training can serve no other system.

        Trials whose systems have the same, on the same images with the same seed and training values, are trained once.
        """
        return None

    def fit(self, task: Task) -> Training:
        """Train its model on the task's images."""
        (training,) = fit_together([self], task)
        return training

    def score(self, task: Task, split: str, weights: Mapping[str, Tensor]) -> Scores:
        """Score boxes with the weights of a training."""
        from sprm.evaluation.scoring import score

        encoded = task.encoded(self.encoding._replace(split=split))
        model = self._on_its_device(task, encoded)
        _load(model, weights, encoded, task.dataset.folder / split)
        return score(self.answering(model), encoded)

    def learner(self, task: Task) -> Learner:
        """Return what takes optimiser steps on the task's images, before its first."""
        from sprm.training.learner import Learner
        from sprm.training.loop import steps_per_epoch

        assert task.training is not None
        assert task.images is not None
        train = task.encoded(self.encoding)
        length = steps_per_epoch(len(train.sentence_images), task.training.batch)
        return Learner(self._on_its_device(task, train), train, task.images, task.training, length)

    def _on_its_device(self, task: Task, split: EncodedSplit) -> TrainableModel:
        import torch

        from sprm.model.trainable import TrainableModel

        model = self.model(task, split)
        if not isinstance(model, TrainableModel):
            raise PluginError(f"model returns {type(model).__name__}; expected a TrainableModel")
        return model.to(torch.device(task.device.value))


def fit_together(systems: Sequence[TrainedSystem], task: Task) -> list[Training]:
    """Train some systems with one `training_identity` once, and have each choose an epoch by what it answers."""
    from sprm.training.loop import train
    from sprm.training.selection import Validation

    assert task.training is not None
    assert task.images is not None
    first = systems[0]
    learnt, val = (task.encoded(first.encoding._replace(split=split)) for split in ("train", "val"))
    matches = task.matches("val") if task.has_targets("val") else None
    model = first._on_its_device(task, learnt)
    # Epochs are compared by what is asked in the end.
    validations = [Validation(val, matches, each.answering(model.bound_to(val)), each.tie_rule) for each in systems]
    return train(model, learnt, task.images, task.training, validations, task.seed, task.report, task.checkpoints)


def _load(model: TrainableModel, weights: Mapping[str, Tensor], encoded: EncodedSplit, split: Path) -> None:
    for name, own in model.trained.state_dict().items():
        kept = weights.get(name)
        if kept is None or kept.shape != own.shape:
            form = "missing" if kept is None else f"{tuple(kept.shape)} and not {tuple(own.shape)}"
            problem = (
                f"its regions have {encoded.region_size} numbers, features and coordinates among them, and the "
                f"weights were trained on others: {name} is {form}"
            )
            raise DataError(problem, path=split)
    model.trained.load_state_dict(dict(weights))
