"""Detections and features in the files that the authors of MAF released.

Per split: `<split>_detection_dict.json` (boxes and class lines of each image), `<split>_imgid2idx.pkl` (image id to
row), `<split>_features_compress.hdf5` (`features` (N, F), `bboxes` (N, 4), and `pos_bboxes` (images, 2), the rows each
image starts and ends at) and `<split>_images_size.json`. Features come in the order of the boxes in the JSON.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from sprm.corpus.pickles import load_plain
from sprm.corpus.tally import Tally
from sprm.errors import DataError

_CHUNK_CACHE = 64 * 2**20
"""Bytes."""
LARGEST = 1_000_000
"""No picture has more pixels a side; a coordinate beyond is a mistake."""
SAME_BOX = 1.0
"""Pixels by which a box may differ between the JSON and the HDF5 file."""
FILES = ("detection_dict.json", "imgid2idx.pkl", "features_compress.hdf5", "images_size.json")
"""What follows `<split>_` in the names of a split's files."""


@dataclass(frozen=True)
class Detected:
    """The regions of one image."""

    width: int
    height: int
    boxes: NDArray[np.float64]
    """(regions, 4) xyxy pixels."""
    class_names: list[str]
    """(regions,) class lines."""
    features: NDArray[np.float32]
    """(regions, F)."""


