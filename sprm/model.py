"""SPRM: the prior and the refinement, mixed.

Prediction for phrase q and box k of an image: `omega * softmax_k(m) + (1 - omega) * softmax_k(c)`, where `c` is the
prior's alignment and `m` the refinement's cosine.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from sprm.corpus.batches import Batch
from sprm.negatives import choose, sentence_similarity
from sprm.objective import contrast, contrast_with_all, image_sentence_similarity
from sprm.prior import IMPOSSIBLE, prior_logits
from sprm.refinement import Refinement
from sprm.settings import Negatives


@dataclass(frozen=True)
class Pairs:
    """Which sentences are scored against which images."""

    sentences: Tensor
    """(G,) index into a batch's sentences."""
    images: Tensor
    """(G,) index into a batch's images."""

    @classmethod
    def own(cls, batch: Batch) -> Pairs:
        """Each sentence with the image it describes."""
        return cls(torch.arange(len(batch.sentence_images)), batch.sentence_images)

    @classmethod
    def all(cls, batch: Batch) -> Pairs:
        """Each sentence with the image of every example of the batch, sentence by sentence."""
        count = len(batch.sentence_images)
        return cls(torch.arange(count).repeat_interleave(count), batch.sentence_images.repeat(count))


class SPRM(nn.Module):
    """The whole model; with `omega` 0 the prior alone, with 1 the refinement alone.

    Args:
        concepts: (heads, labels) cosines from `prior.concept_similarity`.
        refinement: the trained module; None leaves the prior alone and needs `omega` 0.
        omega: weight of the refinement, in [0, 1].
    """

    def __init__(self, concepts: Tensor, refinement: Refinement | None, omega: float) -> None:
        super().__init__()
        if refinement is None and omega != 0:
            raise ValueError(f"omega is {omega}, but without a refinement it can only be 0")
        self.concepts = concepts
        self.refinement = refinement
        self.omega = omega

    def forward(self, batch: Batch, pairs: Pairs) -> Tensor:
        """Score every box of each pair's image for every phrase of its sentence.

        Returns:
            (G, Q, K) in [0, 1], Q and K the most phrases and boxes in the batch; 0 at padded boxes.
        """
        padding = ~batch.regions.mask[pairs.images][:, None, :]
        scores: Tensor | float = 0.0
        if self.omega < 1:
            scores = (1 - self.omega) * masked_softmax(self._prior(batch, pairs), padding)
        if self.refinement is not None and self.omega > 0:
            phrases = batch.phrases.pad(self.refinement.phrases(batch))[pairs.sentences]
            regions = batch.regions.pad(self.refinement.regions(batch))[pairs.images]
            scores = scores + self.omega * masked_softmax(phrases @ regions.transpose(1, 2), padding)
        assert isinstance(scores, Tensor)
        return scores

    def _prior(self, batch: Batch, pairs: Pairs) -> Tensor:
        return prior_logits(
            self.concepts,
            heads=batch.phrases.pad(batch.phrase_heads)[pairs.sentences],
            labels=batch.regions.pad(batch.region_labels)[pairs.images],
            locations=batch.phrases.pad(batch.locations)[pairs.sentences],
            relations=batch.regions.pad(batch.relations)[pairs.images],
        )

    def similarity(self, batch: Batch, pairs: Pairs) -> Tensor:
        """Image-sentence similarity of each pair, (G,) in [0, 1]."""
        return image_sentence_similarity(self(batch, pairs), batch.phrases.mask[pairs.sentences])

    def loss(self, batch: Batch, negatives: Negatives) -> Tensor:
        """Contrastive loss of a batch of B >= 2 sentences, a scalar.

        The negative is chosen by frozen vectors before anything is scored, so two images a sentence are scored, not the
        whole batch, unless the strategy contrasts with every example.
        """
        chosen = choose(sentence_similarity(batch.sentence_vectors), negatives)
        count = len(batch.sentence_images)
        if chosen is None:
            return contrast_with_all(self.similarity(batch, Pairs.all(batch)).view(count, count), negatives)
        both = Pairs(torch.arange(count).repeat(2), torch.cat([batch.sentence_images, batch.sentence_images[chosen]]))
        positive, negative = self.similarity(batch, both).view(2, count)
        return contrast(positive, negative)


def masked_softmax(logits: Tensor, padding: Tensor) -> Tensor:
    """Softmax over the last axis in which padded boxes get `IMPOSSIBLE` before and 0 after.

    A phrase whose every box is impossible gets equal scores, which the padding shares as it does in the authors' code;
    where a box is left, the padding gets nothing.

    Args:
        logits: (G, Q, K).
        padding: (G, 1, K) bool, True at padded boxes.
    """
    return logits.masked_fill(padding, IMPOSSIBLE).softmax(dim=2).masked_fill(padding, 0.0)
