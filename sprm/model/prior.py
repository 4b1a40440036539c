"""The untrained module: how well a phrase's head words fit a box's detector label, by frozen word vectors.

It has no parameters. Heads and labels repeat, so the cosine of each distinct head with each distinct label is computed
once and looked up from then on.
"""

from __future__ import annotations

from torch import Tensor

IMPOSSIBLE = -1e8
"""Score of a box that stands where the phrase does not say; a softmax makes it 0."""


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
