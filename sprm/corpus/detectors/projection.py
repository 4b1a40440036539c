"""Projection of features on their principal axes, for disks that do not hold them whole.

It is fitted to the regions of training images alone. Each number of a feature is standardised, so that none counts for
the scale that it happens to have. What is left is projected on the axes along which these regions vary most, and each
axis is divided by the root of its standard deviation: halfway between leaving the first axes to rule all distances and
whitening, which would lift what is hardly more than noise to their height.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

from sprm.corpus.corpus import Warnings
from sprm.corpus.detection import Detected, Detections, DetectionsPart, in_half_precision, tally_features
from sprm.corpus.warnings import Tally
from sprm.errors import DataError, IntegrityError

SAMPLE = 2000
"""Training images that it is fitted to at most, evenly spread over their list: some 70,000 regions."""
_FILE = "projection.npz"


@dataclass(frozen=True, eq=False)
class Projection:
    """What takes features of F numbers to N.

    A feature becomes `(feature - mean) @ axes`.
    """

    mean: NDArray[np.float64]
    """(F,)."""
    axes: NDArray[np.float64]
    """(F, N), with everything that numbers are divided by."""

    @property
    def digest(self) -> str:
        """sha256 of its numbers."""
        return hashlib.sha256(self.mean.tobytes() + self.axes.tobytes()).hexdigest()

    def apply(self, features: NDArray[np.floating], path: Path, where: str) -> NDArray[np.float16]:
        """Project features, (regions, F) to (regions, N).

        Raises:
            DataError: they have another length than those that it was fitted to.
        """
        if features.shape[1] != len(self.mean):
            problem = f"features of length {features.shape[1]}, and the projection was fitted to {len(self.mean)}"
            raise DataError(problem, path=path, where=where)
        return in_half_precision((features.astype(np.float64) - self.mean) @ self.axes, path, where)

    def save(self, folder: Path) -> None:
        """Write it into a folder."""
        np.savez(folder / _FILE, mean=self.mean, axes=self.axes)

    @classmethod
    def open(cls, folder: Path) -> Projection:
        """Read what `save` wrote.

        Raises:
            IntegrityError: it is not what was written.
        """
        try:
            with np.load(folder / _FILE, allow_pickle=False) as stored:
                return cls(stored["mean"], stored["axes"])
        except (OSError, ValueError, LookupError) as error:
            raise IntegrityError("the content has changed", path=folder / _FILE) from error


def sample(image_ids: Sequence[str]) -> list[str]:
    """Return the training images that a projection is fitted to: all, or `SAMPLE` of them, evenly spread."""
    count = min(SAMPLE, len(image_ids))
    return [image_ids[row * len(image_ids) // count] for row in range(count)]


@dataclass(frozen=True)
class ProjectedDetections:
    """Detections whose features are projected as they are read."""

    detections: Detections
    projection: Projection

    @property
    def extractor(self) -> str:
        """What made boxes and features, and which projection."""
        axes = self.projection.axes.shape[1]
        return f"{self.detections.extractor}; projected on {axes} principal axes, sha256 {self.projection.digest[:16]}"

    def part(self, image_ids: Sequence[str]) -> ProjectedPart:
        """Return what a worker needs to read the regions of some images."""
        return ProjectedPart(self.detections.part(image_ids), self.projection)

    def passed_over(self, split: str) -> list[Warnings]:
        """Return what the files hold beyond the images of any split."""
        return self.detections.passed_over(split)


class ProjectedPart:
    """The projected regions of some images."""

    def __init__(self, part: DetectionsPart, projection: Projection) -> None:
        self._part, self._projection = part, projection

    def __enter__(self) -> ProjectedPart:
        self._part.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._part.__exit__(kind, error, trace)

    def find(self, image_id: str, tally: Tally) -> Detected | None:
        """Read the regions of an image; None when the detector found nothing in it.

        Raises:
            DataError: what is read is refused, or its features have another length than those of the other images.
        """
        found = self._part.find(image_id, tally)
        if found is None:
            return None
        # Projected, they would not be zero any more.
        tally_features(image_id, found.features, tally)
        projected = self._projection.apply(found.features, found.path, f"image {image_id}")
        return replace(found, features=projected)
