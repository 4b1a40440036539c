"""How large the features of regions are: one mean and one deviation for all of them, or one for each number."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sprm.batches.encoding import EncodedSplit
from sprm.errors import DataError


@dataclass(frozen=True)
class FeatureScale:
    """What features are standardised by: `(feature - mean) / deviation`, whichever feature it is."""

    mean: float
    deviation: float
    """Standard deviation, above 0."""

    @classmethod
    def of(cls, split: EncodedSplit, images: NDArray[np.int64]) -> FeatureScale:
        """Measure the features of all regions of some images, reading each once.

        Args:
            split: whose features.
            images: (n,) indices of the images; those that training may learn from.

        Raises:
            DataError: all of them are the same number.
        """
        count, total, squares = 0, 0.0, 0.0
        starts, ends = split.region_offsets[images].tolist(), split.region_offsets[images + 1].tolist()
        for start, end in zip(starts, ends, strict=True):
            features = split.features[start:end].astype(np.float64)
            count, total, squares = count + features.size, total + features.sum(), squares + np.square(features).sum()
        mean = total / count
        variance = squares / count - mean**2
        # What is left of the variance of equal numbers is rounding.
        if variance <= 1e-12 * squares / count:
            raise DataError("all features of the training images are one number, by which no box is told from another")
        return cls(float(mean), math.sqrt(variance))


@dataclass(frozen=True)
class RegionMoments:
    """Mean and deviation of each of the N numbers that describe a region, features and coordinates."""

    mean: NDArray[np.float64]
    """(N,)"""
    deviation: NDArray[np.float64]
    """(N,) standard deviation; 0 of what is one number for all."""

    @classmethod
    def of(cls, split: EncodedSplit, images: NDArray[np.int64]) -> RegionMoments:
        """Measure all regions of some images, reading each once.

        Args:
            split: whose regions.
            images: (n,) indices of the images; those that training may learn from.
        """
        count, total, squares = 0, np.zeros(split.region_size), np.zeros(split.region_size)
        starts, ends = split.region_offsets[images].tolist(), split.region_offsets[images + 1].tolist()
        for start, end in zip(starts, ends, strict=True):
            regions = np.hstack([split.features[start:end], split.coordinates[start:end]], dtype=np.float64)
            count, total = count + len(regions), total + regions.sum(axis=0)
            squares += np.square(regions).sum(axis=0)
        mean, square = total / count, squares / count
        variance = square - mean**2
        # What is left of the variance of equal numbers is rounding.
        return cls(mean, np.sqrt(np.where(variance > 1e-12 * square, variance, 0.0)))
