"""A small trained system that does what it has to, and others that do one thing wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import ClassVar

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from bench.systems.system import Encoding, Role, System, Task
from bench.systems.trained import TrainedSystem
from sprm.batches.batch import Batch
from sprm.batches.encoding import EncodedSplit
from sprm.evaluation.scores import Scores
from sprm.model.trainable import START, Moment, TrainableModel
from sprm.seeding import seed_of
from sprm.training.course import Training


class Model(TrainableModel):
    """Regions and heads of phrases in one space, to which a linear layer takes the regions."""

    vectors: Tensor

    def __init__(self, vectors: Tensor, region_size: int, start: torch.Generator | None) -> None:
        super().__init__()
        self.register_buffer("vectors", vectors, persistent=False)
        self.layer = nn.Linear(region_size, vectors.shape[1], bias=False)
        nn.init.normal_(self.layer.weight, std=0.1, generator=start)

    def forward(self, batch: Batch) -> Tensor:
        asked = batch.pairs.by_image.pad(self.phrases(batch)[batch.pairs.questions])
        scores: Tensor = asked @ batch.images.pad(self.layer(batch.regions)).transpose(1, 2)
        return scores

    def phrases(self, batch: Batch) -> Tensor:
        """Vector of the first word of each phrase, (phrases, D)."""
        first: Tensor = self.vectors[batch.words][batch.phrase_words[:, 0]]
        return first

    def loss(self, batch: Batch, moment: Moment = START) -> Tensor:
        scores: Tensor = self(batch)
        return scores.square().mean()


class Sound(TrainedSystem):
    """What does all that it has to."""

    kind: str = "sound"
    made_by: ClassVar[type[Model]] = Model

    def model(self, task: Task, split: EncodedSplit) -> TrainableModel:
        return self.made_by(torch.from_numpy(task.lexicon.vectors), split.region_size, self.start(task))

    def start(self, task: Task) -> torch.Generator | None:
        return torch.Generator().manual_seed(seed_of("initial weights", task.seed))


class Bare(Sound):
    """A setting that nobody describes."""

    size: int = 3


class TransposedModel(Model):
    def forward(self, batch: Batch) -> Tensor:
        return super().forward(batch).transpose(1, 2)


class Transposed(Sound):
    """Scores of another shape, from the model."""

    made_by = TransposedModel


class TooFew(Sound):
    """Scores of another shape, from the system."""

    def score(self, task: Task, split: str, weights: Mapping[str, Tensor]) -> Scores:
        scores = super().score(task, split, weights)
        return replace(scores, values=scores.values[:-1])


class NotFinite(Sound):
    """A score that is no number."""

    def score(self, task: Task, split: str, weights: Mapping[str, Tensor]) -> Scores:
        scores = super().score(task, split, weights)
        values = np.array(scores.values)
        values[3] = np.nan
        return replace(scores, values=values)


class DeafModel(Model):
    def phrases(self, batch: Batch) -> Tensor:
        return self.vectors[2].expand(len(batch.phrase_words), -1)


class Deaf(Sound):
    """The same answer for every phrase."""

    made_by = DeafModel


class Peeking(Sound):
    """Training on the targets of the test split."""

    def fit(self, task: Task) -> Training:
        task.matches("test")
        return super().fit(task)


class PeekingAtTables(System):
    """Answers made of the targets in the tables of the test split."""

    kind: str = "peeking-at-tables"
    role: ClassVar[Role] = Role.prior

    def score(self, task: Task, split: str, weights: Mapping[str, Tensor]) -> Scores:
        offsets = task.encoded(Encoding(split)).box_offsets
        left = task.dataset.corpus(split).phrases["x1"].to_numpy()
        return Scores(np.repeat(left, np.diff(offsets)), offsets)


class PeekingAtFiles(System):
    """Answers made of the targets in the dataset's files."""

    kind: str = "peeking-at-files"
    role: ClassVar[Role] = Role.prior

    def score(self, task: Task, split: str, weights: Mapping[str, Tensor]) -> Scores:
        offsets = task.encoded(Encoding(split)).box_offsets
        left = pd.read_parquet(task.dataset.folder / split / "phrases.parquet")["x1"].to_numpy()
        return Scores(np.repeat(left, np.diff(offsets)), offsets)


class Supervised(Sound):
    """Weights that start from the boxes of training phrases."""

    def start(self, task: Task) -> torch.Generator | None:
        return torch.Generator().manual_seed(int(1e6 * task.matches("train").iou.sum()))


class Unseeded(Sound):
    """Weights from the global generator."""

    def start(self, task: Task) -> torch.Generator | None:
        return None


class ForgetfulModel(Model):
    """A teacher that follows the weights and is in no state."""

    def __init__(self, vectors: Tensor, region_size: int, start: torch.Generator | None) -> None:
        super().__init__(vectors, region_size, start)
        self.teacher = [self.layer.weight.detach().clone()]

    def loss(self, batch: Batch, moment: Moment = START) -> Tensor:
        self.teacher[0] = 0.9 * self.teacher[0] + 0.1 * self.layer.weight.detach()
        distance: Tensor = (self.layer.weight - self.teacher[0]).square().sum()
        return super().loss(batch, moment) + distance


class Forgetful(Sound):
    """What a checkpoint cannot hold decides how training goes on."""

    made_by = ForgetfulModel


class StartingAnew(Sound):
    """Training that takes no checkpoint."""

    def fit(self, task: Task) -> Training:
        return super().fit(replace(task, checkpoints=None))


class Silent(Sound):
    """Training that tells nobody how far it is."""

    def fit(self, task: Task) -> Training:
        return super().fit(replace(task, report=lambda progress: None))


class SameStart(Sound):
    """The same initial weights for every seed."""

    def start(self, task: Task) -> torch.Generator | None:
        return torch.Generator().manual_seed(0)


class Undecided(Sound):
    """A loss that is no scalar."""

    class PerBox(Model):
        def loss(self, batch: Batch, moment: Moment = START) -> Tensor:
            scores: Tensor = self(batch)
            return scores.mean(dim=0)

    made_by = PerBox


class NoModel(Sound):
    """What cannot be trained, as the model."""

    def model(self, task: Task, split: EncodedSplit) -> TrainableModel:
        return nn.Linear(2, 2)  # type: ignore[return-value]


class Illiterate(Sound):
    """It reads a split that there is not."""

    @property
    def encoding(self) -> Encoding:
        return Encoding("tset")

    def reads(self) -> tuple[Encoding, ...]:
        return (self.encoding,)


class Wordless(Sound):
    __doc__ = ""
