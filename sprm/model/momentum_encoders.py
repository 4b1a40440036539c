"""MPL's encoders of phrases and boxes, and the copy of them that follows them slowly."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.functional import embedding_bag

from sprm.batches.batch import Batch
from sprm.model.box_slots import BoxSlots
from sprm.model.captions import Captions
from sprm.model.dropout import Dropout
from sprm.model.prefix_lstm import encode
from sprm.model.region_transformer import RegionTransformer
from sprm.model.starts import linear, lstm
from sprm.text.word_vectors import Lexicon

SCALE = 10.0
"""What the sum over a phrase's words is divided by."""
CORRECTION = 1e-5
"""Weight of the second of the two maps of a phrase."""


class Encoders(nn.Module):
    """A vector for each phrase and each box, whose product says how well they fit.

    ::

        h_s = e(word_s) + H [LSTM from the start ; LSTM from the end]_s + eta        over the words of a caption
        t   = (1 / 10) sum over the words of the phrase h_s ;  p = U t + u + 1e-5 (M t + m)
        k   = e(label) + transformer(P f + c)                                        over the boxes of an image

    `e` is a trainable copy of the word vectors, rows for padding and unknown words included. Each word has a vector of
    its own in every sum, so that a phrase of many words is long.

    Args:
        lexicon: the word vectors `e` starts from, (V, D).
        inputs: how many numbers describe a region: as many as it has features, or one more to have, of the
            coordinates, the logarithm of the detector's score.
        generator: source of the initial weights. P and H start at zero and U at identity, as the authors', so that at
            first a phrase is the sum of its words, up to u, and a box its label, up to what all boxes share.
        mixed_precision: whether the product of P is computed in bfloat16; all else stays as it is.
    """

    def __init__(
        self, lexicon: Lexicon, inputs: int, generator: torch.Generator, *, mixed_precision: bool = False
    ) -> None:
        super().__init__()
        size = lexicon.dimension
        self.mixed_precision = mixed_precision
        self.words = nn.Embedding(len(lexicon.vectors), size, sparse=True)
        self.words.weight.data.copy_(torch.from_numpy(lexicon.vectors))
        self.visual = linear(inputs, size, generator)
        self.from_start = lstm(size, generator)
        self.from_end = lstm(size, generator)
        self.in_caption = linear(2 * size, size, generator)
        self.textual = linear(size, size, generator)
        self.correction = linear(size, size, generator)
        self.transformer = RegionTransformer(size, generator)
        nn.init.zeros_(self.visual.weight)
        nn.init.zeros_(self.in_caption.weight)
        nn.init.eye_(self.textual.weight)

    def forward(self, batch: Batch, captions: Captions, slots: BoxSlots, dropout: Dropout) -> tuple[Tensor, Tensor]:
        """Return the vectors of phrases, (P, D), and of boxes, (N, D), in the order of `slots`."""
        words = self.words(batch.words)
        return self.phrases(batch, captions, words, dropout), self.boxes(batch, slots, words, dropout)

    def phrases(self, batch: Batch, captions: Captions, words: Tensor, dropout: Dropout) -> Tensor:
        """Vector of each phrase, (P, D), given the vectors of the batch's words, (U, D)."""
        from_start = encode(self.from_start, words.index_select(0, captions.from_start), captions.tree)
        from_end = encode(self.from_end, words.index_select(0, captions.from_end), captions.tree)
        read = [from_start.index_select(0, captions.beginnings), from_end.index_select(0, captions.endings)]
        lengths = batch.phrase_lengths[:, None]
        standing = torch.arange(batch.phrase_words.shape[1], device=words.device) < lengths
        once = standing.to(words.dtype)
        spoken = embedding_bag(batch.phrase_words, words, mode="sum", per_sample_weights=once)
        states = embedding_bag(captions.phrase_words, torch.cat(read, dim=1), mode="sum", per_sample_weights=once)
        # The map of the states is linear, so that it may come after the sum.
        of_caption = states @ self.in_caption.weight.T + lengths * self.in_caption.bias
        text = (spoken + of_caption) / SCALE
        return dropout(self.textual(text) + CORRECTION * self.correction(text))

    def boxes(self, batch: Batch, slots: BoxSlots, words: Tensor, dropout: Dropout) -> Tensor:
        """Vector of each box, (N, D), given the vectors of the batch's words, (U, D)."""
        weights = batch.label_weights.to(words.dtype)
        labels = embedding_bag(batch.label_words, words, mode="sum", per_sample_weights=weights)
        spoken = labels.index_select(0, batch.region_labels)
        seen = self.visual.bias + self._seen(dropout(self._inputs(batch).to(words.dtype)))
        if padded := len(slots.images) - len(seen):
            # A padded box has no features, and padding, the first of the words, for its label.
            seen = torch.cat([seen, self.visual.bias.expand(padded, -1)])
            spoken = torch.cat([spoken, words[:1].expand(padded, -1)])
        return dropout(spoken + self.transformer(seen, slots, dropout))

    def _inputs(self, batch: Batch) -> Tensor:
        """What P is given of each region, (R, inputs)."""
        features = batch.regions[:, : batch.features]
        more = self.visual.in_features - batch.features
        return torch.cat([features, batch.regions[:, -more:]], dim=1) if more else features

    def _seen(self, inputs: Tensor) -> Tensor:
        """The product of P with what describes each region, (R, D)."""
        weight = self.visual.weight
        with torch.autocast(inputs.device.type, torch.bfloat16, enabled=self.mixed_precision):
            seen = inputs @ weight.T
        return seen.to(weight.dtype)


class FollowedEncoders(Encoders):
    """Encoders with a copy of all their weights, `momentum`, which no gradient moves.

    The copy is part of their state: what it has become depends on every step so far. Takes what `Encoders` takes.
    """

    def __init__(
        self, lexicon: Lexicon, inputs: int, generator: torch.Generator, *, mixed_precision: bool = False
    ) -> None:
        super().__init__(lexicon, inputs, generator, mixed_precision=mixed_precision)
        start = Encoders(lexicon, inputs, generator, mixed_precision=mixed_precision)
        start.load_state_dict(self.state_dict())
        self.momentum = start.requires_grad_(False)

    @torch.no_grad()
    def follow(self, momentum: float) -> None:
        """Have the copy become `momentum` of itself and the rest of the weights."""
        for name, followed in self.momentum.named_parameters():
            followed.lerp_(self.get_parameter(name), 1 - momentum)
