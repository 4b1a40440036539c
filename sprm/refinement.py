"""The trained module: a visual and a textual sub-component that meet in the word-vector space."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from sprm.corpus.batches import Batch
from sprm.lexicon import Lexicon


class Refinement(nn.Module):
    """Learned similarity of phrases and boxes.

    A box becomes `A [features ; coordinates] + a + e(label)`, a phrase the last state of an LSTM over `e(word)`; `e` is
    a trainable copy of the word vectors, shared by both. It holds the corpus vocabulary only: the vector of a word that
    never occurs gets no gradient, so it would never move.

    Args:
        lexicon: the word vectors `e` starts from, (V, D).
        features: F, length of a region's feature vector.
        generator: source of the initial weights.
    """

    def __init__(self, lexicon: Lexicon, features: int, generator: torch.Generator) -> None:
        super().__init__()
        dimension = lexicon.dimension
        self.words = nn.Embedding(len(lexicon.vectors), dimension, padding_idx=lexicon.PADDING)
        self.words.weight.data.copy_(torch.from_numpy(lexicon.vectors))
        self.visual = nn.Linear(features + 5, dimension)
        self.textual = nn.LSTM(dimension, dimension, batch_first=True)
        # Every weight is drawn anew: torch's own start comes from a generator that all code shares.
        nn.init.xavier_normal_(self.visual.weight, generator=generator)
        nn.init.zeros_(self.visual.bias)
        bound = 1 / math.sqrt(dimension)
        for parameter in self.textual.parameters():
            nn.init.uniform_(parameter, -bound, bound, generator=generator)

    def regions(self, batch: Batch) -> Tensor:
        """Unit vector of each region, (R, D)."""
        picture = self.visual(torch.cat([batch.features, batch.coordinates], dim=1))
        label = nn.functional.embedding_bag(
            batch.label_words,
            self.words.weight,
            mode="sum",
            per_sample_weights=batch.label_weights,
            padding_idx=self.words.padding_idx,
        )
        return nn.functional.normalize(picture + label, dim=1)

    def phrases(self, batch: Batch) -> Tensor:
        """Unit vector of each phrase, (P, D)."""
        states, _ = self.textual(self.words(batch.text_words))
        # An LSTM looks back only, so the state after a text's last word does not see the padding behind it.
        last = states[torch.arange(len(states)), batch.text_lengths - 1]
        return nn.functional.normalize(last, dim=1)[batch.phrase_texts]
