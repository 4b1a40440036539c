"""Feature vectors of boxes, from the pixels: RoIAlign over an early stage of a ResNet-18 that was never trained.

The weights are random but fixed, so nothing is downloaded. Stage, pooling and width are those that let a linear probe
(ridge regression on one-hot categories) name the category best at no more than 1,024 numbers a box. It was fitted on
boxes with an IoU of 0.6 or more with a thing in 800 images of the training split (seed 0), and tried on the other 200;
221 categories:

====================  =====  ========  ======
maps, cells           size   category  colour
====================  =====  ========  ======
stem, 4x4             1,024     0.720   0.851
stage 1, 2x2            256     0.541   0.754
stage 1, 3x3            576     0.675   0.803
stage 1, 4x4          1,024     0.722   0.812
... half its width      512     0.633   0.740
stage 2, 2x2            512     0.495   0.685
stage 2, 4x4          2,048     0.600   0.709
stage 3, 2x2          1,024     0.316   0.452
====================  =====  ========  ======
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torchvision.models import resnet18
from torchvision.ops import roi_align

from sprm.corpus.scenes.drawing import draw
from sprm.corpus.scenes.layout import compose
from sprm.seeding import generator, seed_of

STAGE = 1
"""How many of the backbone's four stages are used."""
POOL = 4
"""Cells on each side of the grid that a box is pooled to."""
FEATURE_SIZE = 64 * 2 ** (STAGE - 1) * POOL * POOL
STRIDE = 4 * 2 ** (STAGE - 1)
"""Pixels of the picture to one cell of the stage's map."""
CALIBRATION_PICTURES = 12
"""Pictures, part of no corpus, whose statistics the batch normalisation keeps."""


def extract(picture: Image.Image, boxes: NDArray[np.float32]) -> NDArray[np.float32]:
    """Describe boxes of a picture.

    Args:
        picture: RGB.
        boxes: (n, 4) xyxy pixels.

    Returns:
        (n, `FEATURE_SIZE`), none below 0, about 1 in root mean square. The same on any number of processes.
    """
    with _one_thread(), torch.inference_mode():
        backbone = _backbone()
        maps = backbone.network(_tensor(picture)) / backbone.scale
        pooled = roi_align(maps, [torch.from_numpy(boxes)], POOL, 1 / STRIDE, aligned=True)
        features: NDArray[np.float32] = pooled.flatten(1).numpy()
    return features


@dataclass(frozen=True)
class _Backbone:
    network: torch.nn.Module
    scale: float
    """Root mean square of its maps over the calibration pictures."""


@cache
def _backbone() -> _Backbone:
    """Build the network once a process."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed_of("scenes", "backbone"))
        whole = resnet18(weights=None)
    stages = [whole.layer1, whole.layer2, whole.layer3, whole.layer4][:STAGE]
    network = torch.nn.Sequential(whole.conv1, whole.bn1, whole.relu, whole.maxpool, *stages)
    # In an untrained network activations grow from block to block; normalised by what pictures of this kind give,
    # they keep one scale.
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.momentum = None
    pictures = [_tensor(_calibration_picture(i)) for i in range(CALIBRATION_PICTURES)]
    with torch.inference_mode():
        network.train()
        for picture in pictures:
            network(picture)
        network.eval()
        squares = [float(network(picture).square().mean()) for picture in pictures]
    return _Backbone(network, (sum(squares) / len(squares)) ** 0.5)


def _calibration_picture(number: int) -> Image.Image:
    rng = generator("scenes", "calibration", number)
    return draw(compose(rng), rng)


def _tensor(picture: Image.Image) -> torch.Tensor:
    pixels = torch.from_numpy(np.array(picture)).permute(2, 0, 1)[None].float()
    return (pixels - 128) / 64


@contextmanager
def _one_thread() -> Iterator[None]:
    """Compute on one thread: several would change sums, and take the other processes' cores."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
