"""Word vectors in GloVe's text form, read many lines at once.

One word a line, then D numbers, all separated by one space; only a newline ends a line, and blanks before it count for
nothing. A word may hold spaces of its own, so a line is split from the right.
"""

from __future__ import annotations

import gzip
import re
import warnings
import zlib
from codecs import BOM_UTF8
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

from sprm.errors import DataError, shown
from sprm.files.first_bytes import GZIP, HEAD, refuse_foreign

BLOCK = 8 * 2**20
"""Bytes of text that are read at once, also the most that a line may have; bounds memory, changes no result."""
_HEADER = re.compile(rb"\d+ \d+")
_ENDS_IN_A_NUMBER = re.compile(rb" -?\d+\.\d+(?:e-?\d+)?$")
"""What is left of a line for its word when the line has too many columns."""
_IN_NUMBERS = b"0123456789+-.eE "
_LINE_END = b"\r "


@dataclass(frozen=True)
class Block:
    """Some whole lines of a file."""

    lines: list[bytes]
    """At least one, without the newlines."""
    first: int
    """Number of its first line."""
    read: int
    """Bytes of the file that are read so far, as they are on disk."""


@dataclass(frozen=True)
class Rows:
    """Some lines as numbers."""

    words: bytes
    """In UTF-8, each ended by a newline."""
    vectors: NDArray[np.float32]
    """(lines, D)."""


def blocks(path: Path) -> Iterator[Block]:
    """Read a file, plain or gzipped, whatever its name says, some lines at a time.

    Raises:
        DataError: the file is missing or truncated, is another kind of archive, a pointer or a web page, or a line is
            longer than a block.
    """
    try:
        first, left = 1, b""
        with path.open("rb") as raw, _unpacked(raw) as file:
            while data := file.read(BLOCK):
                if first == 1 and not left:
                    refuse_foreign(data[:HEAD], path)
                    data = data.removeprefix(BOM_UTF8)
                text, newline, left = (left + data).rpartition(b"\n")
                if newline:
                    lines = text.split(b"\n")
                    yield Block(lines, first, raw.tell())
                    first += len(lines)
                if len(left) >= BLOCK:
                    problem = f"expected a word and its numbers, found a longer line: {_readable(left)}"
                    raise DataError(problem, path=path, where=first)
            if left:
                yield Block([left], first, raw.tell())
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"the word vectors cannot be read ({error})", path=path) from error


def _unpacked(raw: IO[bytes]) -> IO[bytes] | gzip.GzipFile:
    is_packed = raw.read(len(GZIP)) == GZIP
    raw.seek(0)
    return gzip.open(raw) if is_packed else raw


def has_crlf(path: Path) -> bool:
    """Tell whether the first lines of a file, a block of them, end in CR LF.

    Raises:
        DataError: it cannot be read.
    """
    return any(line.endswith(b"\r") for block in islice(blocks(path), 1) for line in block.lines)


def dimension_of(line: bytes, path: Path) -> int:
    """Return D, which the first line of a file decides.

    Raises:
        DataError: it is not a word and numbers, but for example the header of a word2vec file.
    """
    line = line.rstrip(_LINE_END)
    if _HEADER.fullmatch(line):
        problem = (
            "expected a word and its numbers, found the header of a word2vec file; delete this line: " + _readable(line)
        )
        raise DataError(problem, path=path, where=1)
    if b" " not in line:
        problem = f"expected a word and its numbers, separated by spaces, found {_readable(line)}"
        raise DataError(problem, path=path, where=1)
    return line.count(b" ")


def parse(lines: Sequence[bytes], dimension: int, path: Path, first: int) -> Rows:
    """Read some lines of a file.

    Args:
        lines: at least one, without the newlines.
        dimension: D, which every line must have.
        path: the file.
        first: number of the first line.

    Raises:
        DataError: a line is not UTF-8, has another number of columns, or has what is no finite number.
    """
    try:
        return _parse_at_once(lines, dimension)
    except DataError as error:
        if len(lines) == 1:
            problem = f"{error.problem}, found {_readable(lines[0])}"
            raise DataError(problem, path=path, where=first) from error
    # One of the halves fails likewise, and in the end one line, which the error can name.
    half = len(lines) // 2
    parse(lines[:half], dimension, path, first)
    return parse(lines[half:], dimension, path, first + half)


def _parse_at_once(lines: Sequence[bytes], dimension: int) -> Rows:
    columns = [_split(line.rstrip(_LINE_END), dimension) for line in lines]
    words = b"".join(word + b"\n" for word, _ in columns)
    numbers = b" ".join(numbers for _, numbers in columns)
    malformed = DataError(f"expected {dimension} finite numbers after the word")
    # numpy takes any white space, and any amount, for a separator. When there are only spaces, and one less in a line
    # than it has columns, then a column without a number makes too few numbers in all.
    if numbers.translate(None, _IN_NUMBERS):
        raise malformed
    try:
        words.decode()
        with warnings.catch_warnings():
            # Older versions of numpy only warn of what is no number, and leave it out.
            warnings.simplefilter("error", DeprecationWarning)
            vectors = np.fromstring(numbers, dtype="<f4", sep=" ")
    except UnicodeDecodeError as error:
        raise DataError("expected text in UTF-8") from error
    except (ValueError, DeprecationWarning) as error:
        raise malformed from error
    if len(vectors) != len(lines) * dimension or not np.isfinite(vectors).all():
        raise malformed
    return Rows(words, vectors.reshape(-1, dimension))


def _split(line: bytes, dimension: int) -> tuple[bytes, bytes]:
    """Split a line into its word and all its numbers."""
    spaces = line.count(b" ")
    if spaces == dimension:
        word, _, numbers = line.partition(b" ")
        return word, numbers
    word = line.rsplit(b" ", dimension)[0]
    if spaces < dimension or _ENDS_IN_A_NUMBER.search(word):
        raise DataError(f"expected a word and {dimension} numbers")
    return word, line[len(word) + 1 :]


def _readable(line: bytes) -> str:
    """Return the start of a line as an error tells it."""
    return shown(line[:HEAD].decode(errors="replace"))
