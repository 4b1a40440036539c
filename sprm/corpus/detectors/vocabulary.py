"""The vocabulary of bottom-up attention's detectors: a class a line, whose id is the number of the line, from 0."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sprm.corpus.detection import NAMELESS, class_line
from sprm.corpus.lines import read_text, refuse_lone_return
from sprm.corpus.warnings import Tally
from sprm.errors import DataError, shown

VOCABULARY = "objects_vocab.txt"
"""Name of its file; a comma stands between the variants of a class."""


def read_vocabulary(path: Path) -> list[str]:
    """Read class lines, a class each.

    Raises:
        DataError: the file is missing, empty, not text in UTF-8, or a line is empty.
    """
    try:
        lines = read_text(path, errors="strict").rstrip("\r\n").split("\n")
    except UnicodeDecodeError as error:
        raise DataError(f"the vocabulary of classes is not text in UTF-8: {error}", path=path) from error
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            raise DataError(f"expected the name of a class, found {shown(line)}", path=path, where=number)
        refuse_lone_return(line.strip(), path, number)
    return [class_line(line) for line in lines]


def named(ids: NDArray[np.integer[Any]], vocabulary: Sequence[str], path: Path, where: str | int) -> list[str]:
    """Return the class line of each region of an image.

    Args:
        ids: `objects_id` of the regions, (regions,).
        vocabulary: class lines.
        path: the file that the ids come from, for the error.
        where: the line or key in it.

    Raises:
        DataError: an id is none of the vocabulary's.
    """
    wrong = (ids < 0) | (ids >= len(vocabulary))
    if wrong.any():
        last = len(vocabulary) - 1
        problem = f"class {ids[wrong][0]} is none of the vocabulary's {last + 1}; ids count from 0, so 0 to {last}"
        raise DataError(f"objects_id: {problem}", path=path, where=where)
    return [vocabulary[number] for number in ids.tolist()]


def nameless(image_id: str, count: int, tally: Tally) -> list[str]:
    """Return the class lines of an image's regions when its file names no classes, and count them."""
    tally.add("regions without a class, which the untrained module cannot tell apart", image_id, count)
    return [NAMELESS] * count
