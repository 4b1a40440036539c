"""Texts as a tree of their beginnings, so that a recurrence reads a beginning that several texts share once.

`the man` and `the man in red` share their first two states; a recurrence over the tree computes both once.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from sprm.batches.packing import offsets_of


@dataclass(frozen=True)
class Prefixes:
    """Every distinct beginning of some texts, numbered by length: first words, then first two words, and so on."""

    paths: NDArray[np.int64]
    """(texts, longest) the beginnings of each text, shortest first; the last one, the whole text, fills the row."""
    words: NDArray[np.int64]
    """(beginnings,) last word of each."""
    parents: NDArray[np.int64]
    """(beginnings,) the beginning that is one word shorter; itself where there is none."""
    levels: NDArray[np.int64]
    """(longest + 1,) number of the first beginning of one word, of two, …, and how many there are."""

    @classmethod
    def of(cls, words: NDArray[np.int64], lengths: NDArray[np.int64]) -> Prefixes:
        """Number the beginnings of texts, (texts, longest) padded, of the given lengths, (texts,), at least 1."""
        paths = np.empty_like(words)
        by_length: list[tuple[NDArray[np.int64], NDArray[np.int64]]] = []
        total = 0
        for length in range(words.shape[1]):
            present = lengths > length
            before = paths[present, length - 1] if length else np.zeros(present.sum(), dtype=np.int64)
            kinds, number = np.unique(np.stack([before, words[present, length]]), axis=1, return_inverse=True)
            paths[present, length] = total + number.reshape(-1)
            paths[~present, length] = paths[~present, length - 1]
            own = total + np.arange(kinds.shape[1])
            by_length.append((kinds[1], kinds[0] if length else own))
            total += kinds.shape[1]
        return cls(
            paths=paths,
            words=np.concatenate([last for last, _ in by_length]),
            parents=np.concatenate([parent for _, parent in by_length]),
            levels=offsets_of(np.array([len(last) for last, _ in by_length])),
        )

    def tree(self, texts: NDArray[np.int64]) -> tuple[PrefixTree, NDArray[np.int64], NDArray[np.int64]]:
        """Return the tree of some texts, (n,), the word of each of its N nodes, and the node of each whole text."""
        paths = self.paths[texts]
        nodes = np.unique(paths)
        starts = np.searchsorted(nodes, self.levels)
        starts = starts[: int(np.searchsorted(starts, len(nodes))) + 1]
        parents = np.searchsorted(nodes, self.parents[nodes[starts[1] :]])
        tree = PrefixTree(tuple(starts.tolist()), torch.from_numpy(parents))
        return tree, self.words[nodes], np.searchsorted(nodes, paths[:, -1])


@dataclass(frozen=True)
class PrefixTree:
    """Beginnings of a batch's texts, the shortest first. `N` nodes."""

    starts: tuple[int, ...]
    """First node of one word, of two, …, and N at the end."""
    parents: Tensor
    """(N - starts[1],) the node that is one word shorter, of every node of more than one word."""

    @property
    def levels(self) -> list[slice]:
        """Nodes of one word, of two, and so on."""
        return [slice(start, end) for start, end in pairwise(self.starts)]
