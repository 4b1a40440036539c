"""Regions as the visual map takes them, features and coordinates side by side, and where they are read from."""

from __future__ import annotations

import mmap
from contextlib import suppress
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from sprm.batches.encoding import EncodedSplit
from sprm.batches.packing import offsets_of, ranges, sizes
from sprm.files.mapped import shared_tensor


class Regions(Protocol):
    """A source of the regions of a split's images."""

    def read(self, images: NDArray[np.int64]) -> Tensor:
        """Return the regions of some images, (R, F + C) float32, image by image; valid until the next call."""
        ...

    def expect(self, images: NDArray[np.int64]) -> None:
        """Prepare for a call of `read` with these images."""
        ...


def regions_of(split: EncodedSplit, images: NDArray[np.int64], device: torch.device) -> Regions:
    """Choose where regions are read from: a GPU's own memory when they would take less than half of what is free.

    Args:
        split: whose regions.
        images: (n,) indices of all images that will be asked for.
        device: where the regions are needed.
    """
    if device.type == "cuda":
        free, _ = torch.cuda.mem_get_info(device)
        rows = int(sizes(split.region_offsets, images).sum())
        if 2 * rows * split.features.shape[1] * split.features.itemsize < free:
            # Another process may take what was free a moment ago.
            with suppress(torch.cuda.OutOfMemoryError):
                return ResidentRegions(split, images, device)
    return MappedRegions(split, device)


class MappedRegions:
    """Regions read from the memory map when they are needed.

    Each image's features turn from half into single precision on their way into the one buffer that a step computes
    from; nothing else of that size is made.
    """

    def __init__(self, split: EncodedSplit, device: torch.device) -> None:
        self._offsets, self._mapped = split.region_offsets, split.features
        self._features, self._coordinates = shared_tensor(split.features), shared_tensor(split.coordinates)
        self._buffer = torch.empty(0, self._features.shape[1] + self._coordinates.shape[1])
        self._device = device

    def read(self, images: NDArray[np.int64]) -> Tensor:
        """Return the regions of some images, (R, F + C) float32, image by image; valid until the next call."""
        counts = sizes(self._offsets, images)
        total, width = int(counts.sum()), self._features.shape[1]
        if total > len(self._buffer):
            self._buffer = self._buffer.new_empty(total, self._buffer.shape[1])
        parts = torch.split(self._buffer[:total, :width], counts.tolist())
        for part, first in zip(parts, self._offsets[images].tolist(), strict=True):
            part.copy_(self._features[first : first + len(part)])
        rows = torch.from_numpy(ranges(self._offsets, images))
        self._buffer[:total, width:] = self._coordinates.index_select(0, rows)
        return self._buffer[:total].to(self._device)

    def expect(self, images: NDArray[np.int64]) -> None:
        """Have the system fetch these images' features from disk while the processor goes on with other work."""
        pages = self._mapped.base
        if not isinstance(self._mapped, np.memmap) or not isinstance(pages, mmap.mmap):
            return
        if not hasattr(mmap, "MADV_WILLNEED"):
            return
        header, row = self._mapped.offset % mmap.ALLOCATIONGRANULARITY, self._mapped.strides[0]
        for start, end in zip(self._offsets[images].tolist(), self._offsets[images + 1].tolist(), strict=True):
            first = (header + start * row) // mmap.PAGESIZE * mmap.PAGESIZE
            pages.madvise(mmap.MADV_WILLNEED, first, header + end * row - first)


class ResidentRegions:
    """The regions of some images, kept in half precision on the device that asks for them.

    Args:
        split: whose regions.
        images: (n,) indices of the images that may be asked for.
        device: where they are kept.
    """

    def __init__(self, split: EncodedSplit, images: NDArray[np.int64], device: torch.device) -> None:
        kept = np.unique(images)
        counts = sizes(split.region_offsets, kept)
        self._place = np.full(len(split.region_offsets) - 1, -1)
        self._place[kept] = np.arange(len(kept))
        self._offsets = offsets_of(counts)
        mapped = shared_tensor(split.features)
        self._features = torch.empty(int(counts.sum()), mapped.shape[1], dtype=mapped.dtype, device=device)
        # Image by image, so that no second copy of them all is made on the way.
        for rows, first in zip(torch.split(self._features, counts.tolist()), split.region_offsets[kept], strict=True):
            rows.copy_(mapped[first : first + len(rows)])
        coordinates = split.coordinates[ranges(split.region_offsets, kept)]
        self._coordinates = torch.from_numpy(coordinates).to(device)

    def read(self, images: NDArray[np.int64]) -> Tensor:
        """Return the regions of some of the kept images, (R, F + C) float32, image by image."""
        rows = torch.from_numpy(ranges(self._offsets, self._place[images])).to(self._features.device)
        return torch.cat([self._features[rows].float(), self._coordinates[rows]], dim=1)

    def expect(self, images: NDArray[np.int64]) -> None:
        """Do nothing: they are here."""
