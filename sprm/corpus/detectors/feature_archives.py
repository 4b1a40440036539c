"""Detections and features in `.npz` files, one an image, as bottom-up-attention.pytorch writes them.

An archive `npz/<image id>.npz` under the root holds `x` (N, F) features, `bbox` (N, 4) xyxy pixels, `num_bbox`,
`image_h`, `image_w`, and `info`, a dict with `objects_id` (N,) and `objects_conf` (N,) among others. A class id is a
row of the vocabulary file, from 0. Without `info` there are neither classes nor scores.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sprm.corpus.corpus import SPLITS, Warnings
from sprm.corpus.detection import Detected, NothingKeptOpen, in_half_precision, read_scores
from sprm.corpus.detectors.vocabulary import VOCABULARY, named, nameless, read_vocabulary
from sprm.corpus.lines import read_text, tally_line_ends
from sprm.corpus.pixels import check_boxes, check_size
from sprm.corpus.warnings import Tally
from sprm.errors import DataError, shown
from sprm.files.npz import Npz
from sprm.files.pickled_arrays import Record

FOLDER = "npz"
"""Folder of the archives under the root."""
INFO = "info"
_KINDS = {"whole numbers": "iu", "numbers": "f"}
"""numpy's kinds of number by what they hold."""


class FeatureArchives:
    """The detections of some images in a folder of archives.

    Args:
        root: holds the folder `npz`, and `objects_vocab.txt`, a class a line.
        image_ids: the images of all splits.
        names: ids of images that the files may call by a name instead.

    Raises:
        DataError: the folder is missing or empty, or the vocabulary is missing or empty.
    """

    extractor = "bottom-up-attention.pytorch .npz files"

    def __init__(self, root: Path, image_ids: Collection[str], names: Mapping[str, str] | None = None) -> None:
        vocabulary = root / VOCABULARY
        self._class_lines, self._tally = read_vocabulary(vocabulary), Tally()
        tally_line_ends(read_text(vocabulary), vocabulary, self._tally)
        paths = sorted((root / FOLDER).glob("*.npz"))
        if not paths:
            raise DataError("contains no .npz file", path=root / FOLDER)
        wanted = frozenset(image_ids)
        self._paths: dict[str, Path] = {}
        for path in paths:
            image_id = (names or {}).get(path.stem, path.stem)
            if image_id not in wanted:
                self._tally.add(".npz files whose image no split lists", path.stem)
            elif self._paths.setdefault(image_id, path) != path:
                raise DataError(f"{self._paths[image_id].name} is of the same image, by its name", path=path)

    def passed_over(self, split: str) -> list[Warnings]:
        """Count, with the first split, images that no split lists, and a vocabulary whose lines end in CR LF."""
        return self._tally.warnings() if split == SPLITS[0] else []

    def part(self, image_ids: Sequence[str]) -> FeatureArchivesPart:
        """Return what a worker needs to read the regions of some images."""
        return FeatureArchivesPart(
            {name: self._paths[name] for name in image_ids if name in self._paths}, self._class_lines
        )


class FeatureArchivesPart(NothingKeptOpen):
    """The regions of some images, read as they are asked for."""

    def __init__(self, paths: Mapping[str, Path], class_lines: Sequence[str]) -> None:
        self._paths, self._class_lines = paths, class_lines

    def find(self, image_id: str, tally: Tally) -> Detected | None:
        """Read the regions of an image; None when it has no archive or no boxes.

        Raises:
            DataError: the archive is damaged, lacks something, or what it holds contradicts itself.
        """
        path = self._paths.get(image_id)
        if path is None:
            return None
        with Npz(path) as npz:
            count = _whole_number(npz, "num_bbox", path)
            width, height = check_size(_whole_number(npz, "image_w", path), _whole_number(npz, "image_h", path), path)
            boxes, features = npz.numbers("bbox"), npz.numbers("x")
            _check_shape(boxes, (count, 4), path, "bbox")
            _check_shape(features, (count, features.shape[-1] if features.ndim else 0), path, "x")
            if count == 0:
                return None
            check_boxes(boxes.astype(np.float64), "a coordinate is no number of pixels", path, "bbox")
            info = npz.record(INFO) if INFO in npz else None
        halves = in_half_precision(features.astype(np.float64), path, "x")
        if info is None:
            classes, scores = nameless(image_id, count, tally), None
        else:
            ids = _of_info(info, "objects_id", "whole numbers", count, path)
            classes = named(ids, self._class_lines, path, INFO)
            scores = read_scores(_of_info(info, "objects_conf", "numbers", count, path), count, path, INFO)
        return Detected(width, height, boxes.astype(np.float64), classes, halves, path, scores)


def archive_of(root: Path, name: str) -> Path:
    """Where the archive of an image stands that goes by a name."""
    return root / FOLDER / f"{name}.npz"


def _whole_number(npz: Npz, name: str, path: Path) -> int:
    value = npz.numbers(name)
    if value.size != 1 or value.dtype.kind not in "iu":
        raise DataError(f"expected a whole number, found {value.shape} of {value.dtype}", path=path, where=name)
    return int(value.item())


def _of_info(info: Record, name: str, what: str, count: int, path: Path) -> NDArray[Any]:
    """Return what `info` says of each region, (count,): `whole numbers` or `numbers`."""
    values = info.get(name)
    if not isinstance(values, np.ndarray) or values.dtype.kind not in _KINDS[what]:
        found = "none" if values is None else str(values.dtype) if isinstance(values, np.ndarray) else shown(values)
        raise DataError(f"{name}: expected an array of {what}, found {found}", path=path, where=INFO)
    _check_shape(values, (count,), path, INFO, f"{name}: ")
    return values


def _check_shape(values: NDArray[Any], expected: tuple[int, ...], path: Path, where: str, beginning: str = "") -> None:
    if values.shape != expected:
        problem = f"{beginning}expected {expected}, for {expected[0]} boxes, found {values.shape}"
        raise DataError(problem, path=path, where=where)
