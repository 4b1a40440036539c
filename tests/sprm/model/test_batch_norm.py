from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from sprm.model.batch_norm import BatchNorm

ROWS = torch.randn(6, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(0)) * 3 + 1
CLOSE = {"atol": 1e-12, "rtol": 0}


def both() -> tuple[BatchNorm, nn.BatchNorm1d]:
    """The same weights and running statistics, none as at the start."""
    ours, theirs = BatchNorm(4).double(), nn.BatchNorm1d(4).double()
    names = {"weight": "weight", "bias": "bias", "running_mean": "running_mean", "running_variance": "running_var"}
    for seed, (mine, other) in enumerate(names.items()):
        value = torch.rand(4, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))
        ours.state_dict()[mine].copy_(value)
        theirs.state_dict()[other].copy_(value)
    return ours, theirs


def assert_same_statistics(ours: BatchNorm, theirs: nn.BatchNorm1d) -> None:
    torch.testing.assert_close(ours.running_mean, theirs.running_mean, **CLOSE)
    torch.testing.assert_close(ours.running_variance, theirs.running_var, **CLOSE)


@pytest.mark.parametrize("times", [(1, 1, 1, 1, 1, 1), (1, 0, 4, 2, 1, 30)])
def test_a_row_that_counts_often_is_as_if_it_stood_there_often(times: tuple[int, ...]) -> None:
    multiplicity, (ours, theirs) = torch.tensor(times), both()
    once, repeated = ROWS.clone().requires_grad_(), ROWS.clone().requires_grad_()
    weight = torch.arange(24.0, dtype=torch.float64).view(6, 4)
    found, expected = ours(once, multiplicity.double()), theirs(repeated.repeat_interleave(multiplicity, dim=0))
    torch.testing.assert_close(found.repeat_interleave(multiplicity, dim=0), expected, **CLOSE)
    assert_same_statistics(ours, theirs)
    (found * weight * multiplicity[:, None]).sum().backward()
    (expected * weight.repeat_interleave(multiplicity, dim=0)).sum().backward()
    torch.testing.assert_close(once.grad, repeated.grad, atol=1e-9, rtol=0)
    torch.testing.assert_close(ours.weight.grad, theirs.weight.grad, atol=1e-9, rtol=0)


def test_without_multiplicity_it_uses_the_running_statistics_and_leaves_them() -> None:
    ours, theirs = both()
    theirs.eval()
    torch.testing.assert_close(ours(ROWS), theirs(ROWS), **CLOSE)
    assert_same_statistics(ours, theirs)


def test_statistics_follow_as_by_several_calls() -> None:
    ours, theirs = both()
    ours(ROWS, torch.ones(6, dtype=torch.float64), calls=2)
    theirs(ROWS)
    theirs(ROWS)
    assert_same_statistics(ours, theirs)


@pytest.mark.parametrize(("rows", "times"), [(ROWS[:1], 1.0), (ROWS[:1], 0.0), (ROWS[:0], None)])
def test_fewer_than_two_rows_become_the_bias_and_move_no_statistics(rows: Tensor, times: float | None) -> None:
    ours, theirs = both()
    rows = rows.clone().requires_grad_()
    found = ours(rows, torch.full((len(rows),), times or 0.0, dtype=torch.float64))
    if times:
        torch.testing.assert_close(found, ours.bias[None], **CLOSE)
    assert found.isfinite().all()
    assert_same_statistics(ours, theirs)
    found.sum().backward()
    assert rows.grad is not None
    assert rows.grad.isfinite().all()
    assert ours.weight.grad is not None
    assert ours.weight.grad.isfinite().all()
