"""Boxes in COCO's results format, which most detectors write.

A results file is a list of `{image_id, category_id, bbox: [x, y, width, height], score}`, an entry a box, in any order.
Every `*detections.json` under the root is read, whichever split its images belong to; the names of the classes are the
`categories`, `[{id, name}]`, of an annotations file. Category ids have gaps.

A whole number as `image_id` means the image whose id is that number, with or without leading zeros; a text means the
image of just that id. The boxes of an image come by falling score; those of one score keep the order of the file.
"""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sprm.corpus.corpus import SPLITS, Warnings
from sprm.corpus.detection import class_line
from sprm.corpus.pixels import check_boxes, corners
from sprm.corpus.warnings import Tally
from sprm.errors import DataError, shown
from sprm.files.json_stream import json_items, json_list

RESULTS = "*detections.json"
"""Names of results files."""
CATEGORIES = "categories.json"
"""An annotations file of COCO's, or one with nothing but its categories."""
UNLISTED = "images of results files that no split lists"
_NO_FILE = -1


@dataclass(frozen=True)
class GivenBoxes:
    """The boxes of one image, the most confident first."""

    boxes: NDArray[np.float32]
    """(regions, 4) xyxy pixels."""
    labels: NDArray[np.int32]
    """(regions,) row of `CocoResults.class_names`."""
    scores: NDArray[np.float32]
    """(regions,) in [0, 1], falling."""


class CocoResults:
    """The boxes of some images in the results files of a folder.

    Args:
        root: holds `*detections.json` and `categories.json`.
        image_ids: the images that will be asked for.
        names: ids of images that the files may call by a name instead.

    Raises:
        DataError: there is no results file, an entry is malformed or of a category without a name, an image is in two
            files, or two images have the same number.
    """

    def __init__(self, root: Path, image_ids: Iterable[str], names: Mapping[str, str] | None = None) -> None:
        paths = results_files(root)
        if not paths:
            raise DataError(f"holds no {RESULTS}", path=root)
        categories = read_categories(root / CATEGORIES)
        self.class_names = tuple(categories.values())
        self._tally = Tally()
        entries = _Entries(paths, root / CATEGORIES, {number: row for row, number in enumerate(categories)})
        # Two splits may hold one image.
        rows = {image_id: row for row, image_id in enumerate(dict.fromkeys(image_ids))}
        named = {name: rows[image_id] for name, image_id in (names or {}).items()}
        entries.read({**named, **rows, **_numbers(rows, root)}, self._tally)
        self._given = dict(zip(rows, entries.of_images(len(rows)), strict=True))
        for image_id, own in self._given.items():
            if len(own.boxes):
                path = paths[entries.files[rows[image_id]]]
                check_boxes(own.boxes, "bbox: a coordinate is no number of pixels", path, f"image {image_id}")

    def of(self, image_id: str) -> GivenBoxes:
        """Return the boxes of an image; perhaps none."""
        return self._given[image_id]

    def about(self, image_id: str) -> str:
        """Name what the files say of an image, by a hash."""
        own = self.of(image_id)
        names = "\n".join(self.class_names[label] for label in own.labels)
        return hashlib.sha256(own.boxes.tobytes() + own.scores.tobytes() + names.encode()).hexdigest()

    def passed_over(self, split: str) -> list[Warnings]:
        """Count, with the first split, images that no split lists."""
        return self._tally.warnings() if split == SPLITS[0] else []


