"""Detections and features in the files that the authors of MAF and SPRM released.

Per split: `<split>_detection_dict.json` (boxes and class lines of each image, and at will the detector's scores, for
all images or for none), `<split>_imgid2idx.pkl` (image id to row) and `<split>_features_compress.hdf5`: features
(N, F), boxes (N, 4), and the rows each image starts and ends at (images, 2), under names that differ between the two
corpora. Features come in the order of the boxes in the JSON.
`<split>_images_size.json` tells the images' sizes; where it is missing, those of the annotations are taken.

The JSON is streamed, and of it only the boxes, class names and scores of the split's images are kept.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple

import h5py
import numpy as np
from numpy.typing import NDArray

from sprm.corpus.corpus import Warnings
from sprm.corpus.detection import Detected, ReleaseLayout, class_line, in_half_precision, read_scores
from sprm.corpus.pixels import check_size, read_boxes
from sprm.corpus.warnings import Tally
from sprm.errors import DataError, shown
from sprm.files.hdf5 import opened, small_table, table
from sprm.files.json_stream import json_members
from sprm.files.pickles import load_plain

DIFFERING = "images whose boxes differ between the JSON and the HDF5 file"
"""Told of each; where it is most of a split, features would be another image's."""
SAME_BOX = 1.0
"""Pixels by which a box may differ between the JSON and the HDF5 file."""
DETECTIONS, SIZES = "detection_dict.json", "images_size.json"
"""What follows `<split>_` in the name of a file that may be missing."""
FILES = (DETECTIONS, "imgid2idx.pkl", "features_compress.hdf5", SIZES)
"""What follows `<split>_` in the names of a split's files."""


def released_files(root: Path, split: str) -> dict[str, Path]:
    """Path of each file of a split, by what follows `<split>_` in its name."""
    return {name: root / f"{split}_{name}" for name in FILES}


@dataclass(frozen=True, slots=True)
class ReleasedImage:
    """What is known of an image before its features are read."""

    size: tuple[int, int] | None
    """Width and height in pixels, where a file tells them."""
    boxes: NDArray[np.float64]
    """(regions, 4) xyxy pixels."""
    class_names: list[str]
    scores: NDArray[np.float32] | None
    """(regions,) in [0, 1]; None where the file has none."""
    start: int
    """Row of its first feature vector."""


class _Entry(NamedTuple):
    """What the JSON says of an image: its id, boxes (regions, 4), class names and, where it has them, scores."""

    image_id: str
    boxes: NDArray[np.float64]
    class_names: list[str]
    scores: NDArray[np.float32] | None


