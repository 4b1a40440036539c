"""What every form of referring expressions comes down to: images by split, and their referents."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sprm.corpus.annotation import Target


@dataclass(frozen=True)
class Referent:
    """One annotated thing and what people called it."""

    referent_id: int
    category: str
    expressions: tuple[str, ...]
    """As people typed them."""
    box: Target
    """xyxy pixels."""


@dataclass(frozen=True)
class ReferredImage:
    """An image with its referents."""

    width: int
    height: int
    """Pixels."""
    referents: tuple[Referent, ...]


@dataclass(frozen=True)
class ReferredSplit:
    """A split as its owners made it."""

    name: str
    """What they call it."""
    images: Mapping[str, ReferredImage]
    """By id, in the order of the split; each with the referents that belong to this split."""
