"""Which phrases of the example images are shown: drawn by a fixed seed, without any answer at hand."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest

import numpy as np

from bench.store.test_split import CORNERS, TestSplit
from sprm.seeding import generator

PER_IMAGE = 4
"""Phrases of an image that are shown; fewer where not so many differ in words and target."""
AXIS = "example phrases"
"""Names the generator that they are drawn with."""


def example_phrases(split: TestSplit, texts: Sequence[str]) -> list[int]:
    """Draw phrases of the example images, one of each image before the second of any.

    Args:
        split: the test split.
        texts: (phrases,) the words of all its phrases.

    Returns:
        Rows of phrases, in the order in which they are shown.
    """
    order = generator(AXIS)
    starts = np.searchsorted(split.phrases["image"].to_numpy(), np.arange(len(split.images) + 1))
    targets = [tuple(corners) for corners in split.phrases[list(CORNERS)].to_numpy().tolist()]
    by_image = []
    for image in order.permutation(split.examples).tolist():
        rows: list[int] = []
        for row in order.permutation(np.arange(starts[image], starts[image + 1])).tolist():
            if all(texts[row].casefold() != texts[own].casefold() and targets[row] != targets[own] for own in rows):
                rows.append(row)
        by_image.append(rows[:PER_IMAGE])
    return [row for turn in zip_longest(*by_image) for row in turn if row is not None]
