"""What a model needs to be trained by the loop that trains them all."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from sprm.batches.batch import Batch
from sprm.batches.encoding import EncodedSplit
from sprm.settings import Negatives, Siblings


@dataclass(frozen=True)
class Moment:
    """Where in its training a model is.

    Attributes:
        step: optimiser steps taken.
        epoch: epochs that have ended.
        epochs: how many there will be.
    """

    step: int = 0
    epoch: int = 0
    epochs: int = 1

    @property
    def elapsed(self) -> float:
        """Share of the epochs that have ended, in [0, 1]."""
        return self.epoch / self.epochs


START = Moment()


class TrainableModel(nn.Module):
    """A model with a loss; what it does not say of itself is as these defaults say."""

    negatives: Negatives | None = None
    """Whom a batch pairs each sentence with for the loss; None: its own image alone, as the model contrasts by itself.
    """

    siblings: Siblings = Siblings.contrasted
    """Whether a sentence is contrasted with its own image where that stands in the batch for another sentence, too."""

    starts_as_answer: bool = False
    """Whether its weights before the first step are among those that a selection chooses from, as epoch 0."""

    @property
    def trained(self) -> nn.Module:
        """What training changes; its state, buffers included, is what an epoch leaves behind."""
        return self

    @property
    def words(self) -> nn.Embedding | None:
        """Its trainable word vectors, with sparse gradients, a row for each word of the lexicon, 0 being padding.

        None where word vectors are not trained, or not by Adam. A batch's `words` are rows of this table while it is
        trained, which holds only the words that move; whatever else the model knows of words has the lexicon's rows.
        """
        return None

    @property
    def device(self) -> torch.device:
        """Where batches are needed."""
        return next(self.trained.parameters()).device

    def bound_to(self, split: EncodedSplit) -> Self:
        """Return the same weights as they read another split; itself where nothing of a split is held."""
        return self

    def measure(self, split: EncodedSplit, images: NDArray[np.int64]) -> None:
        """Learn before the first step what it has to know of the images that it is trained on, such as their scale.

        What it keeps of them is part of the state of `trained`.

        Args:
            split: the training split.
            images: (n,) indices of the images that may be used.
        """
        return

    def optimiser(self, learning_rate: float) -> torch.optim.Optimizer:
        """Return what takes its steps, before the first of them."""
        return torch.optim.Adam(self.trained.parameters(), lr=learning_rate, fused=True)

    def before_step(self, optimiser: torch.optim.Optimizer, moment: Moment) -> None:
        """Change what an optimiser step depends on beside the gradient, such as its size."""
        return

    @abstractmethod
    def forward(self, batch: Batch) -> Tensor:
        """Score every box of an image for every phrase that the image is asked for.

        Returns:
            (I, Q, K), laid out as `batch.pairs.by_image` and `batch.images`; any finite number at padded boxes.
        """

    @abstractmethod
    def loss(self, batch: Batch, moment: Moment = START) -> Tensor:
        """Loss of a batch that was read with `negatives`, a scalar."""
