"""Boxes that files give, with features that are pooled from the last map of a backbone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from PIL import Image

from sprm.corpus.corpus import Warnings
from sprm.corpus.detectors.backbone import Backbone
from sprm.corpus.detectors.coco_results import CocoResults
from sprm.corpus.detectors.regions import Regions, torchvision_version
from sprm.corpus.settings import BackboneSource
from sprm.errors import DataError


class PooledBoxes:
    """A backbone that is given boxes.

    Args:
        backbone: the network.
        results: the boxes of each image.
    """

    def __init__(self, backbone: Backbone, results: CocoResults) -> None:
        self.class_names = results.class_names
        self._backbone, self._results = backbone, results

    def regions(self, pictures: Mapping[str, Image.Image]) -> list[Regions]:
        """Return the regions of some images, RGB and of any size, by their ids; none of an image without boxes."""
        given = [self._results.of(image_id) for image_id in pictures]
        features = self._backbone.features(list(pictures.values()), [own.boxes for own in given])
        return [Regions(own.boxes, own.labels, own.scores, pooled) for own, pooled in zip(given, features, strict=True)]


class PooledBoxesExtractor:
    """Boxes of results files and a backbone as what regions are extracted with.

    Args:
        source: the backbone.
        results: the boxes of each image.
    """

    def __init__(self, source: BackboneSource, results: CocoResults) -> None:
        self._source, self._results = source, results
        self.title = f"boxes of COCO results files, pooled from torchvision {torchvision_version()} {source.name}"
        self.settings = ("pooled boxes", source.model_dump_json(exclude={"weights"}))
        self.batch, self.threads, self.weights = source.batch, source.threads, source.weights

    def fetch_weights(self) -> None:
        """Look for the weights; they are never downloaded.

        Raises:
            DataError: the file is missing.
        """
        if not self.weights.is_file():
            raise DataError("the file of the backbone's weights is missing", path=self.weights)

    def about(self, image_id: str) -> Sequence[str]:
        """Return a hash of an image's boxes, classes and scores."""
        return (self._results.about(image_id),)

    def network(self, device: torch.device) -> PooledBoxes:
        """Build the backbone.

        Raises:
            DataError: there is no such backbone, or the weights cannot be read or are another architecture's.
        """
        return PooledBoxes(Backbone(self._source, device), self._results)

    def passed_over(self, split: str) -> list[Warnings]:
        """Count images of the results files that no split lists."""
        return self._results.passed_over(split)
