"""How large the features of regions are: one mean and one deviation for all of them."""

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
