"""Which sentences are scored against which images, laid out image by image."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from sprm.batches.packing import Packing, offsets_of, ranges, sizes


@dataclass(frozen=True)
class Pairs:
    """Pairs of a sentence and an image, whose phrases an image is asked all at once.

    `G` pairs, `A` questions: the phrases of all pairs, sorted by image and, within one, in the order of the pairs.
    """

    questions: Tensor
    """(A,) phrase of each question."""
    by_image: Packing
    """The questions of each image, over (I, Q): Q is the most that one image is asked."""
    places: Tensor
    """(G, longest) position of each pair's questions in (I, Q), flattened; 0 where padded."""
    phrases: Tensor
    """(G, longest) bool, False where padded; longest is the most phrases of one sentence."""

    @classmethod
    def of(
        cls, sentences: NDArray[np.int64], images: NDArray[np.int64], phrase_offsets: NDArray[np.int64], count: int
    ) -> Pairs:
        """Lay out pairs.

        Args:
            sentences: (G,) sentence of each pair.
            images: (G,) its image; each of the `count` images occurs.
            phrase_offsets: (B + 1,) first phrase of each sentence.
            count: I, the number of images.
        """
        order = np.argsort(images, kind="stable")
        each = sizes(phrase_offsets, sentences)
        lengths = each[order]
        asked = np.bincount(images[order], weights=lengths, minlength=count).astype(np.int64)
        by_image = Packing.of(asked)
        phrases = np.arange(lengths.max())[None, :] < each[:, None]
        starts = np.empty(len(order), dtype=np.int64)
        starts[order] = offsets_of(lengths)[:-1]
        rows = np.where(phrases, starts[:, None] + np.arange(phrases.shape[1])[None, :], 0)
        return cls(
            questions=torch.from_numpy(ranges(phrase_offsets, sentences[order])),
            by_image=by_image,
            places=by_image.slots[torch.from_numpy(rows)],
            phrases=torch.from_numpy(phrases),
        )

    def of_each(self, best: Tensor) -> Tensor:
        """Gather one value a question, (I, Q), as one row a pair, (G, longest), 0 where padded."""
        return best.flatten()[self.places] * self.phrases
