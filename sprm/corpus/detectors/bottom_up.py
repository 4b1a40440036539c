"""Detections and features in the TSV files of bottom-up attention.

A line an image, tab-separated, without a header. Anderson et al. write `image_id image_w image_h num_boxes boxes
features`; LXMERT's variant is `img_id img_h img_w objects_id objects_conf attrs_id attrs_conf num_boxes boxes
features`. Arrays are base64: ids int64, everything else float32. A class id is a row of the vocabulary file, from 0;
its lines separate variants by commas. Anderson's six columns name no classes: without them the untrained module cannot
tell regions apart, which is counted and told.

Every `*.tsv` file under the root is read, whichever split its images belong to. Lines are found once, by reading for
line ends, and decoded as they are asked for.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sprm.corpus.annotation import IMAGE_ID
from sprm.corpus.corpus import SPLITS, Warnings
from sprm.corpus.detection import Detected, NothingKeptOpen, in_half_precision, read_scores
from sprm.corpus.detectors.vocabulary import VOCABULARY, named, nameless, read_vocabulary
from sprm.corpus.lines import CRLF, read_text, tally_line_ends
from sprm.corpus.pixels import LARGEST, check_boxes, check_size
from sprm.corpus.warnings import Tally
from sprm.errors import DataError, shown
from sprm.files.first_bytes import HEAD, refuse_foreign

COLUMNS = {
    6: ("image_id", "image_w", "image_h", "num_boxes", "boxes", "features"),
    10: (
        *("img_id", "img_h", "img_w", "objects_id", "objects_conf", "attrs_id", "attrs_conf"),
        *("num_boxes", "boxes", "features"),
    ),
}
"""Names of the columns by their number: Anderson's and LXMERT's."""
LONGEST_LINE = 64 * 2**20
"""Bytes; a hundred regions with 2048 features take about one million."""
_MEGABYTE = 10**6


@dataclass(frozen=True)
class Line:
    """Where the line of an image stands."""

    path: Path
    number: int
    """From 1."""
    start: int
    """First byte."""
    length: int
    """Bytes."""


class BottomUpDetections:
    """The detections of some images in the TSV files under a folder.

    Args:
        root: holds `*.tsv` and `objects_vocab.txt`, a class a line.
        image_ids: the images that will be asked for.
        scanned: told how many megabytes of all files have been looked through, and how many there are.
        names: ids of images that the files may call by a name instead.

    Raises:
        DataError: there is no TSV file, an image stands in two lines, or the vocabulary is missing or empty.
    """

    extractor = "bottom-up attention TSV files"

    def __init__(
        self,
        root: Path,
        image_ids: Sequence[str],
        scanned: Callable[[int, int], object] = lambda done, total: None,
        names: Mapping[str, str] | None = None,
    ) -> None:
        vocabulary = root / VOCABULARY
        self._class_lines, self._tally = read_vocabulary(vocabulary), Tally()
        tally_line_ends(read_text(vocabulary), vocabulary, self._tally)
        paths = tsv_files(root)
        if not paths:
            raise DataError("contains no .tsv file", path=root)
        wanted = set(image_ids)
        self._lines: dict[str, Line] = {}
        before_this, total = 0, sum(path.stat().st_size for path in paths) // _MEGABYTE
        for path in paths:
            for name, line in _lines(path, self._tally):
                image_id = (names or {}).get(name, name)
                scanned((before_this + line.start) // _MEGABYTE, total)
                if image_id not in wanted:
                    self._tally.add("lines of TSV files whose image no split lists", f"{path.name}, {image_id}")
                    continue
                if (before := self._lines.get(image_id)) is not None:
                    problem = f"image {image_id} stands in {before.path.name}, line {before.number}, too"
                    raise DataError(problem, path=path, where=line.number)
                self._lines[image_id] = line
            before_this += path.stat().st_size
        scanned(total, total)

    def passed_over(self, split: str) -> list[Warnings]:
        """Count, with the first split, images that no split lists and files whose lines end in CR LF."""
        return self._tally.warnings() if split == SPLITS[0] else []

    def part(self, image_ids: Sequence[str]) -> BottomUpPart:
        """Return what a worker needs to read the regions of some images."""
        lines = {name: self._lines[name] for name in image_ids if name in self._lines}
        return BottomUpPart(lines, self._class_lines)


class BottomUpPart(NothingKeptOpen):
    """The regions of some images, decoded as they are asked for."""

    def __init__(self, lines: Mapping[str, Line], class_lines: Sequence[str]) -> None:
        self._lines, self._class_lines = lines, class_lines

    def find(self, image_id: str, tally: Tally) -> Detected | None:
        """Read the regions of an image; None when it has no line or no boxes.

        Raises:
            DataError: the line has another form, its base64 is broken, or its columns contradict each other.
        """
        line = self._lines.get(image_id)
        if line is None:
            return None
        row = _Row.read(line)
        width, height, count = (row.integer(name) for name in (*row.size_columns, "num_boxes"))
        check_size(width, height, line.path, line.number)
        if count == 0:
            return None
        boxes = row.array("boxes", np.dtype("<f4"), (count, 4))
        features = row.array("features", np.dtype("<f4"), (count, -1))
        check_boxes(boxes, "boxes: a coordinate is no number of pixels", line.path, line.number)
        halves = in_half_precision(features, line.path, line.number)
        classes = self._classes(row, image_id, count, tally)
        return Detected(width, height, boxes, classes, halves, line.path, _scores(row, count))

    def _classes(self, row: _Row, image_id: str, count: int, tally: Tally) -> list[str]:
        if "objects_id" not in row.values:
            return nameless(image_id, count, tally)
        ids = row.array("objects_id", np.dtype("<i8"), (count,))
        return named(ids, self._class_lines, row.line.path, row.line.number)


def _scores(row: _Row, count: int) -> NDArray[np.float32] | None:
    if "objects_conf" not in row.values:
        return None
    confidences = row.array("objects_conf", np.dtype("<f4"), (count,))
    return read_scores(confidences, count, row.line.path, row.line.number)


@dataclass(frozen=True)
class _Row:
    """The columns of one line, still encoded."""

    line: Line
    values: dict[str, bytes]

    @classmethod
    def read(cls, line: Line) -> _Row:
        try:
            with line.path.open("rb") as file:
                file.seek(line.start)
                content = file.read(line.length)
        except OSError as error:
            raise DataError(f"cannot be read: {error.strerror}", path=line.path, where=line.number) from error
        parts = content.rstrip(b"\r\n ").split(b"\t")
        if len(parts) not in COLUMNS:
            problem = f"expected 6 columns (Anderson's) or 10 (LXMERT's), found {len(parts)}: {shown(content[:HEAD])}"
            raise DataError(problem, path=line.path, where=line.number)
        return cls(line, dict(zip(COLUMNS[len(parts)], parts, strict=True)))

    @property
    def size_columns(self) -> tuple[str, str]:
        """Columns of the image's width and height."""
        return ("image_w", "image_h") if "image_w" in self.values else ("img_w", "img_h")

    def integer(self, column: str) -> int:
        """Read a whole number of things or pixels."""
        text = self.values[column]
        if not text.isdigit() or len(text) > 7 or int(text) > LARGEST:
            raise self.error(column, f"expected a whole number, found {_readable(text)}")
        return int(text)

    def array(self, column: str, kind: np.dtype[Any], shape: tuple[int, ...]) -> NDArray[Any]:
        """Decode an array of a shape; -1 stands for a length that is as it comes."""
        try:
            content = base64.b64decode(self.values[column], validate=True)
        except binascii.Error as error:
            raise self.error(column, f"broken base64: {error}, in {_readable(self.values[column])}") from error
        known = int(np.prod([length for length in shape if length > 0]))
        items, rest = divmod(len(content), kind.itemsize)
        if rest or not items or items % known or (-1 not in shape and items != known):
            wanted = " x ".join("any" if length < 0 else str(length) for length in shape)
            raise self.error(column, f"expected {wanted} numbers of {kind.itemsize} bytes, found {len(content)} bytes")
        return np.frombuffer(content, dtype=kind).reshape(shape)

    def error(self, column: str, problem: str) -> DataError:
        """Return an error that names the line and the column."""
        return DataError(f"{column}: {problem}", path=self.line.path, where=self.line.number)


