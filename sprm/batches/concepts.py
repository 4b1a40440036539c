"""Concepts: how well head words fit detector labels, by frozen word vectors.

Heads and labels repeat, so the cosine of each distinct head with each distinct label is computed once and looked up
from then on.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray


def concept_similarity(heads: NDArray[np.float32], labels: NDArray[np.float32]) -> NDArray[np.float32]:
    """Cosine of every distinct head with every distinct label.

    Args:
        heads: (heads, D) mean of the frozen vectors of each head's words.
        labels: (labels, D) vector of each detector label.

    Returns:
        (heads, labels) in [-1, 1]; 0 where either has no known word. Labels of one direction have one cosine to the
        last bit, so that their boxes tie.
    """
    directions = _unit(labels)
    cosines: NDArray[np.float32] = (torch.from_numpy(_unit(heads)) @ torch.from_numpy(directions).T).numpy()
    # A product may round a column by where it stands.
    _, first, which = np.unique(directions, axis=0, return_index=True, return_inverse=True)
    alike = first[which.reshape(-1)]
    again = np.flatnonzero(alike != np.arange(len(labels)))
    cosines[:, again] = cosines[:, alike[again]]
    return cosines


def _unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit: NDArray[np.float32] = vectors / np.maximum(length, np.float32(1e-12))
    return unit
