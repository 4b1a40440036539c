"""Which other example of the batch a sentence is contrasted with."""

from __future__ import annotations

import torch
from torch import Tensor

from sprm.settings import Negatives, Siblings


def sentence_similarity(vectors: Tensor) -> Tensor:
    """Cosine of every two sentences.

    Args:
        vectors: (sentences, D), each the mean over its phrases of the mean over their words, frozen word vectors.

    Returns:
        (sentences, sentences) in [-1, 1]; 0 where a sentence has no known word.
    """
    unit = torch.nn.functional.normalize(vectors, dim=1)
    return unit @ unit.T


def barred_examples(images: Tensor, siblings: Siblings) -> Tensor:
    """Say which examples of a batch a sentence is not contrasted with: itself and, where they are excluded, siblings.

    Args:
        images: (B,) the image that each sentence describes.
        siblings: whether sentences of one image are contrasted with each other.

    Returns:
        (B, B) bool, row = sentence, column = example.
    """
    if siblings is Siblings.excluded:
        return images[:, None] == images
    return torch.eye(len(images), dtype=torch.bool, device=images.device)


def choose(similarity: Tensor, strategy: Negatives, barred: Tensor) -> Tensor | None:
    """Choose the negative example of each sentence; nothing but frozen vectors is needed for it.

    Args:
        similarity: (B, B) from `sentence_similarity`, B >= 2.
        strategy: how to choose.
        barred: (B, B) from `barred_examples`.

    Returns:
        (B,) index of the chosen example, which is the sentence's own only where all are barred; None for the strategies
        that contrast a sentence with every other example.
    """
    each = torch.arange(len(similarity), device=similarity.device)
    match strategy:
        case Negatives.most_similar:
            chosen = similarity.masked_fill(barred, -torch.inf).argmax(dim=1)
        case Negatives.least_similar:
            chosen = similarity.masked_fill(barred, torch.inf).argmin(dim=1)
        case Negatives.next:
            steps = (each - each[:, None]) % len(each)
            chosen = steps.masked_fill(barred, len(each)).argmin(dim=1)
        case Negatives.all | Negatives.cross_entropy:
            return None
    return torch.where(barred.all(dim=1), each, chosen)
