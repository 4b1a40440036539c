"""What every source of annotations gives: the phrases of an image with their targets."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from sprm.corpus.corpus import Warnings
from sprm.corpus.warnings import Tally
from sprm.errors import DataError, shown

Target: TypeAlias = tuple[float, float, float, float]
"""xyxy pixels."""
IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png")
"""What may follow an image's id in the name of its file."""
IMAGE_ID = re.compile(r"[A-Za-z0-9_-]{1,100}")
"""What an image may be called: names of files are made of it, so nothing that could lead out of a folder."""


def check_image_id(name: str, path: Path, where: str | int) -> None:
    """Check that an image may be called so.

    Raises:
        DataError: it may not.
    """
    if not IMAGE_ID.fullmatch(name):
        raise DataError(f"{shown(name)} is not an image id (letters, digits, - and _)", path=path, where=where)


def union_box(boxes: NDArray[np.floating]) -> NDArray[np.floating]:
    """Return the smallest box, (4,), that covers every box of `boxes`, (n, 4) with n >= 1."""
    return np.concatenate([boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0)])


@dataclass(frozen=True)
class PhraseRecord:
    """A phrase, with its target where that is known."""

    text: str
    category: str
    """Entity types, joined by `/`."""
    locations: int
    """Flags of the location words it names."""
    target: Target | None
    """Union of the entity's boxes, xyxy pixels; None where nobody has said it, which a phrase to judge needs."""


@dataclass(frozen=True)
class SentenceRecord:
    """A sentence with at least one phrase."""

    sentence_id: str
    phrases: Sequence[PhraseRecord]


@dataclass(frozen=True)
class AnnotatedImage:
    """An image's sentences, as far as they have phrases."""

    width: int | None
    height: int | None
    """Pixels, as the annotations have them; None where only the detections tell."""
    sentences: Sequence[SentenceRecord]
    wanting: str = "a phrase with a box"
    """What it lacks if it has no sentence."""


class AnnotationsPart(Protocol):
    """The annotations of some images; can be sent to a worker."""

    def read(self, image_id: str, tally: Tally) -> AnnotatedImage:
        """Read one image's annotations.

        Raises:
            DataError: they are missing or malformed.
        """
        ...


class Annotations(Protocol):
    """The annotations of a corpus."""

    def image_ids(self, split: str) -> list[str]:
        """Ids of a split's images, in the order of their source.

        Raises:
            DataError: there is none, or one is twice in the list or is no id.
        """
        ...

    def part(self, split: str, image_ids: Sequence[str]) -> AnnotationsPart:
        """Return what a worker needs to read the annotations of some images of a split."""
        ...

    def files(self, image_ids: Sequence[str]) -> Iterator[Path]:
        """Every file that the annotations of some images are read from."""
        ...

    def passed_over(self, split: str) -> list[Warnings]:
        """What the lists of a split hold that is odd, and with the first split, what belongs to none.

        All splits' ids have been asked for before.
        """
        ...
