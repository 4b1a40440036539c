"""What training left of a model, in a form that any corpus can be answered with.

Trained word vectors belong to the vocabulary of the corpus that they were trained on. So the words go with them, and on
another corpus a word is found by its spelling.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, ValidationError

from sprm.text.word_vectors import Lexicon

if TYPE_CHECKING:
    from torch import Tensor

WORDS = "words.weight"
"""Name of the table of trained word vectors, (V, D), whose rows are those of a lexicon; alone, or after the name of a
module that has one."""
_HEADER = "sprm_bench"
"""The only key of the file's own header that is used: of several, the order would vary."""


class _Header(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    schema_version: int = 1
    fingerprint: str
    vocabulary: dict[str, float]


@dataclass(frozen=True)
class WordMatch:
    """How the words of a corpus fare with weights that were trained on another, or the same.

    Attributes:
        trained: distinct words that the weights have a vector of; where no vectors are trained, those that go by the
            pretrained ones as in training.
        pretrained: those that they have none of, and that go by their pretrained vector.
        unknown: those that go by the vector of unknown words.
    """

    trained: int
    pretrained: int
    unknown: int


@dataclass(frozen=True)
class TrainedWeights:
    """The weights of one epoch, with the words that they are of.

    Attributes:
        tensors: state of the trained module, with the table `WORDS` where word vectors are trained.
        vocabulary: the words of the table's rows, but for the two that are no words, in their order; each with the
            first number of its pretrained vector, by which one file of word vectors is told from another.
    """

    tensors: Mapping[str, Tensor]
    vocabulary: Mapping[str, float]

    @classmethod
    def of(cls, tensors: Mapping[str, Tensor], lexicon: Lexicon) -> TrainedWeights:
        """Join a trained module's state and the lexicon that its words are from."""
        firsts = lexicon.vectors[lexicon.UNKNOWN + 1 :, 0].tolist()
        return cls(tensors, dict(zip(lexicon.words[lexicon.UNKNOWN + 1 :], firsts, strict=True)))

    def to_bytes(self, fingerprint: str) -> bytes:
        """Return a safetensors file; the fingerprint stands in its header, with the vocabulary."""
        from safetensors.torch import save

        header = _Header(fingerprint=fingerprint, vocabulary=dict(self.vocabulary))
        tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in self.tensors.items()}
        return save(tensors, {_HEADER: header.model_dump_json()})

    @classmethod
    def from_bytes(cls, content: bytes, fingerprint: str) -> TrainedWeights:
        """Read what `to_bytes` returned.

        Raises:
            ValueError: it is something else, or has another fingerprint; says what.
        """
        from safetensors import SafetensorError
        from safetensors.torch import load

        try:
            tensors = load(content)
            size = int.from_bytes(content[:8], "little")
            text = json.loads(content[8 : 8 + size])["__metadata__"][_HEADER]
            header = _Header.model_validate_json(text)
        except (SafetensorError, ValidationError, KeyError, TypeError, ValueError, RuntimeError) as error:
            raise ValueError("it is no file of kept weights") from error
        if header.schema_version != 1 or header.fingerprint != fingerprint:
            raise ValueError("it holds the weights of another trial")
        rows = len(header.vocabulary) + Lexicon.UNKNOWN + 1
        for name, tensor in tensors.items():
            if is_of_words(name) and (tensor.ndim != 2 or len(tensor) != rows):
                raise ValueError(f"it should hold the vectors of {rows} words, as {name}")
        return cls(tensors, header.vocabulary)

    def for_words_of(self, other: Lexicon) -> dict[str, Tensor]:
        """Return the tensors with the words of a corpus' lexicon; see `WordMatch` for the words that have no vector."""
        return {
            name: self._table_for(tensor, other) if is_of_words(name) else tensor
            for name, tensor in self.tensors.items()
        }

    def _table_for(self, trained: Tensor, other: Lexicon) -> Tensor:
        import torch

        table: NDArray[np.float32] = trained.float().numpy()
        rows = self._rows(other)
        vectors = table[np.maximum(rows, Lexicon.UNKNOWN)]
        vectors[Lexicon.PADDING] = table[Lexicon.PADDING]
        if self._is_of_one_file(other):
            own = np.flatnonzero(rows < 0)
            vectors[own] = other.vectors[own]
        return torch.from_numpy(vectors)

    def match(self, other: Lexicon, used: NDArray[np.int64]) -> WordMatch:
        """Count the distinct words of a corpus by the vectors that they get.

        Args:
            other: the corpus' lexicon.
            used: rows of the words that occur, each once; padding and the row of unknown words are none.
        """
        words = used[used > Lexicon.UNKNOWN]
        of_one_file = self._is_of_one_file(other)
        if not any(map(is_of_words, self.tensors)):
            return WordMatch(len(words), 0, 0) if of_one_file else WordMatch(0, 0, len(words))
        trained = int((self._rows(other)[words] >= 0).sum())
        others = len(words) - trained
        return WordMatch(trained, *((others, 0) if of_one_file else (0, others)))

    def _rows(self, other: Lexicon) -> NDArray[np.int64]:
        """Return the row of each of a lexicon's words in the table; -1 for a word that is not there."""
        row = {word: place for place, word in enumerate(self.vocabulary, start=Lexicon.UNKNOWN + 1)}
        found = [row.get(word, -1) for word in other.words[Lexicon.UNKNOWN + 1 :]]
        return np.array([Lexicon.PADDING, Lexicon.UNKNOWN, *found], dtype=np.int64)

    def _is_of_one_file(self, other: Lexicon) -> bool:
        """Tell whether words that both know have one pretrained vector, so that others' vectors mean the same."""
        both = [word for word in other.words[Lexicon.UNKNOWN + 1 :] if word in self.vocabulary]
        own = np.array([self.vocabulary[word] for word in both], dtype=np.float32)
        theirs = other.vectors[[other.index(word) for word in both], 0]
        same_length = all(
            tensor.shape[1] == other.dimension for name, tensor in self.tensors.items() if is_of_words(name)
        )
        return bool(both) and same_length and np.array_equal(own, theirs)


def is_of_words(name: str) -> bool:
    """Whether a tensor of that name is a table of trained word vectors."""
    return name == WORDS or name.endswith(f".{WORDS}")
