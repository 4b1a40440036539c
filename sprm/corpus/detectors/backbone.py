"""A backbone of torchvision: the features of boxes are means over its last map.

The last map is what the network averages before it classifies. A box is laid over it by RoIAlign (He et al. 2017) with
the map's stride, and its feature is the mean over a grid of 7 by 7 cells, of its part inside the image.
"""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
import torchvision.models
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn
from torchvision.models.detection.transform import GeneralizedRCNNTransform
from torchvision.ops import roi_align
from torchvision.transforms import functional

from sprm.corpus.detectors.raw_images import shrunk
from sprm.corpus.detectors.state_file import load_state
from sprm.corpus.settings import BackboneSource
from sprm.errors import DataError

FAMILIES = ("convnext", "efficientnet", "mobilenet_v3", "regnet", "resnet", "resnext", "wide_resnet")
"""Beginnings of the names whose networks are convolutional, take images of any size, and end in one averaged map."""
LONGEST = 5 / 3
"""The longer side of a resized image is at most so many times the shorter one that was asked for."""
_GRID, _SAMPLES = 7, 2
"""Cells a side that a box is pooled to, and points a side that each is sampled at."""
_STRIDE_FROM = 320
"""Pixels a side of the image that the map's stride is read from."""


class Backbone:
    """A network with its weights, on a device.

    Args:
        source: architecture, weights, and the size that images are given in.
        device: what it computes on.

    Raises:
        DataError: torchvision has no such backbone, or the weights cannot be read or are another architecture's.
    """

    def __init__(self, source: BackboneSource, device: torch.device) -> None:
        check_name(source.name)
        self._device = device
        model: Any = torchvision.models.get_model(source.name, weights=None)
        load_state(model, source.weights, "backbone", f"{source.name} with ImageNet's 1,000 classes")
        # A state does not say how its images were normalised; it is taken for the way of torchvision's own.
        expects = torchvision.models.get_model_weights(source.name).DEFAULT.transforms()
        self._resize = GeneralizedRCNNTransform(source.side, round(LONGEST * source.side), expects.mean, expects.std)
        self._resize.eval()
        # oneDNN convolves faster over images whose channels lie side by side.
        self._model = model.eval().to(device).to(memory_format=torch.channels_last)
        self._model.avgpool.register_forward_pre_hook(self._keep_map)
        self._map = torch.empty(0)
        probe = self._last_map(torch.zeros(1, 3, _STRIDE_FROM, _STRIDE_FROM, device=device))
        self._stride = _STRIDE_FROM / probe.shape[-1]

    def _keep_map(self, module: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        self._map = inputs[0]

    @torch.inference_mode()
    def _last_map(self, images: Tensor) -> Tensor:
        """Return the last map, (images, F, rows, columns), of images, (images, 3, height, width)."""
        self._model(images)
        last, self._map = self._map, torch.empty(0)
        return last

    @torch.inference_mode()
    def features(
        self, images: Sequence[Image.Image], boxes: Sequence[NDArray[np.float32]]
    ) -> list[NDArray[np.float16]]:
        """Pool the features of boxes, in one pass over their images.

        Args:
            images: RGB, of any size.
            boxes: of each image, (regions, 4) xyxy pixels of it; perhaps none.

        Returns:
            Of each image, (regions, F).
        """
        tensors = [functional.convert_image_dtype(functional.pil_to_tensor(shrunk(image))) for image in images]
        resized, _ = self._resize([tensor.to(self._device) for tensor in tensors])
        scaled = [
            torch.from_numpy(_inside(own, image) * _scale(image, size)).to(self._device)
            for image, own, size in zip(images, boxes, resized.image_sizes, strict=True)
        ]
        pooled = roi_align(
            self._last_map(resized.tensors),
            scaled,
            output_size=_GRID,
            spatial_scale=1 / self._stride,
            sampling_ratio=_SAMPLES,
            # Without it boxes would lie half a cell, sixteen pixels, beside their place.
            aligned=True,
        )
        features = pooled.mean(dim=(2, 3)).half().cpu()
        return [own.numpy() for own in torch.split(features, [len(own) for own in boxes])]


def check_name(name: str) -> None:
    """Check that torchvision has a backbone of a name.

    Raises:
        DataError: it has none.
    """
    known = [known for known in torchvision.models.list_models(module=torchvision.models) if known.startswith(FAMILIES)]
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1, cutoff=0)
        raise DataError(f"there is no backbone {name!r}; did you mean {near[0]!r}? Valid: {', '.join(known)}")


def _inside(boxes: NDArray[np.float32], image: Image.Image) -> NDArray[np.float32]:
    """Cut boxes, (regions, 4), off at the sides of their image, beyond which a map knows nothing."""
    return boxes.clip(0, np.array([image.width, image.height] * 2, dtype=np.float32))


def _scale(image: Image.Image, size: tuple[int, int]) -> NDArray[np.float32]:
    """Return what coordinates, xyxy, of an image are multiplied with once it has another (height, width)."""
    height, width = size
    return np.array([width / image.width, height / image.height] * 2, dtype=np.float32)
