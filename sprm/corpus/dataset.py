"""A prepared dataset: three splits and the word vectors of their vocabulary, each opened when it is first asked for."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from sprm.corpus.corpus import Corpus, Warnings
from sprm.corpus.coverage import Coverage
from sprm.corpus.plausibility import Plausibility
from sprm.errors import IntegrityError
from sprm.files.atomic_folder import damage
from sprm.text.word_vectors import Lexicon

COVERAGE = "coverage.json"
"""File of a dataset's folder that tells which words have a vector."""
PLAUSIBILITY = "plausibility.json"
"""File of a dataset's folder that tells whether boxes and classes are such as a detector gives."""

_Record = TypeVar("_Record", bound=BaseModel)


@dataclass(frozen=True, eq=False)
class Dataset:
    """What a run is about. A worker that never asks for a split's tables never reads them."""

    folder: Path
    """What `prepare` built."""
    withheld: str | None = None
    """The split whose targets are left out; None where all are to be had."""

    @cached_property
    def train(self) -> Corpus:
        """The split whose fractions systems are trained on."""
        return self.corpus("train")

    @cached_property
    def val(self) -> Corpus:
        """The split that chooses an epoch."""
        return self.corpus("val")

    @cached_property
    def test(self) -> Corpus:
        """The split that answers are judged on."""
        return self.corpus("test")

    @cached_property
    def lexicon(self) -> Lexicon:
        """The word vectors."""
        return Lexicon.open(self.folder / "lexicon")

    def corpus(self, split: str) -> Corpus:
        """Open a split anew."""
        corpus = Corpus.open(self.folder / split, verify=False)
        return corpus.without_targets() if split == self.withheld else corpus

    @cached_property
    def fingerprint(self) -> str:
        """sha256 over the splits and the word vectors."""
        parts = [corpus.fingerprint for corpus in (self.train, self.val, self.test)]
        return hashlib.sha256("".join([*parts, self.lexicon.fingerprint]).encode()).hexdigest()

    @property
    def warnings(self) -> dict[str, list[Warnings]]:
        """What was passed over in each split."""
        return {corpus.info.origin.split: corpus.info.warnings for corpus in (self.train, self.val, self.test)}

    @property
    def coverage(self) -> Coverage:
        """How much of the phrases, their heads and the labels has a word vector.

        Raises:
            IntegrityError: the file that says so is missing or spoiled.
        """
        return self._record(COVERAGE, Coverage)

    @property
    def plausibility(self) -> Plausibility:
        """Whether boxes and classes are such as a detector gives.

        Raises:
            IntegrityError: the file that says so is missing or spoiled.
        """
        return self._record(PLAUSIBILITY, Plausibility)

    def _record(self, name: str, kind: type[_Record]) -> _Record:
        path = self.folder / name
        try:
            return kind.model_validate_json(path.read_bytes())
        except (OSError, ValidationError) as error:
            raise IntegrityError("the content has changed; `prepare` rebuilds it", path=path) from error


def open_dataset(folder: Path, *, verify: bool = True) -> Dataset:
    """Open what `prepare` built.

    Args:
        folder: from `prepare`.
        verify: whether every file is hashed; False where the same process tree has done so already.

    Raises:
        DataError: there is no dataset in the folder.
        IntegrityError: a file is missing or is not what was written.
    """
    if verify and (damaged := damage(folder)):
        raise IntegrityError(damaged)
    return Dataset(folder)
