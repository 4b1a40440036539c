"""The boxes that a model chooses."""

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
    """Choose the box with the highest score for every phrase; of equals, the first in the file.

    Raises:
        TrainingError: a score is not finite, so that no box can be chosen.
    """
    boxes, highest = [], []
    reader = BatchReader(split, model.device)
    with torch.inference_mode():
        for sentences in in_file_order(split, IMAGES_AT_A_TIME):
            batch = reader.read(sentences)
            scores = model(batch)
            if not scores.isfinite().all():
                raise TrainingError("a score is not finite; the weights have left the numbers")
            # argmax is documented to return the first of several maxima, which is the tie rule. Sentences are sorted by
            # image, so image by image is the order of the file.
            best = scores.argmax(dim=2)
            boxes.append(batch.pairs.by_image.pack(best).cpu().numpy())
            reached = scores.gather(2, best[..., None])[..., 0]
            highest.append(batch.pairs.by_image.pack(reached).float().cpu().numpy())
    return Prediction(np.concatenate(boxes), np.concatenate(highest))
