"""HDF5 files from strangers: tables of numbers, and nothing that leads out of the file."""

from __future__ import annotations

from math import prod
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from sprm.errors import DataError, shown
from sprm.files.first_bytes import refuse_foreign_file

_CHUNK_CACHE = 64 * 2**20
"""Bytes."""
_LARGEST_CHUNK = 256 * 2**20
"""Bytes; a chunk is unpacked whole."""
_MOST_IMAGES = 5_000_000
_MOST_ROWS, _MOST_COLUMNS = 10**9, 10**6
"""A table that claims more is meant to fill the memory; the largest corpus here has two million rows of 2048."""


def opened(path: Path) -> h5py.File:
    """Open an HDF5 file for reading.

    Raises:
        DataError: it is missing, or no HDF5 file.
    """
    try:
        # Compressed chunks hold many images; a cache of this size reads each only once.
        return h5py.File(path, "r", rdcc_nbytes=_CHUNK_CACHE)
    except OSError as error:
        refuse_foreign_file(path)
        raise DataError(f"not a readable HDF5 file: {error}", path=path) from error


def table(file: h5py.File, name: str, kinds: str, path: Path) -> h5py.Dataset:
    """Find a two-dimensional table of numbers that stands in the file itself.

    Args:
        file: from `opened`.
        name: the table's.
        kinds: numpy kinds of which its numbers may be, such as `iuf`.
        path: the file, for the error.

    Raises:
        DataError: it is missing, of another form, in another file, or claims more than a corpus could hold.
    """
    if name not in file:
        raise DataError(f"contains no readable {name}", path=path)
    try:
        # A link, even one within the file, may lead through another to any other file.
        dataset = file[name] if isinstance(file.get(name, getlink=True), h5py.HardLink) else None
    except (KeyError, OSError) as error:
        raise DataError(f"contains no readable {name}: {error}", path=path) from error
    if not isinstance(dataset, h5py.Dataset) or len(dataset.shape or ()) != 2 or dataset.dtype.kind not in kinds:
        raise DataError(f"{name} should be a table of numbers, found {dataset}", path=path)
    if dataset.external or dataset.is_virtual:
        raise DataError(f"{name} is stored in another file, but only data in this file is read", path=path)
    if dataset.shape[0] > _MOST_ROWS or dataset.shape[1] > _MOST_COLUMNS:
        raise DataError(f"{name} claims {dataset.shape[0]:,} rows of {dataset.shape[1]:,} numbers", path=path)
    chunk = prod(dataset.chunks or (0,)) * dataset.dtype.itemsize
    if chunk > _LARGEST_CHUNK:
        raise DataError(f"{name} is packed in chunks of {chunk:,} bytes; up to {_LARGEST_CHUNK:,} are read", path=path)
    return dataset


def small_table(file: h5py.File, name: str, columns: int, path: Path) -> NDArray[np.int64]:
    """Read a whole table of whole numbers, a row an image.

    Raises:
        DataError: it is none, has other columns, or claims more rows than a corpus has images.
    """
    dataset = table(file, name, "iuf", path)
    if dataset.shape[1] != columns:
        raise DataError(f"expected {name} (images, {columns}), found {dataset.shape}", path=path)
    if len(dataset) > _MOST_IMAGES:
        raise DataError(f"{name} claims {len(dataset):,} images", path=path)
    return _whole_numbers(dataset[:], name, path)


def _whole_numbers(values: NDArray[Any], name: str, path: Path) -> NDArray[np.int64]:
    wrong = ~((values == np.floor(values)) & (np.abs(values) < 2**62))
    if wrong.any():
        problem = f"{name} should hold whole numbers, found {shown(values[wrong][0].item())}"
        raise DataError(problem, path=path)
    return values.astype(np.int64)
