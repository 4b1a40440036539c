"""The boxes that compete within images: the regions, and where padding takes part, one padded box an image."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from sprm.batches.packing import Packing


@dataclass(frozen=True)
class EqualImages:
    """Images of equally many boxes."""

    images: Tensor
    """(n,) which of the I images."""
    boxes: Tensor
    """(n, k) which of the N boxes each of them has."""
    places: Tensor
    """(k,) where they stand among as many as any image has: regions in front, a padded box at the end."""


@dataclass(frozen=True)
class BoxSlots:
    """Where `N` boxes lie among `I` images: all regions first, then one padded box of each image or none at all.

    Padded boxes of an image are alike, so one stands for them all and counts as often as there are.
    """

    images: Tensor
    """(N,) which of the I images each is of."""
    counts: Tensor
    """(N,) how many boxes each stands for: 1 for a region, 0 or more for a padded box."""
    groups: tuple[EqualImages, ...]
    """All images, those of the fewest boxes first, so that boxes of an image can meet without any padding."""

    @classmethod
    def of(cls, regions: Packing, boxes: int | None) -> BoxSlots:
        """Lay out the boxes of some images.

        Args:
            regions: the regions of each image.
            boxes: how many boxes an image is padded to; images that have more are left whole. None: nothing is padded.
        """
        images, sizes = regions.mask.nonzero()[:, 0], regions.mask.sum(dim=1)
        counts = torch.ones_like(images)
        if boxes is not None:
            images = torch.cat([images, torch.arange(len(sizes), device=images.device)])
            counts = torch.cat([counts, (boxes - sizes).clamp(min=0)])
            sizes = sizes + 1
        order = (sizes[images] * len(sizes) + images).argsort(stable=True)
        kinds, often = (numbers.tolist() for numbers in torch.unique(sizes, return_counts=True))
        parts = torch.split(order, [size * count for size, count in zip(kinds, often, strict=True)])
        groups = []
        for part, size in zip(parts, kinds, strict=True):
            each, places = part.view(-1, size), torch.arange(size, device=images.device)
            if boxes is not None:
                places[-1] = kinds[-1] - 1
            groups.append(EqualImages(images[each[:, 0]], each, places))
        return cls(images, counts, tuple(groups))
