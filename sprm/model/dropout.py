"""Dropout by masks of a generator's own, so that a training that is taken up again goes on as it would have."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Dropout:
    """Sets numbers to 0 at random and scales the others up; by default it changes nothing."""

    rate: float = 0.0
    """How likely a number becomes 0, in [0, 1)."""
    generator: torch.Generator | None = None
    """Where the masks are drawn from, one after another, on the device of what is masked."""

    def __call__(self, values: Tensor) -> Tensor:
        """Return `values`, of any shape, with the next mask laid over them."""
        if self.rate == 0:
            return values
        drawn = torch.rand(values.shape, generator=self.generator, dtype=values.dtype, device=values.device)
        return values * drawn.ge_(self.rate).div_(1 - self.rate)
