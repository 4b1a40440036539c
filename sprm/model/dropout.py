"""Dropout by masks of a generator's own, so that a training that is taken up again goes on as it would have."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

AT_A_TIME = 2**16
"""Numbers of a mask that are drawn and worked on together, few enough to stay in a processor's cache."""


@dataclass(frozen=True)
class Dropout:
    """Sets numbers to 0 at random and scales the others up; by default it changes nothing."""

    rate: float = 0.0
    """How likely a number becomes 0, in [0, 1)."""
    generator: torch.Generator | None = None
    """Where the masks are drawn from, one after another, on the device of what is masked."""

    def __call__(self, values: Tensor) -> Tensor:
        """Return `values`, of any shape, with the next mask laid over them."""
        mask = self.mask(values, values.shape)
        return values if mask is None else values * mask

    def mask(self, values: Tensor, shape: Sequence[int]) -> Tensor | None:
        """Draw the next mask, of a shape, for such values; None where it would change nothing."""
        if self.rate == 0:
            return None
        mask = values.new_empty(shape)
        # On a GPU other parts would be other numbers.
        for part in torch.split(mask.view(-1), AT_A_TIME if mask.device.type == "cpu" else mask.numel()):
            part.uniform_(generator=self.generator).ge_(self.rate).div_(1 - self.rate)
        return mask