def tsv_files(root: Path) -> list[Path]:
    """Paths of the TSV files that stand in a folder."""
    return sorted(root.glob("*.tsv"))


def _lines(path: Path, tally: Tally) -> Iterator[tuple[str, Line]]:
    """Yield the image of each line of a file, and where the line stands."""
    start, ends = 0, False
    try:
        with path.open("rb") as file:
            refuse_foreign(file.read(HEAD), path)
            file.seek(0)
            for number, content in enumerate(iter(lambda: file.readline(LONGEST_LINE), b""), start=1):
                if len(content) == LONGEST_LINE:
                    problem = f"a line of {LONGEST_LINE:,} bytes or more: {_readable(content)}"
                    raise DataError(problem, path=path, where=number)
                line = Line(path, number, start, len(content))
                start += len(content)
                ends = ends or content.endswith(b"\r\n")
                if not content.strip():
                    continue
                image_id = content[:256].partition(b"\t")[0].strip().decode(errors="replace")
                if b"\t" not in content[:256] or not IMAGE_ID.fullmatch(image_id):
                    problem = f"expected an image id and a tab, found {_readable(content)}"
                    raise DataError(problem, path=path, where=number)
                yield image_id, line
    except OSError as error:
        raise DataError(f"cannot be read: {error.strerror}", path=path) from error
    tally.add(CRLF, path.name, int(ends))


def _readable(content: bytes) -> str:
    return shown(content[:HEAD].decode(errors="replace"))
