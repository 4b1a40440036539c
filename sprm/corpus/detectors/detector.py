"""A detector of torchvision as something that gives an image's regions: boxes, classes, scores and features.

The backbone runs once for an image: hooks keep its maps, and the features of the boxes that are kept are pooled from
them. A detector with a box head (the R-CNNs) gives what the head makes of a box; of the others, a box's feature is the
mean over a 7 by 7 grid on the map of its size.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import takewhile
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn
from torchvision.models.detection.transform import resize_boxes
from torchvision.ops import MultiScaleRoIAlign
from torchvision.transforms import functional

from sprm.corpus.corpus import Warnings
from sprm.corpus.detectors.detector_weights import fetch_weights, load_weights, torchvision_weights, weights_path
from sprm.corpus.detectors.raw_images import shrunk
from sprm.corpus.detectors.regions import Regions, torchvision_version
from sprm.corpus.settings import DetectorSource

NO_CLASS = ("__background__", "N/A", "no person")
"""Names in torchvision's lists of classes that stand for no object."""
LIKELY_ENOUGH = 0.001
"""Score above which most images have more boxes than are kept; suppressing all boxes below takes long."""
_UNLIMITED = 2**31 - 1
_GRID = 7
"""Cells a side that a box is pooled to."""
_STRIDES_FROM = 320
"""Pixels a side of the image that the maps' strides are read from, which are powers of two up to 128."""


