"""Ragged groups: packed end to end, and spread over a padded array only where a product needs it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor


@dataclass(frozen=True)
class Packing:
    """Where the members of ragged groups lie, in one packed array and in a padded one."""

    mask: Tensor
    """(groups, longest) bool, True where a member stands."""
    slots: Tensor
    """(members,) position of each member in the padded array, flattened."""

    @classmethod
    def of(cls, counts: NDArray[np.int64]) -> Packing:
        """Lay out groups of the given sizes."""
        mask = np.arange(counts.max())[None, :] < counts[:, None]
        return cls(torch.from_numpy(mask), torch.from_numpy(np.flatnonzero(mask)))

    def pad(self, packed: Tensor) -> Tensor:
        """Spread `packed`, (members, ...), over (groups, longest, ...), zero where nobody stands."""
        groups, longest = self.mask.shape
        padded = packed.new_zeros((groups * longest, *packed.shape[1:]))
        return padded.index_copy_(0, self.slots, packed).view(groups, longest, *packed.shape[1:])

    def pack(self, padded: Tensor) -> Tensor:
        """Gather the members of `padded`, (groups, longest, ...), into (members, ...)."""
        return padded.flatten(0, 1).index_select(0, self.slots)


def sizes(offsets: NDArray[np.int64], groups: NDArray[np.int64]) -> NDArray[np.int64]:
    """Size of each of the given groups, of which group g has `offsets[g]:offsets[g + 1]`."""
    counts: NDArray[np.int64] = offsets[groups + 1] - offsets[groups]
    return counts


def ranges(offsets: NDArray[np.int64], groups: NDArray[np.int64]) -> NDArray[np.int64]:
    """Concatenate the ranges `offsets[g]:offsets[g + 1]` of the given groups."""
    counts = sizes(offsets, groups)
    ends = np.cumsum(counts)
    return np.repeat(offsets[groups] - (ends - counts), counts) + np.arange(ends[-1])


def offsets_of(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """First position of each group, (groups + 1,), in an array of groups of the given sizes."""
    offsets = np.zeros(len(counts) + 1, dtype=np.int64)
    np.cumsum(counts, out=offsets[1:])
    return offsets
