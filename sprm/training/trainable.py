"""What a model needs to be trained."""

from __future__ import annotations

from typing import Protocol

from torch import Tensor, nn

from sprm.batches.batch import Batch
from sprm.evaluation.prediction import Scorer


class Trainable(Scorer, Protocol):
    """A model with a loss."""

    @property
    def trained(self) -> nn.Module:
        """What training changes; its state is what an epoch leaves behind."""
        ...

    @property
    def words(self) -> nn.Embedding:
        """The table of word vectors that is part of it, with sparse gradients; row 0 is padding."""
        ...

    def loss(self, batch: Batch) -> Tensor:
        """Loss of a batch whose sentences are contrasted with others, a scalar."""
        ...
