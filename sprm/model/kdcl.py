"""KD+CL: phrases and boxes contrasted in a joint space, with a teacher's knowledge of the boxes distilled into it.

Wang, Huang, Li, Xu, Yang and Yu, Improving Weakly Supervised Visual Grounding by Contrastive Knowledge Distillation,
CVPR 2021; computed as in the authors' code, https://github.com/jhuang81/weak-sup-visual-grounding, commit 6e1d4fd.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from sprm.batches.batch import Batch
from sprm.batches.encoding import EncodedSplit
from sprm.batches.feature_scale import FeatureScale
from sprm.files.mapped import shared_tensor
from sprm.model.distillation import Distillation
from sprm.model.joint_space import JointSpace
from sprm.model.loss import contrast_with_images
from sprm.model.trainable import START, Moment, TrainableModel
from sprm.text.word_vectors import Lexicon

LOWEST = -2.0
"""Score of a box that is not there, below any cosine."""
SHARPNESS = 2.0
"""What a phrase's best cosine is multiplied by: temperature 0.5."""


@dataclass(frozen=True)
class Padding:
    """What the authors' code pads with and does not mask; phrases and words are masked there.

    An image of more boxes keeps them all.
    """

    boxes: int = 30
    """Boxes that an image is filled up to."""


@dataclass(frozen=True)
class _Scores:
    """How a batch's distinct phrases, T, score the boxes of its images."""

    boxes: Tensor
    """(T, I, K) cosine with each box; `LOWEST` where none stands."""
    padding: Tensor
    """(T,) cosine with a padded box."""
    copies: Tensor
    """(I,) padded boxes of each image."""
    which: Tensor
    """(P,) which of the T each phrase is."""


