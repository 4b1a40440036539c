"""Feature vectors of boxes, from the pixels: RoIAlign over an early stage of a ResNet-18 that was never trained.

The weights are random but fixed, so nothing is downloaded. Stage, pooling and width were chosen by a linear probe of
the category on boxes of the training split; see tests/sprm/corpus/test_scenes_features.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
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
        (n, `FEATURE_SIZE`), none below 0. The same on any number of processes.
    """
    with _one_thread(), torch.inference_mode():
        maps = _backbone()(_tensor(picture))
        pooled = roi_align(maps, [torch.from_numpy(boxes)], POOL, 1 / STRIDE, aligned=True)
        features: NDArray[np.float32] = pooled.flatten(1).numpy()
    return features


@cache
def _backbone() -> torch.nn.Module:
    """Build the network once a process."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed_of("scenes", "backbone"))
        whole = resnet18(weights=None)
    stages = [whole.layer1, whole.layer2, whole.layer3, whole.layer4][:STAGE]
    network = torch.nn.Sequential(whole.conv1, whole.bn1, whole.relu, whole.maxpool, *stages)
    # In an untrained network activations grow from block to block; normalised by what pictures of this kind give,
    # they have unit scale.
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.momentum = None
    network.train()
    for i in range(CALIBRATION_PICTURES):
        rng = generator("scenes", "calibration", i)
        network(_tensor(draw(compose(rng), rng)))
    return network.eval()


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
