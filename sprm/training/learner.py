"""Optimiser steps on batches of sentences."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from itertools import chain, islice, zip_longest

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from sprm.batches.batch import Batch, BatchReader
from sprm.batches.encoding import EncodedSplit
from sprm.errors import PluginError
from sprm.model.trainable import Moment, TrainableModel
from sprm.model.trained_weights import is_of_words
from sprm.settings import TrainingSettings
from sprm.training.checkpoint import Unusable, require
from sprm.training.lazy_adam import MEANS, LazyAdam

STRETCH = 64
"""Steps between two decisions which words are awake; changes no result beyond rounding."""


class Learner:
    """Takes optimiser steps and counts the `sentences` that it has seen.

    Args:
        model: as it reads the split; it is trained in place.
        split: where sentences come from.
        images: (n,) indices of the images whose sentences will be asked for.
        settings: the optimiser's step size, and how many epochs there will be.
        length: steps of an epoch.
    """

    def __init__(
        self,
        model: TrainableModel,
        split: EncodedSplit,
        images: NDArray[np.int64],
        settings: TrainingSettings,
        length: int,
    ) -> None:
        self._model = model
        self._length, self._epochs = length, settings.epochs
        self.sentences = 0
        self._taken = 0
        self._optimiser = model.optimiser(settings.learning_rate)
        self._words = self._lazy_adam()
        place = None if self._words is None else self._words.place
        self._reader = BatchReader(split, model.device, images, place)
        self._adam = self._adam_before_its_first_step()
        for name, state in self._adam.items():
            self._optimiser.state[model.trained.get_parameter(name)] = state

    @property
    def weights(self) -> dict[str, Tensor]:
        """State of what is trained, by name: the tensors themselves."""
        return dict(self._model.trained.state_dict())

    @property
    def parameters(self) -> int:
        """How many numbers are trained, tables of word vectors apart, which depend on the corpus' vocabulary."""
        named = self._model.trained.named_parameters()
        return sum(each.numel() for name, each in named if each.requires_grad and not is_of_words(name))

    @property
    def tensors(self) -> dict[str, Tensor]:
        """Weights and the optimiser's state between two stretches, by name: the tensors themselves."""
        parts = {"weights": self.weights, "words": {} if self._words is None else self._words.tensors}
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
        last = [] if self._words is None else [tensors[f"words.{name}"] for name in ("held", "awake")]
        # What never gets a gradient is never counted.
        if any(count.item() not in (0, steps) for count in counted) or any(int(when.max()) > steps for when in last):
            raise Unusable("has counted its steps in more than one way")
        for name, tensor in own.items():
            tensor.copy_(tensors[name])
        if self._words is not None:
            self._words.go_on(steps)
        self._taken, self.sentences = steps, sentences

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
            with self._awake(stretch) as make_dense:
                lately = [self._step(batch, make_dense) for batch in self._read(stretch, after)]
            losses += lately
            tell(lately)
        return losses

    def _lazy_adam(self) -> LazyAdam | None:
        if self._model.words is None:
            return None
        if not isinstance(self._optimiser, torch.optim.Adam):
            raise ValueError(f"expected Adam for trainable words, found {type(self._optimiser).__name__}")
        return LazyAdam(self._model.words, self._optimiser)

    def _adam_before_its_first_step(self) -> dict[str, dict[str, Tensor]]:
        """Return Adam's state of each parameter but the words, as it would begin by itself, by name."""
        if not isinstance(self._optimiser, torch.optim.Adam):
            if not isinstance(self._optimiser, torch.optim.SGD) or self._optimiser.defaults["momentum"]:
                found = type(self._optimiser).__name__
                raise ValueError(f"expected Adam or SGD without momentum, found {found}, whose state is not kept")
            return {}
        words = self._model.words
        return {
            name: {
                "step": torch.zeros((), device=parameter.device),
                **{mean: torch.zeros_like(parameter) for mean in MEANS},
            }
            for name, parameter in self._model.trained.named_parameters()
            if parameter.requires_grad and (words is None or parameter is not words.weight)
        }

    def _awake(self, stretch: Sequence[NDArray[np.int64]]) -> AbstractContextManager[Callable[[], None]]:
        """Have the optimiser move the words that are awake, for some steps."""
        if self._words is None:
            return nullcontext(lambda: None)
        return self._words.stretch(self._reader.words(np.concatenate(stretch)), len(stretch))

    def _read(self, stretch: Sequence[NDArray[np.int64]], after: Sequence[NDArray[np.int64]]) -> Iterator[Batch]:
        for chosen, following in zip_longest(stretch, [*stretch[1:], *after]):
            batch = self._reader.read(chosen, self._model.negatives, self._model.siblings)
            if following is not None:
                self._reader.expect(following)
            self.sentences += len(chosen)
            yield batch

    def _step(self, batch: Batch, make_dense: Callable[[], None]) -> Tensor:
        moment = Moment(self._taken, self._taken // self._length, self._epochs)
        loss = self._model.loss(batch, moment)
        if loss.shape or not loss.requires_grad:
            found = f"{tuple(loss.shape)}{'' if loss.requires_grad else ' without a gradient'}"
            raise PluginError(f"the model's loss is {found}; expected a scalar that depends on its weights")
        self._optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        make_dense()
        self._model.before_step(self._optimiser, moment)
        self._optimiser.step()
        self._taken += 1
        return loss.detach()
