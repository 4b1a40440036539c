"""Scores of a model for the phrases of a split."""

from __future__ import annotations

from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from sprm.batches.batch import Batch, BatchReader, in_file_order, sentences_of
from sprm.batches.encoding import EncodedSplit
from sprm.batches.packing import offsets_of, ranges, sizes
from sprm.errors import PluginError, TrainingError
from sprm.evaluation.scores import Scores

IMAGES_AT_A_TIME = 32
"""Images whose sentences are scored together; bounds memory, changes no score."""


class Scorer(Protocol):
    """A model that scores the boxes of images."""

    @property
    def device(self) -> torch.device:
        """Where batches are needed."""
        ...

    def __call__(self, batch: Batch) -> Tensor:
        """Score every box of an image for every phrase that the image is asked for.

        Returns:
            (I, Q, K), laid out as `batch.pairs.by_image` and `batch.images`; any number at padded boxes.
        """
        ...


def score(model: Scorer, split: EncodedSplit, images: NDArray[np.int64] | None = None) -> Scores:
    """Score every box of the image of every phrase of some images.

    Args:
        model: scores them.
        split: where they are.
        images: (n,) their indices, ascending; None for all.

    Raises:
        PluginError: the model returns another shape.
        TrainingError: a score is not finite, so that no box can be chosen.
    """
    images = np.arange(split.images) if images is None else images
    values = []
    reader = BatchReader(split, model.device, images)
    with torch.inference_mode():
        for sentences in in_file_order(split, images, IMAGES_AT_A_TIME):
            batch = reader.read(sentences)
            # Sentences are sorted by image, so image by image is the order of the file.
            scores, boxes = model(batch), batch.images.mask[:, None, :]
            expected = (*batch.pairs.by_image.mask.shape, boxes.shape[2])
            if scores.shape != expected:
                found = tuple(scores.shape)
                raise PluginError(f"the model returns {found}; expected (images, phrases, boxes), here {expected}")
            asked = batch.pairs.by_image.pack
            of_boxes = asked(scores)[asked(boxes.expand_as(scores))]
            if not of_boxes.isfinite().all():
                raise TrainingError("a score is not finite; the weights are no longer finite numbers")
            values.append(of_boxes.cpu().numpy())
    phrases = ranges(split.phrase_offsets, sentences_of(split, images))
    return Scores(np.concatenate(values), offsets_of(sizes(split.box_offsets, phrases)))
