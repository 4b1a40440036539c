"""The trained module: a visual and a textual sub-component that meet in the word-vector space."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from sprm.batches.batch import Batch
from sprm.files.mapped import shared_tensor
from sprm.model.prefix_lstm import encode
from sprm.settings import Words
from sprm.text.word_vectors import Lexicon


class Refinement(nn.Module):
    """Learned similarity of phrases and boxes.

    A box becomes `A [features ; coordinates] + a + e(label)`, a phrase the last state of an LSTM over `e(word)`; `e` is
    a trainable copy of the word vectors, shared by both. It holds the corpus vocabulary only: the vector of a word that
    never occurs gets no gradient, so it would never move.

    Args:
        lexicon: the word vectors `e` starts from, (V, D).
        inputs: how many numbers describe a region: features and coordinates.
        generator: source of the initial weights.
        unseen: how many of these numbers, from the first, are not looked at; never all of them, as a box whose label is
            unknown would be a zero vector, which has no direction.
        labels: whether a box has its label; without, `e(label)` is left out.
        words: whether `e` is trained.
        mixed_precision: whether the visual map's product is computed in bfloat16; all else stays single.
    """

    def __init__(
        self,
        lexicon: Lexicon,
        inputs: int,
        generator: torch.Generator,
        *,
        unseen: int = 0,
        labels: bool = True,
        words: Words = Words.trained,
        mixed_precision: bool = False,
    ) -> None:
        super().__init__()
        self.mixed_precision = mixed_precision
        self.unseen, self.labels = unseen, labels
        dimension = lexicon.dimension
        self.words: nn.Embedding | FrozenWords = _trainable(lexicon) if words is Words.trained else FrozenWords(lexicon)
        self.visual = nn.Linear(inputs - unseen, dimension)
        self.textual = nn.LSTM(dimension, dimension, batch_first=True)
        # Every weight is drawn anew: torch's own start comes from a generator that all code shares.
        nn.init.xavier_normal_(self.visual.weight, generator=generator)
        nn.init.zeros_(self.visual.bias)
        bound = 1 / math.sqrt(dimension)
        for parameter in self.textual.parameters():
            nn.init.uniform_(parameter, -bound, bound, generator=generator)

    def forward(self, batch: Batch) -> Tensor:
        """Cosine of every phrase that an image is asked for with every box of the image, (I, Q, K), 0 where padded."""
        words = self.words(batch.words)
        phrases = batch.pairs.by_image.pad(self.phrases(batch, words).index_select(0, batch.pairs.questions))
        return phrases @ batch.images.pad(self.regions(batch, words)).transpose(1, 2)

    def regions(self, batch: Batch, words: Tensor) -> Tensor:
        """Unit vector of each region, (R, D), given the vectors of the batch's words, (U, D)."""
        spoken = self._spoken(batch, words)
        regions = batch.regions[:, self.unseen :]
        if not self.mixed_precision:
            return unit(torch.addmm(spoken, regions, self.visual.weight.T))
        with torch.autocast(regions.device.type, torch.bfloat16):
            seen = regions @ self.visual.weight.T
        return unit(spoken + seen.float())

    def _spoken(self, batch: Batch, words: Tensor) -> Tensor:
        """What a region's vector has beside what is seen of it: `a + e(label)`, (R, D), or `a` alone, (D,)."""
        if not self.labels:
            return self.visual.bias
        labels = self.visual.bias + nn.functional.embedding_bag(
            batch.label_words, words, mode="sum", per_sample_weights=batch.label_weights
        )
        return labels.index_select(0, batch.region_labels)

    def phrases(self, batch: Batch, words: Tensor) -> Tensor:
        """Unit vector of each phrase, (P, D), given the vectors of the batch's words, (U, D)."""
        read = encode(self.textual, words.index_select(0, batch.prefix_words), batch.prefixes)
        return unit(read.index_select(0, batch.phrase_prefixes))


class FrozenWords(nn.Module):
    """Word vectors that are not trained; no part of what a training leaves behind.

    Args:
        lexicon: has them, (V, D).
    """

    weight: Tensor

    def __init__(self, lexicon: Lexicon) -> None:
        super().__init__()
        self.register_buffer("weight", shared_tensor(lexicon.vectors), persistent=False)

    def forward(self, rows: Tensor) -> Tensor:
        """Look up rows, (n,); (n, D)."""
        return self.weight.index_select(0, rows)


def _trainable(lexicon: Lexicon) -> nn.Embedding:
    words = nn.Embedding(len(lexicon.vectors), lexicon.dimension, padding_idx=lexicon.PADDING, sparse=True)
    words.weight.data.copy_(torch.from_numpy(lexicon.vectors))
    return words


def unit(vectors: Tensor) -> Tensor:
    """Scale vectors, (n, D), to length 1; a zero vector stays zero."""
    scaled: Tensor = _Unit.apply(vectors)
    return scaled


class _Unit(torch.autograd.Function):
    """u = v / |v|; the gradient of v is (g - u (u . g)) / |v|, in fewer passes than a recorded graph takes."""

    @staticmethod
    def forward(ctx: Any, vectors: Tensor) -> Tensor:
        length = torch.linalg.vector_norm(vectors, dim=1, keepdim=True).clamp_min_(1e-12)
        scaled: Tensor = vectors / length
        ctx.save_for_backward(scaled, length)
        return scaled

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        scaled, length = ctx.saved_tensors
        along = torch.linalg.vecdot(scaled, gradient).unsqueeze(1)
        return torch.addcmul(gradient, scaled, along, value=-1).div_(length)
