"""What SPRM+ is trained by: evidence of a phrase for an image, its contrast over the images of a batch, and more terms.

With the parts of a model, for a phrase and an image, over the boxes of the image:

    A = softmax(p / tau), P = softmax((p + r) / tau)
    E = log sum A exp(r / tau)                      evidence
    F = sum P (p + r) / tau                         attention-weighted logits, as other methods have them; an image that
                                                    the prior rules out as a whole has 0

`contrast` is one of `Contrast`, a cross-entropy over the images of the batch. To it are added, each with its weight,
the means over phrases on their own images of

    KL(A || P)                                      the divergence from the prior
    - sum P log P                                   the entropy of the answer, low where the model is sure
    sum over boxes of P times the sum of P of the other phrases of its sentence        boxes that phrases share
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from sprm.batches.batch import Batch
from sprm.batches.negatives import barred_examples
from sprm.model.loss import contrast_with_images
from sprm.settings import Contrast, Siblings


@dataclass(frozen=True)
class PlusLoss:
    """What the loss of SPRM+ is made of.

    Attributes:
        contrast: what images are told apart by.
        distillation: weight of the divergence from the prior, 0 or more.
        entropy: weight of the entropy of the answers, 0 or more.
        sharing: weight of what the phrases of a sentence share of their boxes, 0 or more.
        dropout: share of the features and coordinates that each step sets to 0, in [0, 1).
        seed: of the draws of which ones.
    """

    contrast: Contrast = Contrast.evidence
    distillation: float = 0.0
    entropy: float = 0.0
    sharing: float = 0.0
    dropout: float = 0.0
    seed: int = 0


class Parts(NamedTuple):
    """What a model says of every phrase and box of a batch, each (I, P, K)."""

    logits: Tensor
    """p / tau, -inf at padded boxes."""
    prior: Tensor
    """log A, -inf at padded boxes; where all boxes are impossible, they are alike."""
    residual: Tensor
    """r / tau, 0 at padded boxes."""

    @property
    def evidence(self) -> Tensor:
        """E of every phrase for every image, (I, P)."""
        return (self.prior + self.residual).logsumexp(dim=2)

    @property
    def attended(self) -> Tensor:
        """F of every phrase for every image, (I, P)."""
        # The logarithm of the prior's denominator, as the prior was made by subtracting it.
        fit = self.logits.amax(dim=2) - self.prior.amax(dim=2)
        logits = (self.prior + self.residual).masked_fill(self.prior.isneginf(), 0.0)
        attention = (self.prior + self.residual).softmax(dim=2)
        of_boxes = (attention * logits).masked_fill(attention == 0, 0.0).sum(dim=2)
        return torch.where(fit > RULED_OUT, fit + of_boxes, 0.0)


RULED_OUT = -1e6
"""Below any logarithm of a denominator to which a possible box adds, above all others while tau is 10 or less."""


def total(batch: Batch, parts: Parts, best: Tensor | None, loss: PlusLoss, siblings: Siblings) -> Tensor:
    """Return the loss of a batch, a scalar.

    Args:
        batch: each of its sentences is contrasted by its own image.
        parts: of a model.
        best: (P, I) the largest cosine of each phrase's head and a label of each image; None where it plays no part.
        loss: what it is made of.
        siblings: whether a sentence is contrasted with its own image where that counts for another sentence.
    """
    summed = _contrast(batch, parts, best, loss.contrast, siblings)
    if not (loss.distillation or loss.entropy or loss.sharing):
        return summed
    images = batch.sentence_images[batch.phrase_sentences]
    own = images, torch.arange(len(images), device=images.device)
    before = parts.prior[own]
    padded = before.isneginf()
    after = (before + parts.residual[own]).log_softmax(dim=1)
    before, after = before.masked_fill(padded, PADDED), after.masked_fill(padded, PADDED)
    answers = after.exp()
    if loss.distillation:
        summed = summed + loss.distillation * (before.exp() * (before - after)).sum(dim=1).mean()
    if loss.entropy:
        summed = summed - loss.entropy * (answers * after).sum(dim=1).mean()
    if loss.sharing:
        others = of_sentences(batch, answers)[batch.phrase_sentences] - answers
        summed = summed + loss.sharing * (answers * others).sum(dim=1).mean()
    return summed


PADDED = -1e4
"""Logarithm of the share of a padded box: 0, but a number that can be multiplied by 0."""


def of_sentences(batch: Batch, of_phrases: Tensor) -> Tensor:
    """Sum (P, n) over the phrases of each sentence, (B, n)."""
    return of_phrases.new_zeros(len(batch.sentences), of_phrases.shape[1]).index_add(
        0, batch.phrase_sentences, of_phrases
    )


def similarity(batch: Batch, of_phrases: Tensor) -> Tensor:
    """Return the mean over the phrases of every sentence for every image, (B, I), of what phrases have, (I, P)."""
    counts = torch.bincount(batch.phrase_sentences, minlength=len(batch.sentences))
    return of_sentences(batch, of_phrases.T) / counts[:, None]


def _contrast(batch: Batch, parts: Parts, best: Tensor | None, contrast: Contrast, siblings: Siblings) -> Tensor:
    match contrast:
        case Contrast.evidence:
            return contrast_with_images(similarity(batch, parts.evidence), batch.sentence_images, siblings)
        case Contrast.attention:
            return contrast_with_images(similarity(batch, parts.attended), batch.sentence_images, siblings)
        case Contrast.phrases | Contrast.phrases_alike:
            return _of_phrases(batch, parts.evidence, best, siblings)


def _of_phrases(batch: Batch, evidence: Tensor, best: Tensor | None, siblings: Siblings) -> Tensor:
    """Cross-entropy of each phrase's own image among those of all sentences, or of those with as good a label."""
    examples, target = batch.sentence_images, batch.phrase_sentences
    barred = barred_examples(examples, siblings)[target]
    if best is not None:
        own = best.gather(1, examples[target][:, None])
        barred = barred | (best < own).index_select(1, examples)
    barred = barred.scatter(1, target[:, None], False)
    return torch.nn.functional.cross_entropy(
        evidence.T.index_select(1, examples).masked_fill(barred, -torch.inf), target
    )
