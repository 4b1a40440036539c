"""What a run's folder holds of the test split: what its phrases are like, and a few images with boxes and pictures.

::

    <run>/test/index.json       what it describes, and the sha256 of each other file
               images.parquet   image_id, width, height
               regions.parquet  of the example images: image (a row of images), x1, y1, x2, y2, label, score
               phrases.parquet  image, words, head, in_labels, best_iou, same_label, area, and of the example images x1,
                                y1, x2, y2 of the target; in the order of every trial's items
               heads.parquet    head, seed, fraction, phrases: how often a training subset has a head
               pictures/N.jpg   small copies of the pictures of the example images, by their rows

A report is written from the run's folder alone, on whatever machine, and this is what it shows of single images. Boxes
of other images are left where they are: a run's folder is handed on, and a corpus may not be.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from bench.store.manifest import read_manifest
from bench.store.set_aside import exists
from bench.store.stored_model import SCHEMA_VERSION, Record, Stored
from sprm.errors import ResultsError
from sprm.files.atomic_file import write_atomically
from sprm.files.atomic_folder import Building, discard, sweep
from sprm.files.leases import leased
from sprm.files.regular import content_of

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

FOLDER = "test"
"""Where it lies in a run's folder."""
INDEX = "index.json"
CORNERS = ("x1", "y1", "x2", "y2")
COLUMNS: Mapping[str, Mapping[str, str]] = {
    "images": {"image_id": "string", "width": "int32", "height": "int32"},
    "regions": {"image": "int32", **dict.fromkeys(CORNERS, "float32"), "label": "string"} | {"score": "float32"},
    "phrases": {"image": "int32", **dict.fromkeys(CORNERS, "float64"), "words": "int32", "head": "string"}
    | {"in_labels": "bool", "best_iou": "float64", "same_label": "int32", "area": "float64"},
    "heads": {"head": "string", "seed": "int32", "fraction": "string", "phrases": "int32"},
}
"""By table, the type of each column."""
ADDED = {"phrases": ("in_labels",)}
"""By table, the columns that earlier versions did not write."""
UNKNOWN = {"regions": ("score",), "phrases": CORNERS}
"""By table, the columns in which a value may be missing."""


class SubsetKey(Record):
    """A training subset in which heads were counted."""

    seed: int
    fraction: str
    sha256: str
    """Hash of its id list, as in `subsets/index.json`."""


class TestSplitIndex(Stored):
    """What `test/` describes."""

    __test__: ClassVar[bool] = False

    corpus: str
    """Fingerprint of the dataset."""
    test: str
    """Fingerprint of its test split."""
    subsets: tuple[SubsetKey, ...]
    """The training subsets whose heads were counted."""
    examples: tuple[int, ...]
    """Rows of the images that a report shows, ascending; chosen from the test split alone."""
    pictures: tuple[int, ...]
    """Those of them with a picture."""
    files: dict[str, str] = Field(default_factory=dict)
    """sha256 of each file, by its name in the folder."""


@dataclass(frozen=True, eq=False)
class TestSplit:
    """The test split of a run, as far as a report shows it.

    Attributes:
        index: what it belongs to.
        images: image_id; width and height in pixels.
        regions: detected boxes of the example images, sorted by image: image (row of `images`); x1, y1, x2, y2 in
            pixels; label, a class line as the detector's vocabulary has it; score in [0, 1], NaN where the detector
            does not say.
        phrases: one row a test phrase, in the order of every trial's items, so sorted by image: image (row of
            `images`); x1, y1, x2, y2 of its target in pixels, NaN where the image is no example; words, how many it
            has; head, its head words joined by a space, empty where none was found; in_labels, whether the detector's
            label set has that head, see `has_noun`; best_iou, how much the image's
            best region overlaps the target, in [0, 1], by the rules of the run; same_label, how many of the image's
            regions have the label of that one, itself among them; area, the share of its image that the target covers.
        heads: for the heads of test phrases and each training subset: head, seed, fraction (its label) and phrases, how
            many phrases of the subset have the head. A head that a subset has not is left out.
        pictures: JPEG files by the image's row, of those examples that have one.
    """

    __test__: ClassVar[bool] = False

    index: TestSplitIndex
    images: pd.DataFrame
    regions: pd.DataFrame
    phrases: pd.DataFrame
    heads: pd.DataFrame
    pictures: Mapping[int, bytes]

    @cached_property
    def offsets(self) -> NDArray[np.int64]:
        """First region of each image in `regions`, (images + 1,); an image that is no example has none there."""
        rows = np.arange(len(self.images) + 1)
        return np.searchsorted(self.regions["image"].to_numpy(), rows).astype(np.int64)

    @property
    def examples(self) -> tuple[int, ...]:
        """Rows of the images that a report shows, ascending."""
        return self.index.examples