class KDCL(TrainableModel):
    """The whole model. The score of a box for a phrase is the cosine of their vectors.

    A sentence and an image have the similarity `L = sum over phrases of 2 max_k cosine`, and a sentence is contrasted
    with the images of the batch by cross-entropy. A phrase without any known word takes no part in that.

    With the authors' padding, an image of fewer boxes has padded ones, all with the one vector of a box without
    features. They compete in the maximum and among the boxes that a teacher is asked about. Without, which is the
    mended form, an image has its own boxes and no others. Its similarities keep the authors' scale, sum and factor: to
    leave out a competitor changes neither. In either form only real boxes are predicted.

    Args:
        space: the maps of phrases and boxes, which are trained.
        concepts: (heads, labels) cosines of the split that it reads, see `concept_similarity`.
        distillation: what is learnt from a teacher; None for the contrast alone.
        padding: the authors' padding; None for the mended form.
    """

    values: Tensor

    def __init__(
        self,
        space: JointSpace,
        concepts: Tensor,
        distillation: Distillation | None = None,
        padding: Padding | None = None,
    ) -> None:
        super().__init__()
        self.space = space
        self.distillation = distillation
        self.padding = padding
        values = torch.zeros(0, 0) if distillation is None else distillation.values(concepts)
        self.register_buffer("values", values, persistent=False)

    def bound_to(self, split: EncodedSplit) -> KDCL:
        """Return the same weights beside the teacher's values for another split."""
        concepts = shared_tensor(split.concepts).to(self.values)
        bound = KDCL(self.space, concepts, self.distillation, self.padding)
        bound.siblings = self.siblings
        return bound

    @property
    def trained(self) -> JointSpace:
        """What training changes."""
        return self.space

    def measure(self, split: EncodedSplit, images: NDArray[np.int64]) -> None:
        """Standardise features by those of the training images, be they all or few."""
        self.space.standardise_by(FeatureScale.of(split, images))

    def before_step(self, optimiser: torch.optim.Optimizer, moment: Moment) -> None:
        """Have Adam add its epsilon where TensorFlow 1 does, to the root of the mean square before its correction."""
        for group in optimiser.param_groups:
            _, decay = group["betas"]
            taken = optimiser.state[group["params"][0]]["step"].item()
            group["eps"] = 1e-8 / (1 - decay ** (taken + 1)) ** 0.5

    def forward(self, batch: Batch) -> Tensor:
        """Score every box of an image for every phrase that the image is asked for.

        Returns:
            (I, Q, K) cosines, laid out as `batch.pairs.by_image` and `batch.images`; -2 at padded boxes.
        """
        vectors, which = self.space.phrases(batch)
        asked = batch.pairs.by_image.pad(vectors.index_select(0, which[batch.pairs.questions]))
        cosines = asked @ batch.images.pad(self.space.regions(batch)).transpose(1, 2)
        return cosines.masked_fill(~batch.images.mask[:, None, :], LOWEST)

    def loss(self, batch: Batch, moment: Moment = START) -> Tensor:
        """Loss of a batch, a scalar: the contrast, and the distillation by the weight that it has at the moment.

        The weight grows by steps taken, so losses before and after it grows are no measure of each other.
        """
        contrast, distilled = self.terms(batch)
        if distilled is None or self.distillation is None:
            return contrast
        return contrast + self.distillation.weight(moment.step) * distilled

    def terms(self, batch: Batch) -> tuple[Tensor, Tensor | None]:
        """Both terms of the loss, scalars; no second one without a teacher, or where it knows none of the phrases."""
        scores = self._scores(batch)
        return self._contrast(batch, scores), self._distilled(batch, scores)

    def _scores(self, batch: Batch) -> _Scores:
        """Score every box of the batch for every distinct phrase."""
        vectors, which = self.space.phrases(batch)
        seen, standing = self.space.regions(batch, padding=self.padding is not None), batch.images.mask
        padded = batch.images.pad(seen[: len(batch.regions)])
        boxes = (vectors @ padded.flatten(0, 1).T).view(-1, *standing.shape).masked_fill(~standing, LOWEST)
        counts = standing.sum(dim=1)
        if self.padding is None:
            return _Scores(boxes, vectors.new_zeros(len(vectors)), torch.zeros_like(counts), which)
        return _Scores(boxes, vectors @ seen[-1], (self.padding.boxes - counts).clamp(min=0), which)

    def _contrast(self, batch: Batch, scores: _Scores) -> Tensor:
        best = scores.boxes.amax(dim=2)
        best = torch.where(scores.copies > 0, torch.maximum(best, scores.padding[:, None]), best)
        known = _known_phrases(batch)
        similar = best.new_zeros(len(batch.sentence_images), best.shape[1])
        of_phrases = SHARPNESS * best.index_select(0, scores.which[known])
        similar = similar.index_add(0, batch.phrase_sentences[known], of_phrases)
        return contrast_with_images(similar, batch.sentence_images, self.siblings)

    def _distilled(self, batch: Batch, scores: _Scores) -> Tensor | None:
        if self.distillation is None:
            return None
        labels, standing = batch.images.pad(batch.labels[batch.region_labels]), batch.images.mask
        images = batch.sentence_images[batch.phrase_sentences]
        values = self.values[batch.phrase_heads[:, None], labels[images]].masked_fill(~standing[images], 0)
        (taught,) = torch.nonzero(values.any(dim=1), as_tuple=True)
        if len(taught) == 0:
            return None
        images, which = images[taught], scores.which[taught]
        return self.distillation.loss(
            student=scores.boxes[which, images],
            teacher=values[taught],
            boxes=batch.images.pad(batch.coordinates[:, :4])[images],
            counts=standing.sum(dim=1)[images],
            padding=scores.padding[which],
            copies=scores.copies[images],
        )


def _known_phrases(batch: Batch) -> Tensor:
    """Return the phrases that have a known word, (n,)."""
    place = torch.arange(batch.phrase_words.shape[1], device=batch.words.device)
    known = batch.words[batch.phrase_words] > Lexicon.UNKNOWN
    return (known & (place < batch.phrase_lengths[:, None])).any(dim=1).nonzero()[:, 0]
