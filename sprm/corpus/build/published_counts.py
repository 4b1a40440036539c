"""What the full corpora are known to hold, to be held against what was read."""

from __future__ import annotations

from collections.abc import Mapping

from sprm.corpus.corpus import Origin
from sprm.settings import Rules

IMAGES: Mapping[str, Mapping[str, int]] = {
    "flickr30k": {"train": 29_783, "val": 1_000, "test": 1_000},
    "referit": {"train": 8_998, "val": 1_000, "test": 9_999},
}
"""Images in each split's list."""
PHRASES: Mapping[str, Mapping[str, int]] = {"flickr30k": {"val": 14_433}}
"""Phrases with a box under the official rules, where their number is known."""
REGIONS: Mapping[str, int] = {"flickr30k": 36, "referit": 100}
"""Regions of an image in the released files, about."""
FEATURE_SIZE = 2048
"""Length of a feature vector in them."""
EXTRACTED_SIZE = 1024
"""Length of a feature vector that torchvision's Faster R-CNNs give."""


def differences(origin: Origin, images: int, phrases: int) -> list[str]:
    """Say where a split differs from the full corpus.

    Args:
        origin: what the split was made from; of some kinds of source nothing is known.
        images: how many are in the split's list, used or not.
        phrases: how many have a box. The corrected rules leave out captions that are unrelated to their image, so
            their number is only compared under the official rules.
    """
    told = []
    for name, found, known in (("images", images, IMAGES), ("phrases", phrases, PHRASES)):
        expected = known.get(origin.source, {}).get(origin.split)
        if name == "phrases" and origin.rules is not Rules.official:
            continue
        if expected is not None and found != expected:
            told.append(f"{found:,} {name}, where the full corpus has {expected:,}")
    return told
