"""How similar an image and a sentence are, and the contrastive loss over a batch."""

from __future__ import annotations

import torch
from torch import Tensor

from sprm.batches.negatives import barred_examples
from sprm.settings import Negatives, Siblings


def image_sentence_similarity(best: Tensor, phrases: Tensor) -> Tensor:
    """Mean over a sentence's phrases of the best box's score.

    Args:
        best: (pairs, phrases) largest score of each phrase over the boxes of the pair's image, 0 where padded.
        phrases: (pairs, phrases) bool, False where padded; at least one True in each row.

    Returns:
        (pairs,) in [0, 1].
    """
    return best.sum(dim=1) / phrases.sum(dim=1)


def contrastive_loss(similarity: Tensor, strategy: Negatives, barred: Tensor) -> Tensor:
    """Loss of a batch of B >= 2 sentences.

    Args:
        similarity: of pairs of a sentence and an image, in [0, 1]. Where a sentence has one negative: (2B,), all
            sentences with their own images, then with the negatives'; else (B B,), sentence by sentence, the images in
            the order of the sentences that they belong to.
        strategy: what sentences are contrasted with.
        barred: (B, B) from `negatives.barred_examples`.

    Returns:
        Scalar.
    """
    match strategy:
        case Negatives.most_similar | Negatives.least_similar | Negatives.next:
            return contrast(*similarity.view(2, -1))
        case Negatives.all | Negatives.cross_entropy:
            return contrast_with_all(similarity.view_as(barred), strategy, barred)


def contrast(positive: Tensor, negative: Tensor) -> Tensor:
    """Loss of sentences that are each contrasted with one example.

    Args:
        positive: (B,) similarity of each sentence with its own image.
        negative: (B,) similarity with the chosen example's image.

    Returns:
        Scalar: -mean(positive) + mean(negative).
    """
    return negative.mean() - positive.mean()


def contrast_with_all(similarity: Tensor, strategy: Negatives, barred: Tensor) -> Tensor:
    """Loss of sentences that are each contrasted with every other example that is not barred; 0 for one without any.

    Args:
        similarity: (B, B), row = sentence, column = image of the example.
        strategy: `all`: the mean over the other examples takes the place of the one negative; `cross_entropy`: the
            sentence's own image is the class to find among the batch's.
        barred: (B, B) bool, from `negatives.barred_examples`.

    Returns:
        Scalar.
    """
    own = similarity.diagonal()
    if strategy is Negatives.cross_entropy:
        siblings = barred.clone().fill_diagonal_(False)
        target = torch.arange(len(similarity), device=similarity.device)
        return torch.nn.functional.cross_entropy(similarity.masked_fill(siblings, -torch.inf), target)
    counts = (~barred).sum(dim=1)
    others = similarity.masked_fill(barred, 0).sum(dim=1) / counts.clamp(min=1)
    return contrast(own, torch.where(counts > 0, others, own))


def contrast_with_images(similarity: Tensor, sentence_images: Tensor, siblings: Siblings) -> Tensor:
    """Cross-entropy of each sentence's own image among the images of all sentences of a batch.

    An image counts once for each sentence that describes it.

    Args:
        similarity: (B, I) of each sentence with each distinct image, any finite number.
        sentence_images: (B,) which of the I images each sentence describes.
        siblings: whether a sentence is contrasted with its own image where that counts for another sentence.

    Returns:
        Scalar.
    """
    logits = similarity.index_select(1, sentence_images)
    return contrast_with_all(logits, Negatives.cross_entropy, barred_examples(sentence_images, siblings))
