"""Word vectors of a corpus' vocabulary, kept beside the corpus."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from sprm.errors import IntegrityError


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
        except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
            raise IntegrityError(f"the word vectors cannot be read ({error})", path=folder) from error
        if not sound:
            raise IntegrityError("the content of the word vectors has changed", path=folder)
        return lexicon


def builtin_vectors() -> Path:
    """Path of the word vectors that ship with the package: part of GloVe 6B, 100-d."""
    return Path(str(files("sprm"))) / "data" / "glove.6B.100d.subset.txt.gz"
