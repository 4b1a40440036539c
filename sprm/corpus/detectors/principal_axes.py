"""Fitting a projection: the principal axes of the regions of training images.

Sums and axes are computed by torch on one thread, so that the same regions give the same projection, to the last digit,
on however many threads everything else runs.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import torch
from numpy.typing import NDArray

from sprm.corpus.detection import Detected
from sprm.corpus.detectors.projection import Projection
from sprm.errors import DataError
from sprm.threads import torch_threads

_FLATTEST = 1e-4
"""Standard deviation of an axis, as a share of the first one's, below which it is nothing but rounding to 16 bits."""
_BLOCK = 1024
"""Regions whose products are computed at a time."""


def fit(detected: Iterable[tuple[str, Detected]], axes: int) -> Projection:
    """Fit a projection.

    Args:
        detected: ids of training images, each with the image's regions.
        axes: N, how many numbers a feature is left.

    Raises:
        DataError: there is no region, features differ in length, N is larger than F, or the features vary along fewer
            axes than N.
    """
    moments: _Moments | None = None
    for image_id, regions in detected:
        moments = moments or _Moments(regions)
        moments.add(image_id, regions)
    if moments is None:
        raise DataError("no training image has a region that a projection could be fitted to")
    mean, deviation, correlation = moments.standardised()
    if axes > len(mean):
        problem = f"project: {axes}, but features have {len(mean)} numbers; expected at most {len(mean)}"
        raise DataError(problem, path=moments.path)
    with torch_threads(1):
        variances, directions = (found.numpy() for found in torch.linalg.eigh(torch.from_numpy(correlation)))
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

    def add(self, image_id: str, regions: Detected) -> None:
        features = regions.features.astype(np.float64)
        if features.shape[1] != len(self._sum):
            problem = f"features of length {features.shape[1]}, expected {len(self._sum)}"
            raise DataError(problem, path=regions.path, where=f"image {image_id}")
        self._waiting.append(features)
        if sum(map(len, self._waiting)) >= _BLOCK:
            self._take_in()

    def _take_in(self) -> None:
        # The products of one image's few regions would take ten times as long to add as to compute.
        block = np.concatenate([np.empty((0, len(self._sum))), *self._waiting])
        self._waiting.clear()
        self._count += len(block)
        self._sum += block.sum(axis=0)
        rows = torch.from_numpy(block)
        with torch_threads(1):
            self._products += (rows.T @ rows).numpy()

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
