"""SPRM: the prior and the refinement, mixed.

Prediction for phrase q and box k of an image: `omega * softmax_k(m) + (1 - omega) * softmax_k(c)`, where `c` is the
prior's alignment and `m` the refinement's cosine.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from sprm.batches.batch import Batch
from sprm.batches.encoding import EncodedSplit
from sprm.batches.negatives import barred_examples
from sprm.files.mapped import shared_tensor
from sprm.model.loss import contrastive_loss, image_sentence_similarity
from sprm.model.prior import IMPOSSIBLE, BoxTerms, prior_of_questions
from sprm.model.refinement import Refinement
from sprm.model.trainable import START, Moment, TrainableModel
from sprm.settings import Negatives


class SPRM(TrainableModel):
    """The whole model; with `omega` 0 the prior alone, with 1 the refinement alone.

    Args:
        concepts: (heads, labels) cosines from `prior.concept_similarity`.
        refinement: the trained module; None leaves the prior alone and needs `omega` 0.
        omega: weight of the refinement, in [0, 1].
        terms: what the prior adds to the cosine of a box; None for nothing, as published.
        negatives: whom a sentence is contrasted with in training.
    """

    concepts: Tensor

    def __init__(
        self,
        concepts: Tensor,
        refinement: Refinement | None,
        omega: float,
        terms: BoxTerms | None = None,
        negatives: Negatives = Negatives.most_similar,
    ) -> None:
        super().__init__()
        if refinement is None and omega != 0:
            raise ValueError(f"omega is {omega}, but without a refinement it can only be 0")
        self.register_buffer("concepts", concepts, persistent=False)
        self.refinement = refinement
        self.omega = omega
        self.terms = terms
        self.negatives: Negatives = negatives

    def bound_to(self, split: EncodedSplit) -> SPRM:
        """Return the same weights beside the prior's similarities of another split."""
        concepts = shared_tensor(split.concepts).to(self.device)
        return self._with(concepts, self.omega)

    def weighing(self, omega: float) -> SPRM:
        """Return the same weights with another weight of the refinement, in [0, 1]."""
        return self._with(self.concepts, omega)

    def _with(self, concepts: Tensor, omega: float) -> SPRM:
        other = SPRM(concepts, self.refinement, omega, self.terms, self.negatives)
        other.siblings = self.siblings
        return other

    @property
    def device(self) -> torch.device:
        """Where batches are needed."""
        return self.concepts.device

    @property
    def trained(self) -> Refinement:
        """What training changes.

        Raises:
            ValueError: it is the prior alone.
        """
        if self.refinement is None:
            raise ValueError("without a refinement there is nothing to train")
        return self.refinement

    @property
    def words(self) -> nn.Embedding | None:
        """The trainable word vectors; None where they are frozen."""
        words = self.trained.words
        return words if isinstance(words, nn.Embedding) else None

    def forward(self, batch: Batch) -> Tensor:
        """Score every box of an image for every phrase that the image is asked for.

        Returns:
            (I, Q, K) in [0, 1], laid out as `batch.pairs.by_image` and `batch.images`; 0 at padded boxes.
        """
        padding = ~batch.images.mask[:, None, :]
        scores: Tensor | float = 0.0
        if self.omega < 1:
            scores = (1 - self.omega) * masked_softmax(prior_of_questions(self.concepts, batch, self.terms), padding)
        if self.refinement is not None and self.omega > 0:
            scores = scores + self.omega * masked_softmax(self.refinement(batch), padding)
        assert isinstance(scores, Tensor)
        return scores

    def similarity(self, batch: Batch) -> Tensor:
        """Image-sentence similarity of each of the batch's pairs, (G,) in [0, 1]."""
        best = self(batch).amax(dim=2)
        return image_sentence_similarity(batch.pairs.of_each(best), batch.pairs.phrases)

    def loss(self, batch: Batch, moment: Moment = START) -> Tensor:
        """Contrastive loss of a batch whose sentences are contrasted with others, a scalar."""
        assert batch.negatives is not None
        return contrastive_loss(
            self.similarity(batch), batch.negatives, barred_examples(batch.sentence_images, self.siblings)
        )


def masked_softmax(logits: Tensor, padding: Tensor) -> Tensor:
    """Softmax over the last axis in which padded boxes get `IMPOSSIBLE` before and 0 after.

    A phrase whose every box is impossible gets equal scores, which the padding shares as it does in the authors' code;
    where a box is left, the padding gets nothing.

    Args:
        logits: (I, Q, K).
        padding: (I, 1, K) bool, True at padded boxes.
    """
    return logits.masked_fill(padding, IMPOSSIBLE).softmax(dim=2).masked_fill(padding, 0.0)
