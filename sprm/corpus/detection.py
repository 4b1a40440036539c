"""What every source of detections gives: the regions of an image, and how many images' worth a worker is sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

from sprm.corpus.corpus import Warnings
from sprm.corpus.warnings import Tally
from sprm.errors import DataError, shown

NAMELESS = "(unnamed)"
"""Class line of a region whose file names no class: no word, so no vector."""


@dataclass(frozen=True)
class Detected:
    """The regions of one image."""

    width: int | None
    height: int | None
    """Pixels; None where only the annotations tell."""
    boxes: NDArray[np.floating]
    """(regions, 4) xyxy pixels, at least one."""
    class_names: Sequence[str]
    """(regions,) class lines."""
    features: NDArray[np.float16]
    """(regions, F), finite."""
    path: Path
    """File that they come from, for errors."""
    scores: NDArray[np.float32] | None = None
    """(regions,) how sure the detector is of each, in [0, 1]; None where the file does not say."""


class DetectionsPart(Protocol):
    """The regions of some images, read as they are asked for; a context manager that can be sent to a worker."""

    def __enter__(self) -> DetectionsPart:
        """Open the files."""
        ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the files."""
        ...

    def find(self, image_id: str, tally: Tally) -> Detected | None:
        """Read the regions of an image; None when the detector found nothing in it.

        Raises:
            DataError: boxes, classes, features, scores or the image's size are missing or contradict each other.
        """
        ...


class NothingKeptOpen:
    """What a part has that opens a file when it is asked for an image of it, and keeps none open."""

    def __enter__(self) -> Self:
        """Return the part."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Do nothing."""


class Detections(Protocol):
    """The regions of one split's images."""

    @property
    def extractor(self) -> str:
        """What made boxes and features, for the record."""
        ...

    def part(self, image_ids: Sequence[str]) -> DetectionsPart:
        """Return what a worker needs to read the regions of some images."""
        ...

    def passed_over(self, split: str) -> list[Warnings]:
        """What the files hold beyond the images of any split; files that splits share count with the first."""
        ...


def class_line(name: str) -> str:
    """Return a class name as it is kept: without blanks around it, which would make another label of it."""
    return name.strip()


def in_half_precision(features: NDArray[np.floating], path: Path, where: str | int | None) -> NDArray[np.float16]:
    """Return feature vectors, (regions, F), as they are kept.

    Args:
        features: of any precision.
        path: the file they come from, for the error.
        where: the line or image in it.

    Raises:
        DataError: a number is not finite, or beyond the range of 16 bits.
    """
    # A number beyond the range becomes infinite, and is reported as that.
    with np.errstate(over="ignore"):
        halves = features.astype(np.float16)
    wrong = ~np.isfinite(halves)
    if wrong.any():
        problem = f"a feature is not finite, or too large for 16 bits: {float(features[wrong][0]):g}"
        raise DataError(problem, path=path, where=where)
    return halves


def read_scores(values: object, count: int, path: Path, where: str | int | None) -> NDArray[np.float32]:
    """Return what a detector says of how sure it is of each box of an image, (regions,) in [0, 1].

    Args:
        values: a list or an array, as a file has them.
        count: of the image's boxes.
        path: the file they come from, for the error.
        where: the line or image in it.

    Raises:
        DataError: they are no numbers, others in number than the boxes, or one is outside of 0 to 1.
    """
    if isinstance(values, np.ndarray):
        values = values.tolist()
    if not isinstance(values, list) or len(values) != count:
        found = f"{len(values)} scores" if isinstance(values, list) else f"no list of scores: {shown(values)}"
        raise DataError(f"{count} boxes, but {found}", path=path, where=where)
    for value in values:
        if type(value) not in (int, float) or not 0 <= value <= 1:
            raise DataError(f"a score should be a number from 0 to 1, found {shown(value)}", path=path, where=where)
    return np.array(values, dtype=np.float32)


def box_faults(
    boxes: NDArray[np.floating], widths: int | NDArray[np.integer], heights: int | NDArray[np.integer]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Tell which boxes have no area, and which others reach more than a pixel outside their image.

    Args:
        boxes: (regions, 4) xyxy pixels.
        widths: of the image, or (regions,) of each box's image, in pixels.
        heights: likewise.

    Returns:
        Two arrays, (regions,).
    """
    flat = (boxes[:, 2] <= boxes[:, 0]) | (boxes[:, 3] <= boxes[:, 1])
    outside = (boxes < -1).any(axis=1) | (boxes[:, 2] > widths + 1) | (boxes[:, 3] > heights + 1)
    return flat, outside & ~flat


def tally_boxes(image_id: str, width: int, height: int, boxes: NDArray[np.floating], tally: Tally) -> None:
    """Count the boxes of an image, (regions, 4) xyxy pixels, that have no area or reach outside it."""
    flat, outside = box_faults(boxes, width, height)
    tally.add("detected boxes without an area", image_id, int(flat.sum()))
    tally.add("detected boxes that reach outside their image", image_id, int(outside.sum()))


def tally_features(image_id: str, features: NDArray[np.floating], tally: Tally) -> None:
    """Count the features of an image, (regions, F), that are zero throughout."""
    tally.add("regions whose features are all zero", image_id, int((~features.any(axis=1)).sum()))


@dataclass(frozen=True)
class ReleaseLayout:
    """What the tables of an HDF5 file are called."""

    features: str
    boxes: str
    spans: str
    beside: tuple[str, ...] = ()
    """Further tables with a row for each box; nothing is read of them, but they must fit."""