class Detector:
    """A network with its weights, on a device.

    Args:
        source: architecture, weights and which boxes are kept.
        weights: file of the weights, as `fetch_weights` returns it.
        device: what it computes on.

    Raises:
        DataError: the weights cannot be read or are another architecture's.
    """

    def __init__(self, source: DetectorSource, weights: Path, device: torch.device) -> None:
        self.class_names: tuple[str, ...] = tuple(torchvision_weights(source.name).meta["categories"])
        self._source, self._device = source, device
        self._objects = torch.tensor([name not in NO_CLASS for name in self.class_names], device=device)
        # oneDNN convolves faster over images whose channels lie side by side.
        self._model: Any = load_weights(source, weights).to(device).to(memory_format=torch.channels_last)
        self._heads: Any = getattr(self._model, "roi_heads", None)
        self._chooser: Any = self._model if self._heads is None else self._heads
        self._resized: Any = None
        self._maps: dict[str, Tensor] = {}
        self._listen()
        self._lift_limits()
        self._pool = self._prepare_pool()

    def _listen(self) -> None:
        self._model.transform.register_forward_hook(self._keep_resized)
        self._model.backbone.register_forward_hook(self._keep_maps)

    def _keep_resized(self, module: nn.Module, inputs: object, output: Any) -> None:
        self._resized = output[0]

    def _keep_maps(self, module: nn.Module, inputs: object, output: Any) -> None:
        self._maps = {"0": output} if isinstance(output, Tensor) else output

    def _lift_limits(self) -> None:
        """Let the network give every box; which are kept is decided here, once their classes are known."""
        self._chooser.detections_per_img = _UNLIMITED
        if self._heads is not None:
            self._model.rpn.score_thresh = 0.0
            # Masks and keypoints are made of all boxes that are given, and are not asked for.
            self._heads.mask_roi_pool = self._heads.keypoint_roi_pool = None

    @torch.inference_mode()
    def _prepare_pool(self) -> Any:
        """Return what pools boxes from the maps, with the maps' strides.

        Torchvision guesses the strides from the first image that comes and keeps them; from an image of a few pixels'
        height it guesses wrong, and what an image gives would depend on which came first.
        """
        size = (_STRIDES_FROM, _STRIDES_FROM)
        self._model.backbone(torch.zeros(1, 3, *size, device=self._device))
        if self._heads is not None:
            pool = self._heads.box_roi_pool
        else:
            channels = next(iter(self._maps.values())).shape[1]
            names = [name for name, _ in takewhile(lambda item: item[1].shape[1] == channels, self._maps.items())]
            pool = MultiScaleRoIAlign(names, output_size=_GRID, sampling_ratio=2)
        pool(self._maps, [torch.zeros(1, 4, device=self._device)], [size])
        return pool

    @torch.inference_mode()
    def detect(self, images: Sequence[Image.Image]) -> list[Regions]:
        """Find the regions of some images, in one pass.

        Args:
            images: RGB, of any size.

        Returns:
            For each image the boxes that the source's `score`, `at_least` and `at_most` keep; perhaps none.
        """
        pictures = [shrunk(image) for image in images]
        tensors = [functional.convert_image_dtype(functional.pil_to_tensor(picture)) for picture in pictures]
        tensors = [tensor.to(self._device) for tensor in tensors]
        kept = self._kept(tensors, min(LIKELY_ENOUGH, self._source.score / 2))
        if any(len(detections["scores"]) < self._source.at_least for detections in kept):
            kept = self._kept(tensors, 0.0)
        counts = [len(detections["scores"]) for detections in kept]
        features = self._features(
            [detections["boxes"] for detections in kept], [tuple(image.shape[1:]) for image in tensors]
        )
        # Else the maps of these images would lie beside those of the next.
        self._maps, self._resized = {}, None
        scales = [
            np.array([image.width / picture.width, image.height / picture.height] * 2, dtype=np.float32)
            for image, picture in zip(images, pictures, strict=True)
        ]
        return [
            Regions(
                scale * detections["boxes"].float().cpu().numpy(),
                detections["labels"].int().cpu().numpy(),
                detections["scores"].float().cpu().numpy(),
                own.half().cpu().numpy(),
            )
            for detections, own, scale in zip(kept, torch.split(features, counts), scales, strict=True)
        ]

    def regions(self, pictures: Mapping[str, Image.Image]) -> list[Regions]:
        """Return the regions of some images by their ids, for which the detector does not care."""
        return self.detect(list(pictures.values()))

    def _kept(self, images: Sequence[Tensor], threshold: float) -> list[dict[str, Tensor]]:
        """Run the network for boxes above a score, and choose those that are kept."""
        self._chooser.score_thresh = threshold
        kept = []
        for output in self._model(list(images)):
            objects = self._objects[output["labels"]]
            scores, order = output["scores"][objects].sort(descending=True, stable=True)
            enough = max(int((scores >= self._source.score).sum()), self._source.at_least)
            first = order[: min(enough, self._source.at_most)]
            kept.append({name: output[name][objects][first] for name in ("boxes", "labels", "scores")})
        return kept

    def _features(self, boxes: Sequence[Tensor], sizes: Sequence[tuple[int, ...]]) -> Tensor:
        """Pool the features of boxes, xyxy pixels of images of those (height, width), to (all boxes, F)."""
        resized = [
            resize_boxes(own, size, new) for own, size, new in zip(boxes, sizes, self._resized.image_sizes, strict=True)
        ]
        pooled: Tensor = self._pool(self._maps, resized, self._resized.image_sizes)
        if self._heads is None:
            return pooled.mean(dim=(2, 3))
        features: Tensor = self._heads.box_head(pooled)
        return features


class DetectorExtractor:
    """A detector as what regions are extracted with.

    Args:
        source: the detector and which boxes are kept.

    Raises:
        DataError: torchvision has no detector of that name.
    """

    def __init__(self, source: DetectorSource) -> None:
        self._source = source
        self.title = f"torchvision {torchvision_version()} {source.name}"
        # Torchvision's own weights are not used as a user's copy of them is; where a copy stands changes nothing.
        own = "torchvision's" if source.weights == "coco" else "user's"
        self.settings = (source.model_dump_json(exclude={"weights"}), own)
        self.batch, self.threads = source.batch, source.threads
        self.weights = weights_path(source)

    def fetch_weights(self) -> None:
        """Download the weights when they are torchvision's and not there yet.

        Raises:
            DataError: they are missing and cannot be downloaded.
        """
        fetch_weights(self._source)

    def about(self, image_id: str) -> Sequence[str]:
        """Return nothing: the file of an image decides its regions."""
        return ()

    def network(self, device: torch.device) -> Detector:
        """Build the detector.

        Raises:
            DataError: the weights cannot be read or are another architecture's.
        """
        return Detector(self._source, self.weights, device)

    def passed_over(self, split: str) -> list[Warnings]:
        """Return nothing: the detector is run on the images of the splits alone."""
        return []
