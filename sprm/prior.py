"""The untrained module: how well a phrase's head words fit a box's detector label, by frozen word vectors.

It has no parameters. Heads and labels repeat, so the cosine of each distinct head with each distinct label is computed
once and looked up from then on.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

IMPOSSIBLE = -1e8
"""Score of a box that stands where the phrase does not say; a softmax makes it 0."""


def concept_similarity(heads: NDArray[np.float32], labels: NDArray[np.float32]) -> NDArray[np.float32]:
    """Cosine of every distinct head with every distinct label.

    Args:
        heads: (heads, D) mean of the frozen vectors of each head's words.
        labels: (labels, D) vector of each detector label.

    Returns:
        (heads, labels) in [-1, 1]; 0 where either has no known word.
    """
    cosines: NDArray[np.float32] = (torch.from_numpy(_unit(heads)) @ torch.from_numpy(_unit(labels)).T).numpy()
    return cosines


def _unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit: NDArray[np.float32] = vectors / np.maximum(length, np.float32(1e-12))
    return unit


def prior_logits(similarity: Tensor, heads: Tensor, labels: Tensor, locations: Tensor, relations: Tensor) -> Tensor:
    """Alignment of phrases with boxes before any softmax.

    Args:
        similarity: (heads, labels) from `concept_similarity`.
        heads: (pairs, Q) head of each phrase.
        labels: (pairs, K) label of each box.
        locations: (pairs, Q) uint8 flags of the locations a phrase names, all when it names none.
        relations: (pairs, K) uint8 flags of the relations a box has.

    Returns:
        (pairs, Q, K): the cosine, or `IMPOSSIBLE` where the box has none of the phrase's locations.
    """
    cosine = similarity[heads[:, :, None], labels[:, None, :]]
    elsewhere = (locations[:, :, None] & relations[:, None, :]) == 0
    return cosine.masked_fill(elsewhere, IMPOSSIBLE)
