"""Which images of the validation split go with a subset of the training images."""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray

from sprm.seeding import generator

FEWEST = 2
"""Validation images that a subset has at least, of a validation split that has so many."""


def validation_images(subset: NDArray[np.int64], train: int, val: int) -> NDArray[np.int64]:
    """Draw validation images in the proportion that a subset has of the training images.

    The subset itself names the draw, so that every training on it is compared on the same images.

    Args:
        subset: (n,) indices of the training images in the subset, n >= 1.
        train: images of the whole training split.
        val: images of the whole validation split.

    Returns:
        Their indices, ascending: `val n / train` of them, rounded half to even, but at least `FEWEST`.
    """
    size = min(val, max(FEWEST, round(val * len(subset) / train)))
    name = hashlib.sha256(np.sort(subset).astype("<i8").tobytes()).hexdigest()
    return np.sort(generator("validation images", name).permutation(val)[:size])
