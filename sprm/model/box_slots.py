"""The boxes that compete within images: the regions, and where padding takes part, one padded box an image."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from sprm.batches.packing import Packing


@dataclass(frozen=True)
class BoxSlots:
    """Where `N` boxes lie among `I` images: all regions first, then one padded box of each image or none at all.

    Padded boxes of an image are alike, so one stands for them all and counts as often as there are.
    """

    packing: Packing
    """The boxes of each image."""
    images: Tensor
    """(N,) which of the I images each is of."""
    counts: Tensor
    """(N,) how many boxes each stands for: 1 for a region, 0 or more for a padded box."""

    @classmethod
    def of(cls, regions: Packing, boxes: int | None) -> BoxSlots:
        """Lay out the boxes of some images.

        Args:
            regions: the regions of each image.
            boxes: how many boxes an image is padded to; images that have more are left whole. None: nothing is padded.
        """
        images = regions.mask.nonzero()[:, 0]
        if boxes is None:
            return cls(regions, images, torch.ones_like(images))
        count, longest = regions.mask.shape
        each = torch.arange(count, device=images.device)
        last = regions.mask.new_ones(count, 1)
        packing = Packing(
            mask=torch.cat([regions.mask, last], dim=1),
            slots=torch.cat([regions.slots + images, each * (longest + 1) + longest]),
        )
        padded = (boxes - regions.mask.sum(dim=1)).clamp(min=0)
        return cls(packing, torch.cat([images, each]), torch.cat([torch.ones_like(images), padded]))
