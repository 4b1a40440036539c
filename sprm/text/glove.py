"""Files of word vectors, each read once into a table in the cache that opens memory-mapped.

A table's folder holds `vectors.f32`, the vectors as raw little-endian float32 in the order of the file; `words.txt`,
their words in UTF-8, each ended by a newline; and `table.json`, which comes last and says what the others must be.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from sprm.errors import DataError, IntegrityError
from sprm.files.atomic_folder import build
from sprm.files.cache_keys import short_hash
from sprm.files.contents import Contents
from sprm.files.hashes import file_hash, verify_files
from sprm.text.glove_parser import blocks, dimension_of, parse
from sprm.text.word_vectors import Lexicon

VERSION = 1
"""Raised whenever another table comes of the same file, so that tables are made again."""


class TableInfo(BaseModel):
    """What `table.json` says of its folder."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    source: str = Field(description="name of the file that was read")
    words: int = Field(ge=1, description="V, lines of that file")
    dimension: int = Field(ge=1, description="D, length of a vector")
    words_hash: str = Field(description="sha256 of words.txt")
    vectors_hash: str = Field(description="sha256 of vectors.f32")


@dataclass(frozen=True, eq=False)
class WordTable:
    """All words of a file with their vectors, on disk."""

    folder: Path
    vectors: NDArray[np.float32]
    """(V, D) in the order of the file, memory-mapped."""

    @classmethod
    def open(cls, folder: Path) -> WordTable:
        """Open what `word_table` wrote.

        Raises:
            IntegrityError: a file is missing or is not what was written.
        """
        path = folder / "vectors.f32"
        try:
            info = TableInfo.model_validate_json((folder / "table.json").read_bytes())
            verify_files(folder, {"words.txt": info.words_hash, "vectors.f32": info.vectors_hash})
            return cls(folder, np.memmap(path, dtype="<f4", mode="r", shape=(info.words, info.dimension)))
        except (OSError, ValueError) as error:
            raise IntegrityError("the word vectors cannot be read", path=folder) from error

    def lexicon(self, vocabulary: Collection[str]) -> Lexicon:
        """Look up some words, in the case that the file has them in.

        Args:
            vocabulary: the words to keep. Those that the table lacks are `missing`; of a word that the file repeats,
                the first vector counts.
        """
        wanted = set(vocabulary)
        rows: dict[str, int] = {}
        with (self.folder / "words.txt").open(encoding="utf-8", newline="\n") as file:
            for row, line in enumerate(file):
                word = line.removesuffix("\n")
                if word in wanted:
                    rows.setdefault(word, row)
        words = sorted(rows)
        vectors = np.zeros((Lexicon.UNKNOWN + 1 + len(words), self.vectors.shape[1]), dtype=np.float32)
        vectors[Lexicon.UNKNOWN + 1 :] = self.vectors[[rows[word] for word in words]]
        return Lexicon(("", "", *words), vectors, tuple(sorted(wanted - rows.keys())))


def word_table(path: Path, cache: Path, *, progress: Callable[[str, int, int], None]) -> WordTable:
    """Open the table of a file of word vectors, which is read unless the cache holds its table.

    Args:
        path: GloVe text in UTF-8, plain or gzipped, as `glove_text` has it.
        cache: the cache folder; the table goes into its `words`.
        progress: told the stage, how much of the file is read, and how big it is, in megabytes.

    Raises:
        DataError: the file is missing, empty or truncated, or a line is malformed or has another number of columns.
    """
    with Contents(cache) as contents:
        folder = cache / "words" / short_hash([contents.of(path), f"words {VERSION}"])

    build(
        folder,
        lambda building: _build(path, building, progress),
        waiting=lambda holder: progress(holder.at_work("reads word vectors"), 0, 1),
        verify=True,
    )
    return WordTable.open(folder)


def _build(path: Path, folder: Path, progress: Callable[[str, int, int], None]) -> None:
    count, dimension = 0, 0
    with (folder / "words.txt").open("wb") as words, (folder / "vectors.f32").open("wb") as vectors:
        for block in blocks(path):
            dimension = dimension or dimension_of(block.lines[0], path)
            rows = parse(block.lines, dimension, path, block.first)
            words.write(rows.words)
            vectors.write(rows.vectors.data)
            count += len(rows.vectors)
            progress("reading word vectors", _megabytes(block.read), _megabytes(path.stat().st_size))
    if count == 0:
        raise DataError("contains no word vectors", path=path)
    hashes = {"words_hash": file_hash(folder / "words.txt"), "vectors_hash": file_hash(folder / "vectors.f32")}
    info = TableInfo(source=path.name, words=count, dimension=dimension, **hashes)
    (folder / "table.json").write_text(info.model_dump_json(indent=2), encoding="utf-8")


def _megabytes(size: int) -> int:
    """Round up, so that no file has a size of none."""
    return -(-size // 10**6)
