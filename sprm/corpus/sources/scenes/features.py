"""Feature vectors of boxes, from the pixels: RoIAlign over an early layer of a ResNet-18 that was never trained.

The weights are random but fixed, so nothing is downloaded. Layer and grid are chosen by a linear probe of the category
on the training split, at no more than 1,024 numbers a box: the stem and the first stage, pooled to 4x4, are level
(0.717 of the held-out boxes), ahead of all others, and the stem takes half the time.
`tests/manual/scenes_probe.py` measures it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torchvision.models import resnet18
from torchvision.ops import roi_align

from sprm.corpus.sources.scenes.drawing import draw
from sprm.corpus.sources.scenes.layout import compose
from sprm.seeding import generator, seed_of
from sprm.threads import torch_threads

STAGES = 0
"""How many of the backbone's four stages follow its stem."""
CELLS = 4
"""Cells on each side of the grid that a box is pooled to."""
FEATURE_SIZE = 64 * CELLS * CELLS
CALIBRATION_PICTURES = 12
"""Pictures, part of no corpus, whose statistics the batch normalisation keeps."""


def extract(
    picture: Image.Image, boxes: NDArray[np.float32], stages: int = STAGES, cells: int = CELLS
) -> NDArray[np.float32]:
    """Describe boxes of a picture.

    Args:
        picture: RGB.
        boxes: (n, 4) xyxy pixels.
        stages: stages of the backbone after its stem.
        cells: side of the grid a box is pooled to.

    Returns:
        (n, F), none below 0, about 1 in root mean square; F is `FEATURE_SIZE` unless another layer or grid is asked
        for. The same on any number of processes.
    """
    # Several threads would change sums, and take the other processes' cores.
    with torch_threads(1), torch.inference_mode():
        backbone = _backbone(stages)
        maps = backbone.network(_tensor(picture)) / backbone.scale
        pooled = roi_align(maps, [torch.from_numpy(boxes)], cells, _map_scale(stages), aligned=True)
        features: NDArray[np.float32] = pooled.flatten(1).numpy()
    return features


def _map_scale(stages: int) -> float:
    """Cells of the map to a pixel of the picture: the stem quarters it, each stage from the second on halves it."""
    return 1 / float(4 << max(stages - 1, 0))


@dataclass(frozen=True)
class _Backbone:
    network: torch.nn.Module
    scale: float
    """Root mean square of its maps over the calibration pictures."""


class _PooledConvolution(torch.nn.Module):
    """A convolution with the pooling that follows it.

    oneDNN convolves and pools in an order of its own; without it between the two, both take less than two thirds of the
    time and give the same to the bit.
    """

    def __init__(self, convolution: torch.nn.Module, pooling: torch.nn.Module) -> None:
        super().__init__()
        self.convolution, self.pooling = convolution, pooling

    def forward(self, picture: torch.Tensor) -> torch.Tensor:
        """Return pooled maps in the usual order."""
        has_onednn = torch.backends.mkldnn.is_available()  # type: ignore[no-untyped-call]
        maps: torch.Tensor = self.pooling(self.convolution(picture.to_mkldnn() if has_onednn else picture))
        return maps.to_dense() if maps.is_mkldnn else maps


@cache
def _backbone(stages: int) -> _Backbone:
    """Build the network once a process."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed_of("scenes", "backbone"))
        whole = resnet18(weights=None)
    layers = [whole.layer1, whole.layer2, whole.layer3, whole.layer4][:stages]
    measured = torch.nn.Sequential(whole.conv1, whole.bn1, whole.relu, whole.maxpool, *layers)
    # Normalising keeps the order of what pooling chooses from, and takes a quarter of the time after it.
    network = torch.nn.Sequential(_PooledConvolution(whole.conv1, whole.maxpool), whole.bn1, whole.relu, *layers)
    # In an untrained network activations grow from block to block; normalised by what pictures of this kind give,
    # they keep one scale.
    for module in measured.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.momentum = None
    pictures = [_tensor(_calibration_picture(i)) for i in range(CALIBRATION_PICTURES)]
    with torch.inference_mode():
        measured.train()
        for picture in pictures:
            measured(picture)
        network.eval()
        squares = [float(network(picture).square().mean()) for picture in pictures]
    return _Backbone(network, (sum(squares) / len(squares)) ** 0.5)


def _calibration_picture(number: int) -> Image.Image:
    rng = generator("scenes", "calibration", number)
    return draw(compose(rng), rng)


def _tensor(picture: Image.Image) -> torch.Tensor:
    pixels = torch.from_numpy(np.array(picture)).permute(2, 0, 1)[None].contiguous().float()
    return pixels.sub_(128).div_(64)
