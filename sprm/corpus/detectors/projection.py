"""Projection of features on their principal axes, for disks that do not hold them whole.

It is fitted to the regions of training images alone. Each number of a feature is standardised, so that none counts for
the scale that it happens to have. What is left is projected on the axes along which these regions vary most, and each
axis is divided by the root of its standard deviation: halfway between leaving the first axes to rule all distances and
whitening, which would lift what is hardly more than noise to their height.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
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
_FLATTEST = 1e-4
"""Standard deviation of an axis, as a share of the first one's, below which it is nothing but rounding to 16 bits."""
_BLOCK = 1024
"""Regions whose products are computed at a time."""
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
            raise IntegrityError("not what was written", path=folder / _FILE) from error


def sample(image_ids: Sequence[str]) -> list[str]:
    """Return the training images that a projection is fitted to: all, or `SAMPLE` of them, evenly spread."""
    count = min(SAMPLE, len(image_ids))
    return [image_ids[row * len(image_ids) // count] for row in range(count)]


def fit(detected: Iterable[Detected], axes: int) -> Projection:
    """Fit a projection.

    Args:
        detected: the regions of training images, one image after the other.
        axes: N, how many numbers a feature is left.

    Raises:
        DataError: there is no region, N is larger than F, or the features vary along fewer axes than N.
    """
    moments: _Moments | None = None
    for image in detected:
        moments = moments or _Moments(image)
        moments.add(image)
    if moments is None:
        raise DataError("no training image has a region that a projection could be fitted to")
    mean, deviation, correlation = moments.standardised()
    if axes > len(mean):
        problem = f"project: {axes}, but features have {len(mean)} numbers; expected at most {len(mean)}"
        raise DataError(problem, path=moments.path)
    variances, directions = np.linalg.eigh(correlation)
    spread = np.sqrt(variances[::-1][:axes].clip(0))
    usable = int((spread > _FLATTEST * spread[0]).sum()) if spread[0] > 0 else 0
    if usable < axes:
        problem = f"project: {axes}, but the training images' features vary along {usable} axes only"
        raise DataError(problem, path=moments.path)
    directions = directions[:, ::-1][:, :axes]
    # An axis and its opposite are as good; which of them comes depends on the library.
    largest = directions[np.abs(directions).argmax(axis=0), np.arange(axes)]
    return Projection(mean, directions * np.sign(largest) / deviation[:, None] / np.sqrt(spread))


class _Moments:
    """Sums over features, from which their mean and covariance follow."""

    def __init__(self, first: Detected) -> None:
        size = first.features.shape[1]
        self.path = first.path
        self._count, self._sum, self._products = 0, np.zeros(size), np.zeros((size, size))
        self._waiting: list[NDArray[np.float64]] = []

    def add(self, image: Detected) -> None:
        features = image.features.astype(np.float64)
        if features.shape[1] != len(self._sum):
            problem = f"features of length {features.shape[1]}, expected {len(self._sum)}"
            raise DataError(problem, path=image.path)
        self._waiting.append(features)
        if sum(map(len, self._waiting)) >= _BLOCK:
            self._take_in()

    def _take_in(self) -> None:
        # The products of one image's few regions would take ten times as long to add as to compute.
        block = np.concatenate([np.empty((0, len(self._sum))), *self._waiting])
        self._waiting.clear()
        self._count += len(block)
        self._sum += block.sum(axis=0)
        self._products += block.T @ block

    def standardised(self) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """Return mean (F,), standard deviation (F,), 1 where there is none, and correlations (F, F)."""
        self._take_in()
        mean = self._sum / self._count
        covariance = self._products / self._count - np.outer(mean, mean)
        variance = covariance.diagonal()
        # A number that never changes has a variance of nothing but rounding.
        varies = variance > 1e-9 * (variance + mean**2)
        deviation = np.where(varies, np.sqrt(variance.clip(0)), 1.0)
        covariance[~varies] = covariance[:, ~varies] = 0
        return mean, deviation, covariance / np.outer(deviation, deviation)


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
