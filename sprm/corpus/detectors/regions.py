"""What is extracted of raw images, and with what: a detector, or given boxes and a backbone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from sprm.corpus.corpus import Warnings


@dataclass(frozen=True)
class Regions:
    """The regions of one image, the most confident first."""

    boxes: NDArray[np.float32]
    """(regions, 4) xyxy pixels of the image as it is stored."""
    labels: NDArray[np.int32]
    """(regions,) row of the network's `class_names`."""
    scores: NDArray[np.float32]
    """(regions,) in [0, 1], falling."""
    features: NDArray[np.float16]
    """(regions, F)."""


class RegionNetwork(Protocol):
    """A network with its weights, on a device."""

    @property
    def class_names(self) -> Sequence[str]:
        """What labels are rows of."""
        ...

    def regions(self, pictures: Mapping[str, Image.Image]) -> list[Regions]:
        """Return the regions of some images, RGB and of any size, by their ids; perhaps none of an image."""
        ...


class RegionExtractor(Protocol):
    """Everything but the images that decides what is extracted of them."""

    @property
    def title(self) -> str:
        """The network with its library, for the record."""
        ...

    @property
    def settings(self) -> Sequence[str]:
        """What decides the regions of any image beside the contents of the weights."""
        ...

    @property
    def batch(self) -> int:
        """Images in a forward pass."""
        ...

    @property
    def threads(self) -> int:
        """CPU threads."""
        ...

    @property
    def weights(self) -> Path:
        """File of the network's state; it may be missing."""
        ...

    def fetch_weights(self) -> None:
        """Make sure that the file of the weights is there.

        Raises:
            DataError: it is not, and cannot be had.
        """
        ...

    def about(self, image_id: str) -> Sequence[str]:
        """Return what decides the regions of one image beside its file."""
        ...

    def network(self, device: torch.device) -> RegionNetwork:
        """Build the network.

        Raises:
            DataError: the weights cannot be read or are another architecture's.
        """
        ...

    def passed_over(self, split: str) -> list[Warnings]:
        """Return what files hold beyond the images of any split."""
        ...


def torchvision_version() -> str:
    """Version of torchvision without what its build adds."""
    return version("torchvision").partition("+")[0]
