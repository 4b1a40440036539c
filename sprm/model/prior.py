"""The untrained module: how well a phrase's head words fit a box's detector label, by frozen word vectors.

It has no parameters. Heads and labels repeat, so the cosine of each distinct head with each distinct label is computed
once and looked up from then on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from torch import Tensor

if TYPE_CHECKING:
    from sprm.batches.batch import Batch

IMPOSSIBLE = -1e8
"""Score of a box that stands where the phrase does not say; a softmax makes it 0."""


@dataclass(frozen=True)
class BoxTerms:
    """What is added to the cosine of a box whatever the phrase says; nothing in the method as published.

    Boxes of one label have one cosine. Its detector's score and its size tell them apart without any training.
    """

    score_weight: float = 0.0
    """Of log(score + 0.001)."""
    size_weight: float = 0.0
    """Of log(share of the image's area + 0.0001)."""

    def of(self, coordinates: Tensor) -> Tensor:
        """Return the sum of both for each region, (R,).

        Args:
            coordinates: (R, 5), or (R, 6) where a score is weighed, see `EncodedSplit.coordinates`.
        """
        terms = self.size_weight * (coordinates[:, 4] + 0.0001).log()
        return terms if self.score_weight == 0 else terms + self.score_weight * coordinates[:, 5]


def prior_logits(
    similarity: Tensor,
    heads: Tensor,
    labels: Tensor,
    locations: Tensor,
    relations: Tensor,
    terms: Tensor | None = None,
) -> Tensor:
    """Alignment of phrases with boxes before any softmax.

    Args:
        similarity: (heads, labels) from `concept_similarity`.
        heads: (pairs, Q) head of each phrase.
        labels: (pairs, K) label of each box.
        locations: (pairs, Q) uint8 flags of the locations a phrase names, all when it names none.
        relations: (pairs, K) uint8 flags of the relations a box has.
        terms: (pairs, K) what is added to the cosine of a box; None for nothing.

    Returns:
        (pairs, Q, K): the cosine with what is added to it, or `IMPOSSIBLE` where the box has none of the phrase's
        locations.
    """
    cosine = similarity[heads[:, :, None], labels[:, None, :]]
    if terms is not None:
        cosine = cosine + terms[:, None, :]
    elsewhere = (locations[:, :, None] & relations[:, None, :]) == 0
    return cosine.masked_fill(elsewhere, IMPOSSIBLE)


def prior_of_questions(similarity: Tensor, batch: Batch, terms: BoxTerms | None) -> Tensor:
    """Alignment of every phrase that an image is asked for with every box of the image, before any softmax.

    Args:
        similarity: (heads, labels) from `concept_similarity`.
        batch: of I images.
        terms: what is added to the cosine of a box; None for nothing.

    Returns:
        (I, Q, K), laid out as `batch.pairs.by_image` and `batch.images`; see `prior_logits`.
    """
    asked = batch.pairs.questions
    return prior_logits(
        similarity,
        heads=batch.pairs.by_image.pad(batch.phrase_heads[asked]),
        labels=batch.images.pad(batch.labels[batch.region_labels]),
        locations=batch.pairs.by_image.pad(batch.locations[asked]),
        relations=batch.images.pad(batch.relations),
        terms=None if terms is None else batch.images.pad(terms.of(batch.coordinates)),
    )