class ReleasedDetections:
    """The detections of one split.

    Args:
        root: folder of the files.
        split: as the names of the files have it.
        layout: names of the tables.
        image_ids: the images that will be asked for.
        others: images of the other splits, which the files may hold, too.

    Raises:
        DataError: a file is missing, truncated or malformed, or what it says of one of the images is.
    """

    extractor = "released feature files"

    def __init__(
        self,
        root: Path,
        split: str,
        layout: ReleaseLayout,
        image_ids: Sequence[str],
        others: Collection[str] = (),
    ) -> None:
        self._paths, self._layout = released_files(root, split), layout
        for name, path in self._paths.items():
            if name != SIZES and not path.is_file():
                raise DataError("this file is missing", path=path)
        self._spans, self._count = self._read_spans()
        self._sizes = self._read_sizes(set(image_ids))
        self._rows = self._read_rows()
        self._listed, self._tally = frozenset(image_ids) | frozenset(others), Tally()
        self._images = {entry.image_id: self._image(entry) for entry in self._entries(set(image_ids))}
        self._refuse_shared_rows()
        # From here on only the images are asked for, and a corpus may have very many.
        self._rows, self._sizes = {}, {}

    def part(self, image_ids: Sequence[str]) -> ReleasedPart:
        """Return what a worker needs to read the regions of some images."""
        known = {name: self._images[name] for name in image_ids if name in self._images}
        return ReleasedPart(self._paths["features_compress.hdf5"], self._layout, known)

    def passed_over(self, split: str) -> list[Warnings]:
        """Count images that no split lists, and classes without a name."""
        return self._tally.warnings()

    def _pass_over(self, image_id: str) -> None:
        name = self._paths[DETECTIONS].name
        self._tally.add(f"images of {name} that no split lists", image_id, int(image_id not in self._listed))

    def _read_rows(self) -> Mapping[Any, Any]:
        path = self._paths["imgid2idx.pkl"]
        rows = load_plain(path)
        if not isinstance(rows, dict):
            raise DataError(f"expected a dict of image id to row, found {shown(rows)}", path=path)
        return {key.strip() if isinstance(key, str) else key: row for key, row in rows.items()}

    def _refuse_shared_rows(self) -> None:
        owners: dict[int, str] = {}
        for name, image in self._images.items():
            if (other := owners.setdefault(image.start, name)) != name:
                problem = f"has the features of image {other}"
                raise DataError(problem, path=self._paths["imgid2idx.pkl"], where=f"image {name}")

    def _read_spans(self) -> tuple[NDArray[np.int64], int]:
        """Read the rows at which each image starts and ends, (images, 2), and how many rows there are."""
        path, layout = self._paths["features_compress.hdf5"], self._layout
        with opened(path) as file:
            features = table(file, layout.features, "f", path)
            spans = small_table(file, layout.spans, 2, path)
            boxes = table(file, layout.boxes, "iuf", path)
            if boxes.shape != (len(features), 4):
                problem = f"expected {layout.boxes} ({len(features)}, 4), found {boxes.shape}"
                raise DataError(problem, path=path)
            for name in layout.beside:
                if name in file and len(table(file, name, "iuf", path)) != len(features):
                    raise DataError(f"expected {len(features)} rows in {name}, found {len(file[name])}", path=path)
            return spans, len(features)

    def _read_sizes(self, wanted: Collection[str]) -> Mapping[str, Any] | None:
        path = self._paths[SIZES]
        return dict(json_members(path, wanted)) if path.is_file() else None

    def _entries(self, wanted: Collection[str]) -> Iterator[_Entry]:
        """Yield the wanted images in which something was detected."""
        path = self._paths[DETECTIONS]
        known_names: dict[str, str] = {}
        first: _Entry | None = None
        for image_id, entry in json_members(path, wanted, self._pass_over):
            where = f"image {image_id}"
            if entry is not None and not isinstance(entry, dict):
                raise DataError(
                    f"expected an object with bboxes and classes, found {shown(entry)}", path=path, where=where
                )
            if not entry or not entry.get("bboxes"):
                continue
            boxes = read_boxes(entry["bboxes"], "bboxes should be a list of four numbers each, in pixels", path, where)
            names = entry.get("classes")
            if not isinstance(names, list) or len(names) != len(boxes):
                count = f"{len(names)} classes" if isinstance(names, list) else f"no classes: {shown(names)}"
                raise DataError(f"{len(boxes)} boxes, but {count}", path=path, where=where)
            for name in names:
                if not isinstance(name, str):
                    problem = f"classes should be a list of names, found {shown(name)}"
                    raise DataError(problem, path=path, where=where)
            names = [class_line(name) for name in names]
            self._tally.add("regions whose class has no name", image_id, names.count(""))
            scores = read_scores(entry["scores"], len(boxes), path, where) if "scores" in entry else None
            # A million boxes share some thousand names.
            found = _Entry(image_id, boxes, [known_names.setdefault(name, name) for name in names], scores)
            first = first or found
            if (scores is None) != (first.scores is None):
                here, there = ("no scores", "has") if scores is None else ("scores", "has none")
                raise DataError(f"{here}, which image {first.image_id} {there}", path=path, where=where)
            yield found

    def _image(self, entry: _Entry) -> ReleasedImage:
        start = self._start(entry.image_id, len(entry.boxes))
        return ReleasedImage(self._size_of(entry.image_id), entry.boxes, entry.class_names, entry.scores, start)

    def _size_of(self, image_id: str) -> tuple[int, int] | None:
        if self._sizes is None:
            return None
        size = self._sizes.get(image_id)
        where = f"image {image_id}"
        if not isinstance(size, list) or len(size) != 2:
            raise DataError(f"expected [width, height], found {shown(size)}", path=self._paths[SIZES], where=where)
        return check_size(size[0], size[1], self._paths[SIZES], where)

    def _start(self, image_id: str, expected: int) -> int:
        where = f"image {image_id}"
        row = self._rows.get(int(image_id) if image_id.isdecimal() else image_id)
        if row is None:
            problem = (
                f"is not among its keys, which should be whole numbers, such as {shown(next(iter(self._rows), None))}"
            )
            raise DataError(problem, path=self._paths["imgid2idx.pkl"], where=where)
        if type(row) is not int or not 0 <= row < len(self._spans):
            problem = f"expected a row of {self._layout.spans}, 0 to {len(self._spans) - 1}, found {shown(row)}"
            raise DataError(problem, path=self._paths["imgid2idx.pkl"], where=where)
        start, end = (int(value) for value in self._spans[row])
        if not 0 <= start <= end <= self._count or end - start != expected:
            problem = f"rows {start} to {end} of {self._count} features, for {expected} boxes"
            raise DataError(problem, path=self._paths["features_compress.hdf5"], where=where)
        return start


class ReleasedPart:
    """The regions of some images; their features are read from the HDF5 file as they are asked for."""

    def __init__(self, path: Path, layout: ReleaseLayout, images: Mapping[str, ReleasedImage]) -> None:
        self._path, self._layout, self._images = path, layout, images

    def __enter__(self) -> ReleasedPart:
        self._file = opened(self._path)
        # A table keeps the chunks that it has unpacked for as long as it is open.
        names = (self._layout.features, self._layout.boxes)
        self._features, self._boxes = (table(self._file, name, "iuf", self._path) for name in names)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def find(self, image_id: str, tally: Tally) -> Detected | None:
        """Read the regions of an image; None when the detector found nothing in it.

        Raises:
            DataError: its features cannot be read, or are no numbers that 16 bits can hold.
        """
        image = self._images.get(image_id)
        if image is None:
            return None
        rows = slice(image.start, image.start + len(image.boxes))
        features, stored = (self._read(dataset, rows, image_id) for dataset in (self._features, self._boxes))
        same = np.abs(stored - image.boxes).max() <= SAME_BOX
        tally.add(DIFFERING, image_id, int(not same))
        halves = in_half_precision(features, self._path, f"image {image_id}")
        width, height = image.size or (None, None)
        return Detected(width, height, image.boxes, image.class_names, halves, self._path, image.scores)

    def _read(self, dataset: h5py.Dataset, rows: slice, image_id: str) -> NDArray[np.float32]:
        try:
            values: NDArray[np.float32] = dataset[rows]
        except OSError as error:
            problem = f"{dataset.name} cannot be read: {error}"
            raise DataError(problem, path=self._path, where=f"image {image_id}") from error
        return values
