"""Files of JSON lines: an object a line, which names an image."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from sprm.corpus.annotation import IMAGE_SUFFIXES, check_image_id
from sprm.corpus.lines import (
    numbered_lines,
    read_text,
    refuse_half_characters,
    tally_line_ends,
    tally_stray_characters,
)
from sprm.corpus.pixels import check_size
from sprm.corpus.sources.flickr30k.captions import LONGEST
from sprm.corpus.warnings import Tally
from sprm.errors import DataError, shown


def json_lines(path: Path, tally: Tally) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the objects of a file, each with the number of its line, from 1.

    Raises:
        DataError: the file cannot be read, or a line is something else than one object.
    """
    text = read_text(path)
    tally_line_ends(text, path, tally)
    tally_stray_characters(text, path, tally)
    for number, line in numbered_lines(text, path):
        try:
            entry = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise DataError(f"not readable JSON ({error}): {shown(line)}", path=path, where=number) from error
        if not isinstance(entry, dict):
            raise DataError(f"expected an object, {{...}}, found {shown(entry)}", path=path, where=number)
        yield number, entry


def image_of(entry: Mapping[str, Any], path: Path, where: int) -> str:
    """Return the id of an entry's `image`; the name of an image file is an id when its ending is dropped.

    Raises:
        DataError: there is none, or it is no id.
    """
    name = entry.get("image")
    if type(name) is int:
        name = str(name)
    if not isinstance(name, str):
        raise DataError(f"image should be an image id, found {shown(name)}", path=path, where=where)
    stem, dot, ending = name.strip().rpartition(".")
    image_id = stem if f"{dot}{ending}".lower() in IMAGE_SUFFIXES else name.strip()
    check_image_id(image_id, path, where)
    return image_id


def text_of(entry: Mapping[str, Any], path: Path, where: str | int) -> str:
    """Return an entry's `caption`, as it stands.

    Raises:
        DataError: there is none, it is longer than any, or it is no text.
    """
    caption = entry.get("caption")
    if not isinstance(caption, str):
        raise DataError(f"caption should be a text, found {shown(caption)}", path=path, where=where)
    if len(caption) > LONGEST:
        problem = f"a caption of {len(caption):,} characters, expected {LONGEST:,} at most: {shown(caption)}"
        raise DataError(problem, path=path, where=where)
    refuse_half_characters(caption, path, where)
    return caption


def size_of(entry: Mapping[str, Any], before: tuple[int, int] | None, path: Path, where: int) -> tuple[int, int] | None:
    """Return an entry's `width` and `height` in pixels; what the image's lines before it said when it has none.

    Raises:
        DataError: they are no sizes, only one is there, or they are not those of the lines before.
    """
    if entry.keys().isdisjoint({"width", "height"}):
        return before
    size = check_size(entry.get("width"), entry.get("height"), path, where)
    if before is not None and size != before:
        problem = f"its image is {size[0]} by {size[1]} pixels, and {before[0]} by {before[1]} in a line before"
        raise DataError(problem, path=path, where=where)
    return size