@dataclass
class _Entries:
    """What is kept of every entry; a million of them take 60 MB."""

    paths: Sequence[Path]
    named_in: Path
    categories: dict[int, int]
    """Row of a category's name by its id."""

    def __post_init__(self) -> None:
        self._images, self._labels = array("q"), array("q")
        self._boxes, self._scores = array("d"), array("d")
        self.files: NDArray[np.int64] = np.empty(0, dtype=np.int64)
        """(images,) which of the files an image's boxes stand in."""

    def read(self, rows: dict[Any, int], tally: Tally) -> None:
        """Read the entries of the images that `rows` knows, and count the other images."""
        self.files = np.full(max(rows.values(), default=-1) + 1, _NO_FILE)
        others: set[int | str] = set()
        for number, path in enumerate(self.paths):
            for position, entry in enumerate(json_list(path), start=1):
                where = f"entry {position}"
                image = _image(entry, path, where)
                row = rows.get(image)
                if row is None:
                    tally.add(UNLISTED, f"{path.name}, {shown(image)}", int(image not in others))
                    others.add(image)
                    continue
                if self.files[row] not in (number, _NO_FILE):
                    problem = f"image {image} has boxes in {self.paths[self.files[row]].name}, too"
                    raise DataError(problem, path=path, where=where)
                self.files[row] = number
                self._add(row, entry, path, where)

    def _add(self, row: int, entry: dict[str, Any], path: Path, where: str) -> None:
        category, score = entry.get("category_id"), entry.get("score")
        if type(category) is not int or category not in self.categories:
            problem = f"category_id {shown(category)} is none of the {len(self.categories)} in {self.named_in.name}"
            raise DataError(problem, path=path, where=where)
        if not isinstance(score, int | float) or isinstance(score, bool) or not 0 <= score <= 1:
            raise DataError(f"score should be a number from 0 to 1, found {shown(score)}", path=path, where=where)
        self._boxes.extend(corners(entry.get("bbox"), path, where))
        self._images.append(row)
        self._labels.append(self.categories[category])
        self._scores.append(score)

    def of_images(self, count: int) -> list[GivenBoxes]:
        """Return the boxes of each of so many images, the most confident first."""
        images, scores = np.array(self._images, dtype=np.int64), np.array(self._scores, dtype=np.float32)
        # A stable sort: what has one score stays as it was.
        order = np.lexsort((-scores, images))
        boxes = np.array(self._boxes, dtype=np.float32).reshape(-1, 4)[order]
        labels, scores = np.array(self._labels, dtype=np.int32)[order], scores[order]
        ends = np.searchsorted(images[order], np.arange(count + 1)).tolist()
        return [GivenBoxes(boxes[i:j], labels[i:j], scores[i:j]) for i, j in pairwise(ends)]


def results_files(root: Path) -> list[Path]:
    """Paths of the results files in a folder."""
    return sorted(root.glob(RESULTS))


def read_categories(path: Path) -> dict[int, str]:
    """Read class lines by category id, in the order of the ids.

    Raises:
        DataError: the file cannot be read, contains no categories, or one of them is no `{id, name}` or appears twice.
    """
    names: dict[int, str] = {}
    for position, (_, item) in enumerate(json_items(path, ("categories",)), start=1):
        where = f"categories, entry {position}"
        number, name = (item.get("id"), item.get("name")) if isinstance(item, dict) else (None, None)
        if type(number) is not int or not isinstance(name, str) or not name.strip():
            raise DataError(
                f"expected {{id: a whole number, name: a text}}, found {shown(item)}", path=path, where=where
            )
        if number in names:
            raise DataError(f"id {number} appears twice", path=path, where=where)
        names[number] = class_line(name)
    if not names:
        raise DataError("contains no categories, [{id, name}, ...]", path=path)
    return dict(sorted(names.items()))


def _numbers(rows: Mapping[str, int], root: Path) -> dict[int, int]:
    """Return the row of each image whose id is a number, by that number."""
    numbers: dict[int, str] = {}
    by_number: dict[int, int] = {}
    for image_id, row in rows.items():
        if image_id.isdecimal():
            if (other := numbers.setdefault(int(image_id), image_id)) != image_id:
                problem = f"images {other} and {image_id} have one number, so results files cannot tell them apart"
                raise DataError(problem, path=root)
            by_number[int(image_id)] = row
    return by_number


def _image(entry: object, path: Path, where: str) -> int | str:
    if not isinstance(entry, dict):
        problem = f"expected {{image_id, category_id, bbox, score}}, found {shown(entry)}"
        raise DataError(problem, path=path, where=where)
    image = entry.get("image_id")
    if type(image) not in (int, str):
        raise DataError(f"image_id should be a whole number or a text, found {shown(image)}", path=path, where=where)
    assert isinstance(image, (int, str))
    return image