def read_test_split(run: Path) -> TestSplit | None:
    """Read what a run's folder holds of its test split; None where it holds nothing that can be used.

    A run that an earlier version made has none; `flaw_of_test_split` tells what is wrong with one that is there.
    """
    try:
        return _of_run(run) if exists(run / FOLDER) else None
    except ResultsError:
        return None


def flaw_of_test_split(run: Path) -> str | None:
    """Say in a line why what a run's folder holds of its test split cannot be used; None where it can or is missing."""
    try:
        if exists(run / FOLDER):
            _of_run(run)
    except ResultsError as error:
        return str(error)
    return None


def encoded(tables: Mapping[str, pd.DataFrame], pictures: Mapping[int, bytes]) -> dict[str, bytes]:
    """Return the files of a test split but for its index, by their names in the folder.

    Args:
        tables: `images`, `regions`, `phrases` and `heads`, as `TestSplit` has them.
        pictures: JPEG files by the image's row.
    """
    files = {f"{name}.parquet": _parquet(tables[name], columns) for name, columns in COLUMNS.items()}
    return {**files, **{_picture(row): content for row, content in pictures.items()}}


def write_test_split(run: Path, index: TestSplitIndex, files: Mapping[str, bytes]) -> None:
    """Write a test split into a run's folder, in the place of whatever was there; of several commands one at a time.

    Args:
        run: the run folder.
        index: what it belongs to; the hashes of the files are added.
        files: from `encoded`.
    """
    folder = run / FOLDER
    hashes = {name: hashlib.sha256(content).hexdigest() for name, content in sorted(files.items())}
    described = {**files, INDEX: index.model_copy(update={"files": hashes}).to_json()}
    with leased(folder, lambda holder: None):
        sweep(run, FOLDER)
        with Building(folder, listed=False) as building:
            for name, content in described.items():
                (building / name).parent.mkdir(exist_ok=True)
                write_atomically(building / name, content)
            discard(folder)


def open_test_split(run: Path, test: str) -> TestSplit:
    """Read the test split that a run's folder is expected to hold.

    Args:
        run: the run folder.
        test: fingerprint of the split.

    Raises:
        ResultsError: a file is missing or not as it was written, or describes another split; files are named as they
            are within the run folder.
    """
    folder = run / FOLDER
    index = _index(folder / INDEX)
    if index.test != test:
        raise ResultsError(f"{FOLDER}/{INDEX}: it describes another test split than that of the run")
    tables = {name: _table(folder, name, index) for name in COLUMNS}
    pictures = {row: _content(folder, _picture(row), index) for row in index.pictures}
    split = TestSplit(index=index, pictures=pictures, **tables)
    _check(split)
    return split


def _of_run(run: Path) -> TestSplit:
    test = read_manifest(run).splits.get("test")
    return open_test_split(run, "" if test is None else test.fingerprint)


def _index(path: Path) -> TestSplitIndex:
    name = f"{FOLDER}/{INDEX}"
    try:
        index = TestSplitIndex.from_json(content_of(path))
    except FileNotFoundError as error:
        raise ResultsError(f"{name}: it is missing") from error
    except (OSError, ValueError) as error:
        raise ResultsError(f"{name}: it cannot be read, or is not as it was written") from error
    if index.schema_version != SCHEMA_VERSION:
        raise ResultsError(f"{name}: it was made by another version of the package")
    return index


