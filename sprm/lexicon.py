"""Word vectors of a corpus' vocabulary, read from GloVe text and kept beside the corpus."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import ClassVar, TextIO

import numpy as np
from numpy.typing import NDArray

from sprm.errors import DataError, IntegrityError

_ENDS_IN_A_NUMBER = re.compile(r" -?\d+\.\d+(?:e-?\d+)?$")
"""What is left of a line for its word when the line has too many columns."""


@dataclass(frozen=True, eq=False)
class Lexicon:
    """Words with their frozen vectors.

    Two rows stand for no word of their own: padding, and every word without a vector. Both are zero.
    """

    PADDING: ClassVar[int] = 0
    UNKNOWN: ClassVar[int] = 1

    words: tuple[str, ...]
    """(V,) words in the order of their rows; the first two are no words."""
    vectors: NDArray[np.float32]
    """(V, D)."""
    missing: tuple[str, ...] = ()
    """Words that were looked for and have no vector."""

    @cached_property
    def _rows(self) -> dict[str, int]:
        return {word: row for row, word in enumerate(self.words) if row > self.UNKNOWN}

    def index(self, word: str) -> int:
        """Row of a word, `UNKNOWN` when it has no vector."""
        return self._rows.get(word, self.UNKNOWN)

    @property
    def dimension(self) -> int:
        """D, the length of a word vector."""
        return int(self.vectors.shape[1])

    @property
    def fingerprint(self) -> str:
        """sha256 over words and vectors."""
        digest = hashlib.sha256("\n".join(self.words).encode())
        digest.update(np.ascontiguousarray(self.vectors).tobytes())
        return digest.hexdigest()

    def save(self, folder: Path) -> None:
        """Write `words.json` and `vectors.npy` into an existing folder."""
        np.save(folder / "vectors.npy", self.vectors, allow_pickle=False)
        content = {
            "fingerprint": self.fingerprint,
            "words": self.words[self.UNKNOWN + 1 :],
            "missing": self.missing,
        }
        (folder / "words.json").write_text(json.dumps(content), encoding="utf-8")

    @classmethod
    def open(cls, folder: Path) -> Lexicon:
        """Open what `save` wrote.

        Raises:
            IntegrityError: the files are missing or not what was written.
        """
        try:
            content = json.loads((folder / "words.json").read_text(encoding="utf-8"))
            vectors = np.load(folder / "vectors.npy", allow_pickle=False)
            lexicon = cls(("", "", *content["words"]), vectors, tuple(content["missing"]))
            sound = lexicon.fingerprint == content["fingerprint"]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise IntegrityError(f"the word vectors cannot be read ({error})", path=folder) from error
        if not sound:
            raise IntegrityError("the word vectors are not what was written", path=folder)
        return lexicon


def builtin_vectors() -> Path:
    """Path of the word vectors that ship with the package: part of GloVe 6B, 100-d."""
    return Path(str(files("sprm"))) / "data" / "glove.6B.100d.subset.txt.gz"


def read_glove(path: Path, vocabulary: Collection[str]) -> Lexicon:
    """Read the vectors of some words from GloVe text, plain or gzipped.

    Args:
        path: one word a line, then D numbers, all separated by one space. A word may hold spaces of its own, so a
            line is split from the right.
        vocabulary: words to keep, lower case; the others are passed over. Those that the file lacks are `missing`.

    Raises:
        DataError: the file is missing or empty, or a line has another number of columns or holds no numbers.
    """
    wanted = set(vocabulary)
    found: dict[str, NDArray[np.float32]] = {}
    dimension = 0
    for number, line in _lines(path):
        if number == 1:
            dimension = len(line.split(" ")) - 1
            if dimension < 1:
                raise DataError("expected a word and its numbers", path=path, where=1)
        word, *values = line.rsplit(" ", dimension)
        if len(values) != dimension or _ENDS_IN_A_NUMBER.search(word):
            raise DataError(f"expected a word and {dimension} numbers", path=path, where=number)
        if word in wanted and word not in found:
            found[word] = _vector(values, path, number)
    if dimension == 0:
        raise DataError("holds no word vectors", path=path)
    words = sorted(found)
    rows = [np.zeros((2, dimension), dtype=np.float32), *(found[word][None] for word in words)]
    return Lexicon(("", "", *words), np.concatenate(rows), tuple(sorted(wanted - found.keys())))


def _vector(values: list[str], path: Path, number: int) -> NDArray[np.float32]:
    try:
        vector = np.array(values, dtype=np.float32)
    except ValueError as error:
        raise DataError(f"expected numbers after the word: {error}", path=path, where=number) from error
    if not np.isfinite(vector).all():
        raise DataError("a number is not finite", path=path, where=number)
    return vector


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    try:
        with _open_text(path) as file:
            for number, line in enumerate(file, start=1):
                yield number, line.rstrip("\r\n")
    except (OSError, EOFError) as error:
        raise DataError(f"the word vectors cannot be read ({error})", path=path) from error
    except UnicodeDecodeError as error:
        raise DataError("the word vectors are not text in UTF-8", path=path) from error


def _open_text(path: Path) -> TextIO:
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8", newline="\n")
    return path.open(encoding="utf-8", newline="\n")
