"""A prepared study: three splits and the word vectors of their vocabulary, each opened when it is first asked for."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from sprm.corpus.records import SPLITS, Corpus, Warnings, verify_corpus
from sprm.corpus.tally import Tally
from sprm.lexicon import Lexicon


@dataclass(frozen=True, eq=False)
class Study:
    """What a run is about. A worker that never asks for a split's tables never reads them."""

    folder: Path
    """What `prepare` built."""

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
        return Corpus.open(self.folder / split, verify=False)

    @property
    def fingerprint(self) -> str:
        """sha256 over the splits and the word vectors."""
        parts = [corpus.fingerprint for corpus in (self.train, self.val, self.test)]
        return hashlib.sha256("".join([*parts, self.lexicon.fingerprint]).encode()).hexdigest()

    @property
    def warnings(self) -> dict[str, list[Warnings]]:
        """What was passed over in each split, and which `words` have no vector."""
        found = {corpus.info.split: corpus.info.warnings for corpus in (self.train, self.val, self.test)}
        missing = Tally()
        for word in self.lexicon.missing:
            missing.add("words without a vector, all read as the one unknown word", word)
        return {**found, "words": missing.warnings()}


def open_study(folder: Path, *, verify: bool = True) -> Study:
    """Open what `prepare` built.

    Args:
        folder: from `prepare`.
        verify: whether every file is hashed; False where the same process tree has done so already.

    Raises:
        DataError: there is no study in the folder.
        IntegrityError: a file is missing or is not what was written.
    """
    if verify:
        for split in SPLITS:
            verify_corpus(folder / split)
    return Study(folder)
