"""What may be the size of an image and a box in it: one check for every reader, before anything is computed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sprm.errors import DataError, shown

LARGEST = 1_000_000
"""No picture has more pixels a side; a coordinate beyond is a mistake."""


def check_size(width: object, height: object, path: Path, where: str | int | None = None) -> tuple[int, int]:
    """Return width and height of an image in pixels.

    Raises:
        DataError: one is no whole number, below 1, or beyond `LARGEST`.
    """
    for side in (width, height):
        if type(side) is not int or not 0 < side <= LARGEST:
            problem = f"expected width and height in pixels, 1 to {LARGEST:,}, found {shown(width)} and {shown(height)}"
            raise DataError(problem, path=path, where=where)
    assert isinstance(width, int) and isinstance(height, int)
    return width, height


def read_boxes(values: object, problem: str, path: Path, where: str | int | None = None) -> NDArray[np.float64]:
    """Return a list of lists of four numbers as an array, (n, 4).

    Args:
        values: as a file has them.
        problem: what they should be, for the error.
        path: the file, for the error.
        where: line, key or image in it.

    Raises:
        DataError: they are something else, or `check_boxes` refuses them.
    """
    rows = values if isinstance(values, list) and values else [values]
    for row in rows:
        if not _is_box(row):
            raise DataError(f"{problem}, found {shown(row)}", path=path, where=where)
    boxes = np.array(rows, dtype=np.float64)
    check_boxes(boxes, problem, path, where)
    return boxes


def check_boxes(boxes: NDArray[np.floating], problem: str, path: Path, where: str | int | None = None) -> None:
    """Check that the boxes of an image, (n, 4) with n >= 1, are in pixels.

    Raises:
        DataError: a number is not finite or beyond `LARGEST`, or all are shares of the image's size.
    """
    check_coordinates(boxes, problem, path, where)
    if ((boxes >= 0) & (boxes <= 1)).all() and ((boxes > 0) & (boxes < 1)).any():
        shares = f"expected boxes in pixels, found {told(boxes[0])}, which looks like shares of the image's size"
        raise DataError(shares, path=path, where=where)


def check_coordinates(boxes: NDArray[np.floating], problem: str, path: Path, where: str | int | None = None) -> None:
    """Check that every number of some boxes, (n, 4), is finite and not beyond `LARGEST`.

    Raises:
        DataError: one is; `problem` and the box say so.
    """
    wrong = ~(np.abs(boxes) <= LARGEST).all(axis=1)
    if wrong.any():
        raise DataError(f"{problem}, found {told(boxes[wrong][0])}", path=path, where=where)


def corners(values: object, path: Path, where: str | int | None = None) -> tuple[float, float, float, float]:
    """Return the corners, xyxy pixels, of a box that is written as COCO does, `[x, y, width, height]`.

    Raises:
        DataError: it is something else, a number is beyond `LARGEST`, or the box ends before it starts.
    """
    if not _is_box(values):
        problem = f"bbox should be [x, y, width, height] in pixels, found {shown(values)}"
        raise DataError(problem, path=path, where=where)
    assert isinstance(values, list)
    x, y, width, height = values
    if width < 0 or height < 0:
        raise DataError(f"the box {told(values)} ends before it starts", path=path, where=where)
    return x, y, x + width, y + height


def refuse_upside_down(box: Sequence[float] | NDArray[np.floating], path: Path, where: str | int | None = None) -> None:
    """Check that a box, (4,) xyxy, does not end before it starts.

    Raises:
        DataError: it does.
    """
    x1, y1, x2, y2 = box
    if x2 < x1 or y2 < y1:
        raise DataError(f"the box {told(box)} ends before it starts", path=path, where=where)


def told(box: ArrayLike) -> str:
    """Return a box, (4,), as an error tells it: `[10, 20.5, 30, 40]`."""
    return f"[{', '.join(f'{round(float(value), 4):.10g}' for value in np.asarray(box).ravel())}]"


def _is_box(row: object) -> bool:
    """Tell whether something is a list of four numbers in range; numbers in quotes and truth values are none."""
    return isinstance(row, list) and len(row) == 4 and all(type(n) in (int, float) and abs(n) <= LARGEST for n in row)
