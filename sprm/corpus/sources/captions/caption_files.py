"""Captions of images in one file: COCO's JSON, JSON lines, or CSV, as its ending says."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, Literal, TypeAlias

from sprm.corpus.annotation import check_image_id
from sprm.corpus.lines import read_text, tally_stray_characters
from sprm.corpus.pixels import check_size
from sprm.corpus.sources.captions.json_lines import image_of, json_lines, size_of, text_of
from sprm.corpus.warnings import Tally
from sprm.errors import DataError, shown
from sprm.files.json_stream import json_items

CocoNames: TypeAlias = Literal["id", "file"]
"""What the images of a COCO file are called: by their id, or by their file without its ending."""


@dataclass
class CaptionedImage:
    """An image with its captions."""

    size: tuple[int, int] | None = None
    """Width and height in pixels, where the file tells them."""
    captions: dict[str, str] = field(default_factory=dict)
    """Plain text, by the sentence's id."""

    def add(self, image_id: str, caption: str) -> None:
        """Add a caption, numbered from 0."""
        self.captions[f"{image_id}#{len(self.captions)}"] = caption


def read_captions(path: Path, names: CocoNames, tally: Tally) -> dict[str, CaptionedImage]:
    """Read the captions of a file.

    Args:
        path: ends in one of `READERS`.
        names: what the images of a COCO file are called.
        tally: told what is odd and no mistake.

    Returns:
        Images by their ids, in the order of the file.

    Raises:
        DataError: the file cannot be read, has another ending, or holds something else than captions; the error names
            the line or id.
    """
    read = READERS.get(path.suffix.lower())
    if read is None:
        problem = f"expected captions in a file that ends in {', '.join(READERS)}, found {shown(path.suffix)}"
        raise DataError(problem, path=path)
    images = read(path, names, tally)
    if not any(image.captions for image in images.values()):
        raise DataError("contains no caption", path=path)
    return images


def _read_json_lines(path: Path, names: CocoNames, tally: Tally) -> dict[str, CaptionedImage]:
    images: dict[str, CaptionedImage] = {}
    for number, entry in json_lines(path, tally):
        image_id = image_of(entry, path, number)
        image = images.setdefault(image_id, CaptionedImage())
        image.add(image_id, text_of(entry, path, number))
        image.size = size_of(entry, image.size, path, number)
    return images


def _read_csv(path: Path, names: CocoNames, tally: Tally) -> dict[str, CaptionedImage]:
    images: dict[str, CaptionedImage] = {}
    text = read_text(path)
    tally_stray_characters(text, path, tally)
    # Lines of CSV end in CR LF by its standard.
    rows = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    try:
        missing = [name for name in ("image", "caption") if name not in (rows.fieldnames or ())]
        if missing:
            problem = f"expected a first line with the columns image and caption, found {shown(rows.fieldnames)}"
            raise DataError(problem, path=path, where=1)
        for row in rows:
            if None in row or row["caption"] is None:
                columns = len(rows.fieldnames or ())
                problem = f"expected {columns} columns, as in the first line; captions with commas need quotes"
                raise DataError(problem, path=path, where=rows.line_num)
            image_id = image_of(row, path, rows.line_num)
            images.setdefault(image_id, CaptionedImage()).add(image_id, text_of(row, path, rows.line_num))
    except csv.Error as error:
        raise DataError(f"not readable CSV: {error}", path=path, where=rows.reader.line_num) from error
    return images


def _read_coco(path: Path, names: CocoNames, tally: Tally) -> dict[str, CaptionedImage]:
    """Read `images` and `annotations`, in whatever order the file has them."""
    images: dict[str, CaptionedImage] = {}
    called: dict[object, str] = {}
    captions: dict[object, tuple[object, str]] = {}
    for list_name, item in json_items(path, ("images", "annotations")):
        if not isinstance(item, dict) or not _is_id(item.get("id")):
            raise DataError(f"expected objects with an id, found {shown(_id_of(item))}", path=path, where=list_name)
        number, where = item["id"], f"{list_name}, id {item['id']}"
        if number in (called if list_name == "images" else captions):
            raise DataError("this id appears twice", path=path, where=where)
        if list_name == "annotations":
            captions[number] = item.get("image_id"), text_of(item, path, where)
            continue
        name = _called(item, names, path, where)
        if name in images:
            raise DataError(f"image {name} appears more than once", path=path, where=where)
        called[number], images[name] = name, CaptionedImage(_coco_size(item, path, where))
    for number, (image, caption) in captions.items():
        if not _is_id(image) or image not in called:
            problem = f"its image_id {shown(image)} is not among the images"
            raise DataError(problem, path=path, where=f"annotations, id {number}")
        images[called[image]].captions[f"{called[image]}#{number}"] = caption
    return images


READERS: dict[str, Callable[[Path, CocoNames, Tally], dict[str, CaptionedImage]]] = {
    ".json": _read_coco,
    ".jsonl": _read_json_lines,
    ".csv": _read_csv,
}
"""How a file is read, by its ending."""


def _is_id(value: object) -> bool:
    return type(value) is int or isinstance(value, str)


def _id_of(item: object) -> object:
    return item.get("id") if isinstance(item, dict) else item


def _called(item: dict[str, Any], names: CocoNames, path: Path, where: str) -> str:
    if names == "id":
        name = str(item["id"])
    elif isinstance(item.get("file_name"), str):
        name = PurePosixPath(item["file_name"]).stem
    else:
        raise DataError(f"file_name should be a name, found {shown(item.get('file_name'))}", path=path, where=where)
    check_image_id(name, path, where)
    return name


def _coco_size(item: dict[str, Any], path: Path, where: str) -> tuple[int, int] | None:
    if item.keys().isdisjoint({"width", "height"}):
        return None
    return check_size(item.get("width"), item.get("height"), path, where)
