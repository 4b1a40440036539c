"""How similar an image and a sentence are, and the contrastive loss over a batch."""

from __future__ import annotations

import torch
from torch import Tensor

from sprm.settings import Negatives


def image_sentence_similarity(scores: Tensor, phrases: Tensor) -> Tensor:
    """Mean over a sentence's phrases of the best box's score.

    Args:
        scores: (pairs, phrases, regions) in [0, 1], 0 at padded regions.
        phrases: (pairs, phrases) bool, False where padded; at least one True in each row.

    Returns:
        (pairs,) in [0, 1].
    """
    best = scores.amax(dim=2) * phrases
    return best.sum(dim=1) / phrases.sum(dim=1)


def contrast(positive: Tensor, negative: Tensor) -> Tensor:
    """Loss of sentences that are each contrasted with one example.

    Args:
        positive: (B,) similarity of each sentence with its own image.
        negative: (B,) similarity with the chosen example's image.

    Returns:
        Scalar: -mean(positive) + mean(negative).
    """
    return negative.mean() - positive.mean()


def contrast_with_all(similarity: Tensor, strategy: Negatives) -> Tensor:
    """Loss of sentences that are each contrasted with every other example.

    Args:
        similarity: (B, B), row = sentence, column = image of the example.
        strategy: `all`: the mean over the other examples takes the place of the one negative; `cross_entropy`: the
            sentence's own image is the class to find among the batch's.

    Returns:
        Scalar.
    """
    count = len(similarity)
    if strategy is Negatives.cross_entropy:
        own = torch.arange(count, device=similarity.device)
        return torch.nn.functional.cross_entropy(similarity, own)
    itself = torch.eye(count, dtype=torch.bool, device=similarity.device)
    others = similarity.masked_fill(itself, 0).sum(dim=1) / (count - 1)
    return contrast(similarity.diagonal(), others)
