"""Which other example of the batch a sentence is contrasted with."""

from __future__ import annotations

import torch
from torch import Tensor

from sprm.settings import Negatives


def sentence_similarity(vectors: Tensor) -> Tensor:
    """Cosine of every two sentences.

    Args:
        vectors: (sentences, D), each the mean over its phrases of the mean over their words, frozen word vectors.

    Returns:
        (sentences, sentences) in [-1, 1]; 0 where a sentence has no known word.
    """
    unit = torch.nn.functional.normalize(vectors, dim=1)
    return unit @ unit.T


def choose(similarity: Tensor, strategy: Negatives) -> Tensor | None:
    """Choose the negative example of each sentence; nothing but frozen vectors is needed for it.

    Args:
        similarity: (B, B) from `sentence_similarity`, B >= 2.
        strategy: how to choose.

    Returns:
        (B,) index of the chosen example, never the sentence's own; None for the strategies that contrast a sentence
        with every other example.
    """
    count = len(similarity)
    itself = torch.eye(count, dtype=torch.bool, device=similarity.device)
    match strategy:
        case Negatives.most_similar:
            return similarity.masked_fill(itself, -torch.inf).argmax(dim=1)
        case Negatives.least_similar:
            return similarity.masked_fill(itself, torch.inf).argmin(dim=1)
        case Negatives.next:
            return torch.arange(1, count + 1, device=similarity.device) % count
        case Negatives.all | Negatives.cross_entropy:
            return None
