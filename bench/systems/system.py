"""What every kind of system has: its settings in a protocol, its role in a study, and how it answers."""

from __future__ import annotations

import time
from abc import abstractmethod
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from pydantic import Field

from sprm.errors import ProtocolError
from sprm.settings import Budget, Device, Rules, Selection, Settings, Ties, TrainingSettings
from sprm.training.progress import Report, unreported

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from sprm.batches.encoding import EncodedSplit
    from sprm.corpus.box_matches import BoxMatches
    from sprm.corpus.dataset import Dataset
    from sprm.evaluation.outcomes import Outcomes, Prediction
    from sprm.model.trained_weights import TrainedWeights
    from sprm.training.checkpoint import Checkpoints
    from sprm.training.course import Training
    from sprm.training.learner import Learner


class Role(StrEnum):
    """What a system stands for in figures, tables and sentences."""

    chance = "chance"
    """What guessing gives."""
    upper_bound = "upper bound"
    """The most that the proposals allow."""
    prior = "prior"
    """What needs no training and training has to beat."""
    trained = "trained"
    """What is trained on fractions of the data."""


BOUNDS = (Role.chance, Role.upper_bound)
"""What lies below and above whatever can be learnt."""


class Encoding(NamedTuple):
    """What a system reads: one split, in one of the ways in which the prior can be asked."""

    split: str
    heads: bool
    locations: bool
    score: bool = False
    """Whether the detector's scores are read, too."""


@dataclass(frozen=True)
class Task:
    """One trial, as a system sees it.

    Attributes:
        dataset: the three splits and the word vectors.
        rules: how boxes are compared and phrases read.
        training: training values; None for a system that is not trained.
        images: (n,) indices of the training images it may learn from; None for a system that is not trained.
        seed: names the initial weights and the order of the batches.
        device: what a trained system computes on, `cpu` or `cuda`.
        report: is called while it trains, every few steps.
        checkpoints: where its training goes on from, and writes what it needs for that; None to start anew and keep
            nothing.
    """

    dataset: Dataset
    rules: Rules
    training: TrainingSettings | None = None
    images: NDArray[np.int64] | None = None
    seed: int = 0
    device: Device = Device.cpu
    report: Report = unreported
    checkpoints: Checkpoints | None = None

    def encoded(self, encoding: Encoding) -> EncodedSplit:
        """Open a split as a system reads it."""
        return _encoded(self.dataset, encoding, self.rules)

    def matches(self, split: str) -> BoxMatches:
        """How the boxes of a split match its targets."""
        return _matches(self.dataset, split, self.rules)


@dataclass(frozen=True)
class Outcome:
    """What one trial found.

    Attributes:
        items: one row a test phrase, see `sprm.evaluation.outcomes.items`.
        training: what training did; None for a system that is not trained.
        seconds_evaluation: time to answer and judge the test split.
    """

    items: pd.DataFrame
    training: Training | None
    seconds_evaluation: float


class System(Settings):
    """A kind of system: its fields are what a protocol may set, and `kind` is a `Literal` with its name."""

    kind: str
    role: ClassVar[Role]
    ties: Ties | None = None
    """Which box answers where several share the highest score; the protocol's rule when left out."""

    @property
    def identity(self) -> dict[str, Any]:
        """What of its own settings its outcome depends on, training values aside; what is left out is not named.

        The rule for ties is no part: a trial states the one that it was run with, its own or the protocol's.
        """
        apart = {*TrainingSettings.model_fields, "ties"}
        return self.model_dump(mode="json", exclude=apart, exclude_none=True)

    @property
    def tie_rule(self) -> Ties:
        """The rule for ties that it answers by."""
        return self.ties or Ties.first

    @property
    @abstractmethod
    def description(self) -> str:
        """One line that tells a reader of a report what it is, as the end of a sentence."""

    def reads(self) -> tuple[Encoding, ...]:
        """List what it reads, which is encoded once for all trials."""
        return ()

    def predict(self, task: Task, split: str, weights: TrainedWeights | None) -> Prediction:
        """Choose boxes for the phrases of a split, with weights of an earlier training where there are any to have.

        Args:
            task: whose dataset may be another than the one that was trained on.
            split: train, val or test.
            weights: what training left; None for a system that is not trained.

        Raises:
            DataError: the weights are of other regions than the dataset has.
            ProtocolError: the kind chooses no boxes, or has no way to be asked.
        """
        raise ProtocolError(f"a system of kind {self.kind} chooses no boxes, so `predict` cannot use it")

    @abstractmethod
    def run(self, task: Task) -> Outcome:
        """Answer the test split, after training where there is any.

        A pure function of settings and task: the same ones give the same outcomes, whatever ran before.
        """


class UntrainedSystem(System):
    """A kind of system that answers without any training."""

    @abstractmethod
    def answer(self, task: Task) -> Outcomes:
        """Answer the test split."""

    def run(self, task: Task) -> Outcome:
        """Answer the test split, and take the time."""
        from sprm.evaluation.outcomes import items

        # What a worker derives once for all its trials is no part of this one's evaluation.
        task.matches("test")
        started = time.perf_counter()
        outcomes = self.answer(task)
        return Outcome(items(task.dataset.test, outcomes), None, time.perf_counter() - started)


class TrainedSystem(System):
    """A kind of system that is trained. Training values that it sets for itself go before the protocol's."""

    role: ClassVar[Role] = Role.trained
    epochs: int | None = Field(None, ge=1)
    batch: int | None = Field(None, ge=2)
    learning_rate: float | None = Field(None, gt=0, allow_inf_nan=False)
    budget: Budget | None = None
    selection: Selection | None = None
    threads: int | None = Field(None, ge=1)
    mixed_precision: bool | None = None

    @property
    def training_identity(self) -> Hashable | None:
        """What of its settings decides how it is trained; None when its training can serve no other system.

        Trials whose systems have the same, on the same images with the same seed and training values, are trained once:
        by `run_together`, which a kind that has an identity brings.
        """
        return None

    @classmethod
    def run_together(cls, systems: Sequence[System], task: Task) -> list[Outcome]:
        """Answer the test split as each of some systems with one `training_identity`.

        The outcomes are those of `run`; the kind of the first of the systems is asked.
        """
        (system,) = systems
        return [system.run(task)]

    @abstractmethod
    def learner(self, task: Task) -> Learner:
        """Return what takes optimiser steps on the task's images, before its first."""


# The trials of a worker share one dataset; what is derived from it and no trial changes is derived once.
@lru_cache(maxsize=8)
def _encoded(dataset: Dataset, encoding: Encoding, rules: Rules) -> EncodedSplit:
    from sprm.batches.encoding_cache import encoded

    return encoded(dataset, rules=rules, **encoding._asdict())


@lru_cache(maxsize=8)
def _matches(dataset: Dataset, split: str, rules: Rules) -> BoxMatches:
    from sprm.corpus.box_matches import match_boxes

    return match_boxes(getattr(dataset, split), rules)