class MafDetections:
    """The detections of one split; a context manager, since features are read as they are asked for.

    Raises:
        DataError: a file is missing, truncated or malformed.
    """

    extractor = "MAF release files"

    def __init__(self, root: Path, split: str) -> None:
        self._paths = {name: root / f"{split}_{name}" for name in FILES}
        for path in self._paths.values():
            if not path.is_file():
                raise DataError("this file is missing", path=path)
        self._detections = _read_json(self._paths["detection_dict.json"])
        self._sizes = _read_json(self._paths["images_size.json"])
        self._rows = load_plain(self._paths["imgid2idx.pkl"])
        if not isinstance(self._rows, dict):
            raise DataError("expected a dict of image id to row", path=self._paths["imgid2idx.pkl"])
        self._open_features(self._paths["features_compress.hdf5"])

    def _open_features(self, path: Path) -> None:
        try:
            # Compressed chunks hold many images; a cache of this size reads each only once.
            self._file = h5py.File(path, "r", rdcc_nbytes=_CHUNK_CACHE)
        except OSError as error:
            raise DataError(f"not a readable HDF5 file: {error}", path=path) from error
        try:
            self._features = _table(self._file, "features", "f", path)
            self._spans = _table(self._file, "pos_bboxes", "iuf", path)[:].astype(np.int64)
            if self._spans.shape[1] != 2:
                raise DataError(f"expected pos_bboxes (images, 2), found {self._spans.shape}", path=path)
            self._stored_boxes = _table(self._file, "bboxes", "iuf", path)
            if self._stored_boxes.shape != (len(self._features), 4):
                problem = f"expected bboxes ({len(self._features)}, 4), found {self._stored_boxes.shape}"
                raise DataError(problem, path=path)
        except BaseException:
            self._file.close()
            raise

    def __enter__(self) -> MafDetections:
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        self._file.close()

    def find(self, image_id: str, tally: Tally) -> Detected | None:
        """Read the regions of an image; None when the detector found nothing in it.

        Raises:
            DataError: boxes, classes, features or the image's size are missing or contradict each other.
        """
        entry = self._detections.get(image_id)
        path = self._paths["detection_dict.json"]
        where = f"image {image_id}"
        if entry is not None and not isinstance(entry, dict):
            raise DataError("expected an object with bboxes and classes", path=path, where=where)
        if not entry or not entry.get("bboxes"):
            return None
        boxes = _boxes(entry["bboxes"], path, where)
        names = entry.get("classes")
        if not isinstance(names, list) or len(names) != len(boxes):
            count = len(names) if isinstance(names, list) else "no"
            raise DataError(f"{len(boxes)} boxes, but {count} classes", path=path, where=where)
        if not all(isinstance(name, str) for name in names):
            raise DataError("classes should be a list of names", path=path, where=where)
        width, height = self._size(image_id)
        upside_down = (boxes[:, 2] <= boxes[:, 0]) | (boxes[:, 3] <= boxes[:, 1])
        tally.add("detected boxes without an area", image_id, int(upside_down.sum()))
        outside = (boxes < -1).any(axis=1) | (boxes[:, 2] > width + 1) | (boxes[:, 3] > height + 1)
        tally.add("detected boxes that reach outside their image", image_id, int((outside & ~upside_down).sum()))
        rows = self._rows_of(image_id, len(boxes))
        same = np.abs(self._stored_boxes[rows] - boxes).max() <= SAME_BOX
        tally.add("images whose boxes differ between the JSON and the HDF5 file", image_id, int(not same))
        return Detected(width, height, boxes, names, self._read(image_id, rows))

    def _size(self, image_id: str) -> tuple[int, int]:
        size = self._sizes.get(image_id)
        if not isinstance(size, list) or len(size) != 2 or not all(isinstance(n, int) and 0 < n < 2**31 for n in size):
            problem = f"expected [width, height], found {size!r}"
            raise DataError(problem, path=self._paths["images_size.json"], where=f"image {image_id}")
        return size[0], size[1]

    def _rows_of(self, image_id: str, expected: int) -> slice:
        where = f"image {image_id}"
        row = self._rows.get(int(image_id) if image_id.isdecimal() else image_id)
        if not isinstance(row, int) or not 0 <= row < len(self._spans):
            problem = f"expected a row of pos_bboxes, 0 to {len(self._spans) - 1}, found {row!r}"
            raise DataError(problem, path=self._paths["imgid2idx.pkl"], where=where)
        path = self._paths["features_compress.hdf5"]
        start, end = (int(value) for value in self._spans[row])
        if not 0 <= start <= end <= len(self._features) or end - start != expected:
            problem = f"rows {start} to {end} of {len(self._features)} features, for {expected} boxes"
            raise DataError(problem, path=path, where=where)
        return slice(start, end)

    def _read(self, image_id: str, rows: slice) -> NDArray[np.float32]:
        path, where = self._paths["features_compress.hdf5"], f"image {image_id}"
        try:
            features: NDArray[np.float32] = self._features[rows]
        except OSError as error:
            raise DataError(f"the features cannot be read: {error}", path=path, where=where) from error
        # A number beyond the range of float16 becomes infinite, and is told as that below.
        with np.errstate(over="ignore"):
            finite = np.isfinite(features.astype(np.float16)).all()
        if not finite:
            raise DataError("a feature is not finite, or too large for 16 bits", path=path, where=where)
        return features


def _table(file: h5py.File, name: str, kinds: str, path: Path) -> h5py.Dataset:
    """Find a two-dimensional table of numbers of one of some numpy kinds."""
    try:
        found = file[name]
    except (KeyError, OSError) as error:
        raise DataError(f"holds no readable {name}: {error}", path=path) from error
    if not isinstance(found, h5py.Dataset) or len(found.shape or ()) != 2 or found.dtype.kind not in kinds:
        raise DataError(f"{name} should be a table of numbers, found {found}", path=path)
    return found


def _boxes(values: Any, path: Path, where: str) -> NDArray[np.float64]:
    try:
        boxes = np.array(values, dtype=np.float64)
    except (TypeError, ValueError):
        boxes = np.empty(0)
    if boxes.ndim != 2 or boxes.shape[1] != 4 or not (np.abs(boxes) <= LARGEST).all():
        raise DataError("bboxes should be a list of four numbers each, in pixels", path=path, where=where)
    return boxes


def _read_json(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise DataError(f"not readable JSON: {error}", path=path) from error
    if not isinstance(content, dict):
        raise DataError("expected an object with image ids as keys", path=path)
    return content
