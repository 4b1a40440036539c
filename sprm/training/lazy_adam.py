"""Adam on the trainable word vectors, for the words that it moves.

A word moves in a step whose batch holds it, and after that by its momentum, which every step multiplies by 0.9. After
`IDLE` steps 2e-12 of it are left, and all of the way that it still has is less than the rounding of a weight. From then
on nothing of the word changes but its mean squared gradient, by a known factor a step. So the optimiser has only the
words that are awake, and the size of the vocabulary costs nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

IDLE = 256
"""Steps without a gradient after which a word sleeps."""
NEVER = -(2**62)
MEANS = ("exp_avg", "exp_avg_sq")
"""What torch calls the means that Adam keeps of a weight's gradient and of its square."""


class LazyAdam:
    """The part of a word table that an optimiser has, which changes from one stretch of steps to the next.

    Args:
        words: the whole table, (V, D), with sparse gradients; row 0 is padding.
        optimiser: Adam over the table and other parameters, before its first step.
    """

    def __init__(self, words: nn.Embedding, optimiser: torch.optim.Adam) -> None:
        self._words, self._optimiser = words, optimiser
        self._whole = words.weight
        self._mean, self._square = torch.zeros_like(words.weight), torch.zeros_like(words.weight)
        (self._group,) = optimiser.param_groups
        self._position = next(i for i, parameter in enumerate(self._group["params"]) if parameter is words.weight)
        self._steps = 0
        # The step at which a word was last held by a stretch, and at which it was last awake.
        self._held = np.full(len(words.weight), NEVER)
        self._awake = np.zeros(len(words.weight), dtype=np.int64)
        self.place = np.zeros(len(words.weight), dtype=np.int64)
        """(V,) where each awake word stands in the table that a stretch is trained with."""

    @property
    def tensors(self) -> dict[str, Tensor]:
        """Its state between two stretches, by name: the tensors themselves, beside the number of steps."""
        held, awake = torch.from_numpy(self._held), torch.from_numpy(self._awake)
        return {"exp_avg": self._mean, "exp_avg_sq": self._square, "held": held, "awake": awake}

    def go_on(self, steps: int) -> None:
        """Note that `tensors` hold the state after some steps."""
        self._steps = steps

    @contextmanager
    def stretch(self, held: NDArray[np.int64], steps: int) -> Iterator[DenseGradient]:
        """Have the optimiser move the words that are awake during some steps, in a table of their own.

        Args:
            held: words that the steps' batches hold, padding among them.
            steps: how many steps.

        Returns:
            What makes the gradient dense, to be called before each of the optimiser's steps.
        """
        begin, self._steps = self._steps, self._steps + steps
        self._held[held] = self._steps
        rows = np.flatnonzero(self._held > begin - IDLE)
        self.place[rows] = np.arange(len(rows))
        index = torch.from_numpy(rows).to(self._whole.device)
        awake = nn.Parameter(self._whole.detach()[index])
        state = self._state_of(index, slept=begin - self._awake[rows])
        self._optimiser.state[awake] = {"step": torch.tensor(float(begin), device=awake.device), **state}
        self._words.weight = self._group["params"][self._position] = awake
        try:
            yield DenseGradient(awake)
        finally:
            del self._optimiser.state[awake]
            self._words.weight = self._group["params"][self._position] = self._whole
            self._whole.data.index_copy_(0, index, awake.detach())
            self._mean.index_copy_(0, index, state["exp_avg"])
            self._square.index_copy_(0, index, state["exp_avg_sq"])
            self._awake[rows] = self._steps

    def _state_of(self, index: Tensor, slept: NDArray[np.int64]) -> dict[str, Tensor]:
        """Adam's two means of some words, (n, D) each, after the steps that each has slept, (n,)."""
        _, decay = self._group["betas"]
        after = torch.from_numpy(decay**slept).to(self._square)[:, None]
        no_sleep = torch.from_numpy(slept == 0).to(self._mean)[:, None]
        return {"exp_avg": self._mean[index] * no_sleep, "exp_avg_sq": self._square[index] * after}


class DenseGradient:
    """The gradient of a word table as Adam needs it, dense, in one array of which a step writes few rows.

    Args:
        table: (n, D) word vectors, whose gradient comes sparse.
    """

    def __init__(self, table: Tensor) -> None:
        self._table = table
        self._dense = torch.zeros_like(table)
        self._rows = torch.zeros(0, dtype=torch.int64, device=table.device)

    def __call__(self) -> None:
        """Turn the table's gradient from sparse to dense."""
        assert self._table.grad is not None
        self._dense.index_fill_(0, self._rows, 0.0)
        sparse = self._table.grad
        self._rows = sparse._indices()[0]
        self._dense.index_add_(0, self._rows, sparse._values())
        self._table.grad = self._dense
