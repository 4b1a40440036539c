"""The boxes that a model scores highest."""

from __future__ import annotations

from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from sprm.batches.batch import Batch, BatchReader, in_file_order
from sprm.batches.encoding import EncodedSplit
from sprm.errors import TrainingError
from sprm.evaluation.outcomes import Prediction

IMAGES_AT_A_TIME = 32
"""Images whose sentences are scored together; bounds memory, changes no prediction."""


class Scorer(Protocol):
    """A model that scores the boxes of images."""

    @property
    def device(self) -> torch.device:
        """Where batches are needed."""
        ...

    def __call__(self, batch: Batch) -> Tensor:
        """Score every box of an image for every phrase that the image is asked for.

        Returns:
            (I, Q, K), laid out as `batch.pairs.by_image` and `batch.images`; the lowest at padded boxes.
        """
        ...


def predict(model: Scorer, split: EncodedSplit) -> Prediction:
    """Find the box with the highest score for every phrase, or the boxes that share it.

    Raises:
        TrainingError: a score is not finite, so that no box can be chosen.
    """
    boxes, tied, highest = [], [], []
    reader = BatchReader(split, model.device)
    with torch.inference_mode():
        for sentences in in_file_order(split, IMAGES_AT_A_TIME):
            batch = reader.read(sentences)
            scores = model(batch)
            if not scores.isfinite().all():
                raise TrainingError("a score is not finite; the weights are no longer finite numbers")
            best = scores.amax(dim=2, keepdim=True)
            reached = (scores == best) & batch.images.mask[:, None, :]
            # Sentences are sorted by image, so image by image is the order of the file.
            of_phrases = batch.pairs.by_image.pack(reached)
            boxes.append(of_phrases.nonzero()[:, 1].cpu().numpy())
            tied.append(of_phrases.sum(dim=1).cpu().numpy())
            highest.append(batch.pairs.by_image.pack(best[..., 0]).float().cpu().numpy())
    return Prediction(np.concatenate(boxes), np.concatenate(tied), np.concatenate(highest))
