"""Words that sleep end where Adam over the whole table would have taken them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
import torch
from torch import nn

from sprm.training.lazy_adam import IDLE, DenseGradient, LazyAdam

WORDS, DIMENSION, STRETCH = 12, 4, 50
START = torch.randn(WORDS, DIMENSION, generator=torch.Generator().manual_seed(0))
START[0] = 0


class Table:
    """A word table under `LazyAdam`, beside a weight that is under the same optimiser."""

    def __init__(self, rate: float = 1e-3) -> None:
        self.words = nn.Embedding(WORDS, DIMENSION, padding_idx=0, sparse=True)
        self.words.weight.data.copy_(START)
        self.other = nn.Parameter(torch.ones(3))
        self.optimiser = torch.optim.Adam([self.other, self.words.weight], lr=rate, fused=True)
        self.awake = LazyAdam(self.words, self.optimiser)

    def step(self, rows: np.ndarray, gradient: torch.Tensor, make_dense: DenseGradient) -> None:
        self.optimiser.zero_grad()
        loss = (self.words(torch.from_numpy(self.awake.place[rows])) * gradient).sum() + self.other.sum()
        loss.backward()
        make_dense()
        self.optimiser.step()

    def take(self, steps: list[tuple[np.ndarray, torch.Tensor]]) -> None:
        for start in range(0, len(steps), STRETCH):
            stretch = steps[start : start + STRETCH]
            held = np.unique(np.concatenate([[0], *(rows for rows, _ in stretch)]))
            with self.awake.stretch(held, len(stretch)) as make_dense:
                for rows, gradient in stretch:
                    self.step(rows, gradient, make_dense)


def steps(count: int, rng: np.random.Generator) -> Iterator[tuple[np.ndarray, torch.Tensor]]:
    """Words 1 to 4 are in every batch, 5 to 7 in some, 8 and 9 at both ends with a long sleep between, 10 once."""
    for number in range(count):
        rare = [word for word in (5, 6, 7) if rng.random() < 0.02]
        ends = [8, 9] if number < 5 or number > count - 20 else []
        once = [10] if number == 3 else []
        rows = np.array([1, 2, 3, 4, *rare, *ends, *once])
        yield rows, torch.from_numpy(rng.normal(0, 10.0 ** rng.uniform(-4, 0), (len(rows), DIMENSION))).float()


def dense_adam(taken: list[tuple[np.ndarray, torch.Tensor]], rate: float) -> torch.Tensor:
    table = nn.Parameter(START.clone())
    optimiser = torch.optim.Adam([table], lr=rate)
    for rows, gradient in taken:
        table.grad = torch.zeros_like(table).index_add_(0, torch.from_numpy(rows), gradient)
        optimiser.step()
    return table.detach()


@pytest.mark.parametrize("rate", [1e-5, 1e-3, 1e-1])
def test_words_end_where_adam_over_the_whole_table_takes_them(rate: float) -> None:
    taken = list(steps(3 * IDLE, np.random.default_rng(1)))
    table = Table(rate)
    table.take(taken)
    expected = dense_adam(taken, rate)
    assert (expected[8:11] != START[8:11]).any(dim=1).all()
    torch.testing.assert_close(table.words.weight.detach(), expected, rtol=2e-6, atol=1e-4 * rate)
    torch.testing.assert_close(table.other.detach(), torch.full((3,), 1 - 3 * IDLE * rate), rtol=1e-4, atol=0)


def test_a_word_that_no_batch_holds_does_not_move() -> None:
    table = Table()
    table.take(list(steps(2 * STRETCH, np.random.default_rng(2))))
    assert torch.equal(table.words.weight[11], START[11])
    assert torch.equal(table.words.weight[0], START[0])


def test_the_optimiser_has_the_words_held_and_those_held_lately() -> None:
    table, everything = Table(), np.arange(WORDS)
    with table.awake.stretch(everything, STRETCH):
        assert len(table.words.weight) == WORDS
    for begin in range(STRETCH, IDLE + 2 * STRETCH, STRETCH):
        with table.awake.stretch(np.array([0, 5]), STRETCH):
            assert len(table.words.weight) == (WORDS if begin < STRETCH + IDLE else 2)
            assert any(parameter is table.words.weight for parameter in table.optimiser.param_groups[0]["params"])
    assert len(table.words.weight) == WORDS


def test_what_fails_within_a_stretch_leaves_the_whole_table() -> None:
    table = Table()
    whole = table.words.weight
    with pytest.raises(RuntimeError), table.awake.stretch(np.array([0, 3]), STRETCH) as make_dense:
        table.step(np.array([3]), torch.ones(1, DIMENSION), make_dense)
        raise RuntimeError
    assert table.words.weight is whole
    assert table.optimiser.param_groups[0]["params"][1] is whole
    assert torch.equal(whole[4:], START[4:])
    assert not torch.equal(whole[3], START[3])
