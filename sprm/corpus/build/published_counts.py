"""What the full corpora are known to hold, to be held against what was read."""

from __future__ import annotations

from sprm.corpus.corpus import Origin
from sprm.corpus.sources.registry import SOURCES
from sprm.settings import Rules

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
    lines: list[str] = []
    source = SOURCES.by_name().get(origin.source)
    if source is None:
        return lines
    known = source.published
    for name, actual, counts in (("images", images, known.images), ("phrases", phrases, known.phrases)):
        expected = counts.get(origin.split)
        if name == "phrases" and origin.rules is not Rules.official:
            continue
        if expected is not None and actual != expected:
            lines.append(f"{actual:,} {name}, where the full corpus has {expected:,}")
    return lines
