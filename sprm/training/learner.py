"""Optimiser steps on batches of sentences."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice, zip_longest

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from sprm.batches.batch import Batch, BatchReader
from sprm.batches.encoding import EncodedSplit
from sprm.settings import Negatives, TrainingSettings
from sprm.training.checkpoint import Unusable, require
from sprm.training.lazy_adam import MEANS, LazyAdam
from sprm.training.trainable import Trainable

STRETCH = 64
"""Steps between two decisions which words are awake; changes no result beyond rounding."""


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
        # As the optimiser would begin by itself, but known before the first step.
        self._adam = {
            name: {
                "step": torch.zeros((), device=parameter.device),
                **{mean: torch.zeros_like(parameter) for mean in MEANS},
            }
            for name, parameter in model.trained.named_parameters()
            if parameter is not model.words.weight
        }
        for name, state in self._adam.items():
            self._optimiser.state[model.trained.get_parameter(name)] = state

    @property
    def weights(self) -> dict[str, Tensor]:
        """State of what is trained, by name: the tensors themselves."""
        return dict(self._model.trained.state_dict())

    @property
    def tensors(self) -> dict[str, Tensor]:
        """Weights and the optimiser's state between two stretches, by name: the tensors themselves."""
        parts = {"weights": self.weights, "words": self._words.tensors}
        parts |= {f"adam.{name}": state for name, state in self._adam.items()}
        return {f"{part}.{name}": tensor for part, tensors in parts.items() for name, tensor in tensors.items()}

    def go_on(self, tensors: Mapping[str, Tensor], steps: int, sentences: int) -> None:
        """Take over the state of another after some steps.

        Args:
            tensors: what the other's `tensors` were, on any device; may hold others, too.
            steps: how many it had taken.
            sentences: how many it had seen.

        Raises:
            Unusable: they do not fit this model, or each other; then nothing has changed.
        """
        own = self.tensors
        require(tensors, own)
        counted = [tensors[f"adam.{name}.step"] for name in self._adam]
        last = [tensors[f"words.{name}"] for name in ("held", "awake")]
        if any(count.item() != steps for count in counted) or any(int(when.max()) > steps for when in last):
            raise Unusable("has counted its steps in more than one way")
        for name, tensor in own.items():
            tensor.copy_(tensors[name])
        self._words.go_on(steps)
        self.sentences = sentences

    def steps(
        self, batches: Iterable[NDArray[np.int64]], tell: Callable[[list[Tensor]], None] = lambda losses: None
    ) -> list[Tensor]:
        """Take a step on each batch of sentences; the next one is fetched from disk meanwhile.

        Args:
            batches: of sentences, by their index in the split.
            tell: is called every few steps with their losses.

        Returns:
            The loss of each, a scalar.
        """
        losses: list[Tensor] = []
        remaining = iter(batches)
        while stretch := list(islice(remaining, STRETCH)):
            after = list(islice(remaining, 1))
            remaining = chain(after, remaining)
            with self._words.stretch(self._reader.words(np.concatenate(stretch)), len(stretch)) as make_dense:
                lately = [self._step(batch, make_dense) for batch in self._read(stretch, after)]
            losses += lately
            tell(lately)
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
