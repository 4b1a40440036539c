"""MAF's equations written plainly, over padded tensors and for all pairs; it shares weights with the model, no code.

`B` sentences and the image of each, once more for each sentence that describes it; `Q` phrases a sentence, `W` words a
phrase, `K` boxes an image.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from random_split import Drawn
from torch import Tensor
from torch.nn.functional import embedding, linear, pad

from sprm.model import reference
from sprm.model.maf import Alignment, Padding
from sprm.settings import Siblings


@dataclass(frozen=True)
class PlainMAF:
    """What the weights make of some sentences.

    Args:
        case: the sentences.
        alignment: the weights.
        padding: sizes that padding takes part up to; None where it is masked.
    """

    case: Drawn
    alignment: Alignment
    padding: Padding | None

    @property
    def batch(self) -> reference.PaddedBatch:
        """With as many slots as there are members or padding."""
        tight = reference.pad(self.case.split, self.case.sentences)
        if self.padding is None:
            return tight
        slots = max(self.padding.phrases, tight.phrases.shape[1]), max(self.padding.boxes, tight.regions.shape[1])
        return reference.pad(self.case.split, self.case.sentences, *slots)

    @property
    def texts(self) -> Tensor:
        """(B, Q, W) words of the phrases."""
        texts = self.batch.texts
        return texts if self.padding is None else pad(texts, (0, max(0, self.padding.words - texts.shape[2])))

    @property
    def words_compete(self) -> Tensor:
        """(B, Q, W) bool: real ones, and the padding that is not masked."""
        place = torch.arange(self.texts.shape[2])
        return self._compete(place < self.batch.text_lengths[:, :, None], "words")

    @property
    def phrases_compete(self) -> Tensor:
        """(B, Q) bool."""
        return self._compete(self.batch.phrases, "phrases")

    @property
    def boxes_compete(self) -> Tensor:
        """(B, K) bool."""
        return self._compete(self.batch.regions, "boxes")

    def _compete(self, standing: Tensor, kind: str) -> Tensor:
        size = 0 if self.padding is None else getattr(self.padding, kind)
        return standing | (torch.arange(standing.shape[-1]) < size)

    @property
    def k(self) -> Tensor:
        """(B, K, D) vectors of boxes."""
        batch, e = self.batch, self.alignment.words.weight
        labels = (batch.label_weights.to(e.dtype)[..., None] * embedding(batch.label_words, e)).sum(dim=2)
        labels = torch.where(batch.regions[..., None], labels, e[0])
        features = batch.features
        if self.alignment.visual.in_features > features.shape[2]:
            features = torch.cat([features, batch.coordinates[:, :, -1:]], dim=2)
        visual = self.alignment.visual
        boxes: Tensor = labels + linear(features.to(e.dtype), visual.weight, visual.bias)
        return boxes

    @property
    def a(self) -> Tensor:
        """(B, Q, W, K) attention of words to the boxes of the sentence's own image."""
        e = self.alignment.words.weight
        logits = torch.einsum("bqwd,bkd->bqwk", embedding(self.texts, e), self.k) / math.sqrt(e.shape[1])
        return logits.masked_fill(~self.boxes_compete[:, None, None, :], -torch.inf).softmax(dim=3)

    @property
    def alpha(self) -> Tensor:
        """(B, Q, W) weights of words; without meaning at phrases that are masked."""
        g = self.a.max(dim=3).values
        return g.masked_fill(~self.words_compete, -1e8).softmax(dim=2)

    @property
    def p(self) -> Tensor:
        """(B, Q, D) vectors of phrases."""
        s = (self.alpha[..., None] * embedding(self.texts, self.alignment.words.weight)).sum(dim=2)
        u, m = self.alignment.textual, self.alignment.second
        mapped: Tensor = linear(s, u.weight, u.bias) + 1e-5 * linear(s, m.weight, m.bias)
        return mapped

    @property
    def x(self) -> Tensor:
        """(B, B, Q, K) scores: sentence, image, phrase, box."""
        return torch.einsum("bqd,ikd->biqk", self.p, self.k)

    @property
    def similarity(self) -> Tensor:
        """(B, B) L: sentence, image."""
        best = self.x.masked_fill(~self.boxes_compete[:, None, :], -torch.inf).max(dim=3).values
        return (best * self.phrases_compete[:, None, :]).sum(dim=2) / self.batch.phrases.sum(dim=1)[:, None]

    def loss(self, siblings: Siblings) -> Tensor:
        """Cross-entropy of the own image."""
        similarity = self.similarity
        images = torch.from_numpy(self.case.images)
        others = (images[:, None] == images) & ~torch.eye(len(images), dtype=torch.bool)
        contrasted = similarity
        if siblings is Siblings.excluded:
            contrasted = similarity.masked_fill(others, -torch.inf)
        return (contrasted.logsumexp(dim=1) - similarity.diagonal()).mean()
