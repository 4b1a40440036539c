"""How the authors of a method train it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class AuthorsTraining:
    """Training values that a method was published with, on the whole of Flickr30k Entities.

    Attributes:
        learning_rate: the optimiser's step size.
        batch: sentences in a batch.
        epochs: passes over the training set.
        source: where they say so.
    """

    learning_rate: float
    batch: int
    epochs: int
    source: str

    def __str__(self) -> str:
        rate = f"{self.learning_rate:g}"
        return f"learning rate {rate}, batches of {self.batch} and {self.epochs} epochs ({self.source})"