def _table(folder: Path, name: str, index: TestSplitIndex) -> pd.DataFrame:
    from pyarrow import ArrowException, parquet

    file = f"{name}.parquet"
    content = _content(folder, file, index)
    try:
        table = parquet.read_table(io.BytesIO(content))
        if missing := [column for column in ADDED.get(name, ()) if column not in table.column_names]:
            raise ResultsError(f"{FOLDER}/{file}: an earlier version of the package made it, without {missing[0]}")
        table = table.select(list(COLUMNS[name])).cast(_schema(COLUMNS[name]))
    except (ArrowException, OSError, ValueError, KeyError) as error:
        raise ResultsError(f"{FOLDER}/{file}: it is not a table of a test split") from error
    if any(table[column].null_count for column in COLUMNS[name] if column not in UNKNOWN.get(name, ())):
        raise ResultsError(f"{FOLDER}/{file}: values are missing")
    frame: pd.DataFrame = table.to_pandas()
    return frame


def _content(folder: Path, name: str, index: TestSplitIndex) -> bytes:
    try:
        content = content_of(folder / name)
    except OSError as error:
        raise ResultsError(f"{FOLDER}/{name}: it is missing, or cannot be read") from error
    if hashlib.sha256(content).hexdigest() != index.files.get(name):
        raise ResultsError(f"{FOLDER}/{name}: it was changed")
    return content


def _check(split: TestSplit) -> None:
    """Refuse tables that do not fit each other, so that whoever reads them need not look."""
    count = len(split.images)
    rows = [table["image"].to_numpy() for table in (split.regions, split.phrases)]
    in_order = all(len(row) and row[0] >= 0 and row[-1] < count and (np.diff(row) >= 0).all() for row in rows)
    shown = split.index.examples
    # Python's own comparison, as numbers in a JSON file may be too large for numpy.
    is_known = all(0 <= row < count for row in shown) and set(split.index.pictures) <= set(shown)
    is_each_once = len(set(shown)) == len(shown) and not split.heads.duplicated(["seed", "fraction", "head"]).any()
    if not (in_order and is_known and is_each_once and _has_boxes(split)):
        raise ResultsError(f"{FOLDER}: its tables do not fit each other")


def _has_boxes(split: TestSplit) -> bool:
    """Tell whether each example image has boxes, and whether these and the targets in it are where one can draw."""
    shown = list(split.index.examples)
    targets = split.phrases.loc[split.phrases["image"].isin(shown), list(CORNERS)]
    has_some = np.diff(split.offsets)[shown] > 0
    return bool(has_some.all()) and all(
        np.isfinite(corners.to_numpy()).all() for corners in (targets, split.regions[list(CORNERS)])
    )


def _picture(row: int) -> str:
    return f"pictures/{row}.jpg"


def _schema(columns: Mapping[str, str]) -> pa.Schema:
    import pyarrow as pa

    types = {
        "bool": pa.bool_(),
        "string": pa.string(),
        "int32": pa.int32(),
        "float32": pa.float32(),
        "float64": pa.float64(),
    }
    return pa.schema([(name, types[kind]) for name, kind in columns.items()])


def _parquet(frame: pd.DataFrame, columns: Mapping[str, str]) -> bytes:
    import pyarrow as pa
    from pyarrow import parquet

    table = pa.Table.from_pandas(frame[list(columns)], schema=_schema(columns), preserve_index=False)
    content = io.BytesIO()
    texts = [name for name, kind in columns.items() if kind == "string" or kind.startswith("int")]
    numbers = [name for name, kind in columns.items() if kind.startswith("float")]
    # Coordinates of neighbouring boxes share their leading bytes.
    parquet.write_table(
        table.replace_schema_metadata(),
        content,
        compression="zstd",
        compression_level=19,
        use_dictionary=texts,
        use_byte_stream_split=numbers,
    )
    return content.getvalue()
