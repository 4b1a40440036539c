"""`.npz` archives from strangers: arrays of numbers, dicts of them, and nothing that runs or fills the memory."""

from __future__ import annotations

import io
import warnings
import zipfile
import zlib
from math import prod
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sprm.errors import DataError
from sprm.files.first_bytes import HEAD, refuse_foreign
from sprm.files.pickled_arrays import Record, load_record

LARGEST = 64 * 2**20
"""Bytes that an array may take, unpacked; a hundred regions with 2048 features take less than one million."""
_AXES = 8
"""Axes that an array may have; no file read here has more than two."""
_PACKINGS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""How numpy packs; others let a few bytes ask for gigabytes."""
_HEADERS = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, ValueError)
"""What reading a damaged, truncated, encrypted or otherwise packed archive raises."""


class Npz:
    """An archive that is open for reading; a context manager that closes it.

    Args:
        path: the file.

    Raises:
        DataError: it cannot be read, or is no zip archive.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._zip = zipfile.ZipFile(path)
        except OSError as error:
            raise DataError(f"cannot be read: {error.strerror or error}", path=path) from error
        except _BROKEN as error:
            with path.open("rb") as file:
                head = file.read(HEAD)
            if not head.startswith(b"PK"):
                refuse_foreign(head, path)
            raise DataError(f"not a readable .npz file: {error}", path=path) from error
        self._members = {info.filename.removesuffix(".npy"): info for info in self._zip.infolist()}

    def __enter__(self) -> Npz:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._zip.close()

    def __contains__(self, name: str) -> bool:
        return name in self._members

    def numbers(self, name: str) -> NDArray[Any]:
        """Read an array of numbers.

        Raises:
            DataError: it is missing, damaged, too large, or of something else.
        """
        shape, by_columns, kind, body = self._read(name)
        if kind.kind not in "biuf":
            raise DataError(f"expected numbers, found {kind}", path=self._path, where=name)
        if len(shape) > _AXES:
            raise DataError(f"expected {_AXES} axes at most, found {len(shape)}", path=self._path, where=name)
        if len(body) != prod(shape) * kind.itemsize or any(not 0 <= length <= LARGEST for length in shape):
            problem = f"expected {shape} numbers of {kind.itemsize} bytes, found {len(body):,} bytes"
            raise DataError(problem, path=self._path, where=name)
        return np.frombuffer(body, dtype=kind).reshape(shape, order="F" if by_columns else "C")

    def record(self, name: str) -> Record:
        """Read a dict of arrays, which numpy keeps as an array of one object.

        Raises:
            DataError: it is missing, damaged, too large, or holds something else.
        """
        shape, _, kind, body = self._read(name)
        if shape != () or kind != np.dtype(object):
            problem = f"expected a dict, which is an array of one object, found {shape} of {kind}"
            raise DataError(problem, path=self._path, where=name)
        return load_record(body, self._path, name)

    def _read(self, name: str) -> tuple[tuple[int, ...], bool, np.dtype[Any], bytes]:
        """Return shape, whether columns come first, type, and the bytes behind the header of an array."""
        if name not in self._members:
            there = ", ".join(sorted(self._members)[:10]) or "nothing"
            raise DataError(f"holds no {name}, only {there}", path=self._path)
        buffer = io.BytesIO(self._unpacked(name))
        try:
            header = _HEADERS[np.lib.format.read_magic(buffer)]
            with warnings.catch_warnings():
                # numpy warns of headers that Python 2 wrote.
                warnings.simplefilter("ignore")
                shape, by_columns, kind = header(buffer)
        except Exception as error:  # the header is an expression of Python's, and a broken one raises almost anything
            raise DataError("not a readable array of numpy's", path=self._path, where=name) from error
        return shape, by_columns, kind, buffer.read()

    def _unpacked(self, name: str) -> bytes:
        member = self._members[name]
        if member.file_size > LARGEST or member.compress_type not in _PACKINGS:
            problem = f"{member.file_size:,} bytes packed in way {member.compress_type}; expected at most {LARGEST:,}"
            problem += ", stored or deflated"
            raise DataError(problem, path=self._path, where=name)
        try:
            with self._zip.open(member) as file:
                return file.read(member.file_size)
        except (*_BROKEN, OSError) as error:
            raise DataError(f"damaged: {error}", path=self._path, where=name) from error
