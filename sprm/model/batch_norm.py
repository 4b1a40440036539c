"""Batch norm over rows of which each may stand for several."""

from __future__ import annotations

import torch
from torch import Tensor, nn

EPSILON = 1e-5
MOMENTUM = 0.1


class BatchNorm(nn.Module):
    """What `nn.BatchNorm1d` computes of rows that are repeated, or padded with equal ones, from one of each.

    Args:
        size: numbers in a row, D.
    """

    running_mean: Tensor
    running_variance: Tensor

    def __init__(self, size: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(size))
        self.bias = nn.Parameter(torch.zeros(size))
        self.register_buffer("running_mean", torch.zeros(size))
        self.register_buffer("running_variance", torch.ones(size))

    def forward(self, rows: Tensor, multiplicity: Tensor | None = None, calls: int = 1) -> Tensor:
        """Normalise rows by their own statistics, which the running ones then follow, or by the running statistics.

        Args:
            rows: (n, D).
            multiplicity: (n,) how often each row counts; None to use the running statistics and leave them as they are.
            calls: how often the running statistics follow, as by so many calls with the same rows.

        Returns:
            (n, D).
        """
        if multiplicity is None:
            centred, variance = rows - self.running_mean, self.running_variance
        else:
            total = multiplicity.sum()
            mean = multiplicity @ rows / total.clamp(min=1)
            centred = rows - mean
            variance = multiplicity @ centred.square() / total.clamp(min=1)
            for _ in range(calls):
                self._follow(mean.detach(), variance.detach(), total)
        return centred * (torch.rsqrt(variance + EPSILON) * self.weight) + self.bias

    def _follow(self, mean: Tensor, variance: Tensor, total: Tensor) -> None:
        # Fewer than two rows have no variance to follow.
        share = MOMENTUM * (total > 1).to(mean.dtype)
        self.running_mean.lerp_(mean, share)
        self.running_variance.lerp_(variance * (total / (total - 1).clamp(min=1)), share)
