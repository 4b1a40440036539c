"""A kind of system that is trained: it brings a model, and the one training loop does the rest."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeGuard

from pydantic import Field, ValidationError, ValidationInfo, field_validator, model_validator
from pydantic_core import PydanticCustomError

from bench.systems.system import Encoding, Role, System, Task
from bench.systems.tuning import Tune, candidates_of, checked
from sprm.errors import DataError, PluginError
from sprm.settings import Budget, Selection, Siblings, TrainingSettings, ValidationImages

if TYPE_CHECKING:
    from torch import Tensor

    from sprm.batches.encoding import EncodedSplit
    from sprm.evaluation.scores import Scores
    from sprm.model.trainable import TrainableModel
    from sprm.training.course import Training
    from sprm.training.learner import Learner


@dataclass(frozen=True)
class AuthorsValues:
    """What a method's authors trained with, on the whole of Flickr30k Entities.

    Attributes:
        epochs: passes over the training set.
        batch: sentences in a batch.
        learning_rate: of the optimiser.
        selection: how they chose the epoch, as the end of a sentence.
        source: where that is said.
    """

    epochs: int
    batch: int
    learning_rate: float
    selection: str
    source: str


_NEVER_TUNED = ("kind", "ties", "tune", "untrained", "selection", "validation", "threads", "mixed_precision")


class TrainedSystem(System):
    """A kind of system that is trained. Training values that it sets for itself go before the protocol's.

    It reads one encoding of each split, or where it is tuned, that of each combination of values.

    With `untrained`, it answers with its initial weights. Nothing is trained then, but every seed has a trial, as each
    draws other weights.
    """

    role: ClassVar[Role] = Role.trained
    authors: ClassVar[AuthorsValues | None] = None
    """What the method's authors trained with; None of a method that is nobody's."""
    epochs: int | None = Field(None, ge=1)
    batch: int | None = Field(None, ge=2)
    learning_rate: float | None = Field(None, gt=0, allow_inf_nan=False)
    budget: Budget | None = None
    steps: int | None = Field(None, ge=1)
    siblings: Siblings | None = None
    selection: Selection | None = None
    validation: ValidationImages | None = None
    threads: int | None = Field(None, ge=1)
    mixed_precision: bool | None = None
    untrained: bool | None = None
    """Answer with the initial weights that each seed draws, and train nothing; what is measured of images before the
    first step, such as their scale, is measured of all training images."""
    tune: Tune | None = Field(None, min_length=1)
    """Values to try for some of these settings or training values, by name: each trial is trained with every
    combination of them, and answers as the one that is best on the validation split's boxes."""

    @field_validator("untrained")
    @classmethod
    def _no_is_left_out(cls, untrained: bool | None) -> bool | None:
        # Two ways of writing one system must not be two trials.
        return untrained or None

    @property
    def stands_for(self) -> Role:
        """What it stands for: before its training, a prior that depends on the draw of its weights."""
        return Role.prior if self.untrained else self.role

    @field_validator("tune")
    @classmethod
    def _known_values(cls, tune: Tune | None, info: ValidationInfo) -> Tune | None:
        if tune is not None and info.data.get("untrained"):
            raise PydanticCustomError("tune", "expected none, as nothing is trained")
        fields = {name: field for name, field in cls.model_fields.items() if name not in _NEVER_TUNED}
        return None if tune is None else checked(tune, fields)

    @model_validator(mode="after")
    def _values_go_together(self) -> Self:
        try:
            _ = self.candidates
        except ValidationError as error:
            why = error.errors()[0]["msg"]
            raise PydanticCustomError("tune", "some values of tune do not go together: {why}", {"why": why}) from error
        return self

    @property
    def candidates(self) -> list[TrainedSystem]:
        """The system with each combination of the values that are tried; itself where nothing is tuned."""
        if self.tune is None:
            return [self]
        return [self.with_values(values) for values in candidates_of(self.tune)]

    def with_values(self, values: Mapping[str, Any]) -> TrainedSystem:
        """Return the system with some of the values that it is tuned with."""
        return type(self).model_validate({**self.model_dump(exclude={"tune"}, exclude_none=True), **values})

    def training_values(self, training: TrainingSettings) -> TrainingSettings:
        """Return training values with its own in the place of a protocol's."""
        own = self.model_dump(include=set(TrainingSettings.model_fields), exclude_none=True)
        return training.model_copy(update=own)

    def reads(self) -> tuple[Encoding, ...]:
        """List what it reads, with any of the values that it is tuned with."""
        from sprm.corpus.corpus import SPLITS

        encodings = dict.fromkeys(candidate.encoding for candidate in self.candidates)
        splits = [split for split in SPLITS if split != "val" or not self.untrained]
        return tuple(encoding._replace(split=split) for encoding in encodings for split in splits)

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
        """Train its model on the task's images; it is not asked to where it answers untrained."""
        (training,) = fit_together([self], task)
        return training

    def score(self, task: Task, split: str, weights: Mapping[str, Tensor]) -> Scores:
        """Score boxes with the weights of a training, or with the initial ones."""
        import numpy as np

        from sprm.evaluation.scoring import score

        encoded = task.encoded(self.encoding._replace(split=split))
        model = self._on_its_device(task, encoded)
        if self.untrained:
            train = task.encoded(self.encoding)
            model.measure(train, np.arange(train.images))
        else:
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

        # What is not trained needs values none of which it uses.
        training = task.training or TrainingSettings()
        model = self.model(replace(task, training=training), split)
        if not isinstance(model, TrainableModel):
            raise PluginError(f"model returns {type(model).__name__}; expected a TrainableModel")
        model = model.to(torch.device(task.device.value))
        model.siblings = training.siblings
        return model


def is_trained(system: System) -> TypeGuard[TrainedSystem]:
    """Whether a system is trained before it answers."""
    return isinstance(system, TrainedSystem) and not system.untrained


def fit_together(systems: Sequence[TrainedSystem], task: Task) -> list[Training]:
    """Train some systems with one `training_identity` once, and have each choose an epoch by what it answers."""
    import numpy as np

    from sprm.training.loop import train
    from sprm.training.selection import Validation
    from sprm.training.validation_images import validation_images

    assert task.training is not None
    assert task.images is not None
    first = systems[0]
    learnt, val = (task.encoded(first.encoding._replace(split=split)) for split in ("train", "val"))
    matches = task.matches("val") if task.has_targets("val") else None
    images = np.arange(val.images)
    if task.training.validation is ValidationImages.scaled:
        images = validation_images(task.images, learnt.images, val.images)
    model = first._on_its_device(task, learnt)
    # Epochs are compared by what is asked in the end.
    validations = [
        Validation(val, matches, each.answering(model.bound_to(val)), each.tie_rule, images) for each in systems
    ]
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
