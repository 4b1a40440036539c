"""The equations of InfoGround written plainly, over padded tensors and for all pairs of a sentence and an image.

What tests hold the model against. It shares with the model the weights, the encoded split, the choice of content words
and the negative nouns that were drawn.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import batch_norm, linear

from sprm.model.attention_maps import GroundingMaps, TwoLayers
from sprm.model.infoground import Padding
from sprm.model.reference import PaddedBatch


@dataclass(frozen=True)
class PlainInfoGround:
    """The model of a padded batch.

    Attributes:
        maps: whose weights and running statistics are used.
        vectors: (V, D) word vectors, row 0 zero.
        content: (V,) bool, which words the loss is about.
        padding: sizes to which padding takes part; None to mask it.
    """

    maps: GroundingMaps
    vectors: Tensor
    content: Tensor
    padding: Padding | None

    def scores(self, batch: PaddedBatch) -> Tensor:
        """What each phrase pays each box of its sentence's own image, by the running statistics, (B, Q, K)."""
        features, competes = self._boxes(batch)
        keys, queries = self._map("box_keys", features), self._map("word_keys", self.vectors[batch.texts])
        logits = torch.einsum("bqwd,bkd->bqwk", queries, keys) / math.sqrt(keys.shape[-1])
        attention = logits.masked_fill(~competes[:, None, None], -torch.inf).softmax(dim=3)
        standing = torch.arange(batch.texts.shape[2]) < batch.text_lengths[:, :, None]
        return attention.masked_fill(~standing[..., None], -torch.inf).amax(dim=2)[:, :, : batch.regions.shape[1]]

    def loss(self, batch: PaddedBatch, images: Tensor, nouns: Tensor | None, *, excluded: bool) -> Tensor:
        """Loss of a training step, after which the running statistics have followed.

        Args:
            batch: the sentences.
            images: (B,) which image each describes.
            nouns: (B, 1 + N) rows of a noun and its negatives, 0 without any; None to leave them out.
            excluded: whether other sentences of the own image are left out.
        """
        features, competes = self._boxes(batch)
        words, stands = self._words(batch)
        every = torch.ones_like(stands) if self.padding is not None else stands
        box_keys, box_values = (self._map(name, features, competes) for name in ("box_keys", "box_values"))
        word_keys, word_values = (self._map(name, self.vectors[words], every) for name in ("word_keys", "word_values"))
        size = math.sqrt(box_keys.shape[-1])
        logits = torch.einsum("btd,ikd->bitk", word_keys, box_keys) / size
        attention = logits.masked_fill(~competes[None, :, None], -torch.inf).softmax(dim=3)
        gathered = torch.einsum("bitk,ikd->bitd", attention, box_values)
        fit = torch.einsum("bitd,btd->bit", gathered, word_values)
        if excluded:
            siblings = (images[:, None] == images) & ~torch.eye(len(images), dtype=torch.bool)
            fit = fit.masked_fill(siblings[:, :, None], -torch.inf)
        own = fit.log_softmax(dim=1).diagonal(dim1=0, dim2=1).T
        of_words = -((own * stands).sum(dim=1) / (stands.sum(dim=1, dtype=own.dtype) + 1e-6)).mean()
        return of_words if nouns is None else of_words + self._of_nouns(features, competes, nouns)

    def _of_nouns(self, features: Tensor, competes: Tensor, nouns: Tensor) -> Tensor:
        named = nouns[:, 0] > 0
        counted = (torch.ones_like(named) if self.padding is not None else named)[:, None].expand_as(nouns)
        box_keys, box_values = (self._map(name, features, competes) for name in ("box_keys", "box_values"))
        keys, values = (self._map(name, self.vectors[nouns], counted) for name in ("word_keys", "word_values"))
        logits = torch.einsum("bnd,bkd->bnk", keys, box_keys) / math.sqrt(keys.shape[-1])
        attention = logits.masked_fill(~competes[:, None], -torch.inf).softmax(dim=2)
        gathered = torch.einsum("bnk,bkd->bnd", attention, box_values)
        likelihood = (gathered * values).sum(dim=2).log_softmax(dim=1)[:, 0]
        return -(likelihood * named).sum() / (named.sum(dtype=likelihood.dtype) + 1e-6)

    def _boxes(self, batch: PaddedBatch) -> tuple[Tensor, Tensor]:
        """Features, (B, K, F), and which boxes are attended to, (B, K)."""
        features, competes = batch.features.to(self.vectors), batch.regions
        if self.padding is None:
            return features, competes
        more = max(self.padding.boxes - competes.shape[1], 0)
        place = torch.arange(competes.shape[1] + more)
        sizes = competes.sum(dim=1, keepdim=True).clamp(min=self.padding.boxes)
        return torch.nn.functional.pad(features, (0, 0, 0, more)), place < sizes

    def _words(self, batch: PaddedBatch) -> tuple[Tensor, Tensor]:
        """Content words of each sentence, (B, T), 0 where padded, and where one stands."""
        slots = None if self.padding is None else self.padding.words
        sentences = []
        for texts, lengths in zip(batch.texts.tolist(), batch.text_lengths.tolist(), strict=True):
            words = [word for text, length in zip(texts, lengths, strict=True) for word in text[:length]]
            sentences.append([word for word in words if self.content[word]][:slots])
        longest = slots or max(len(words) for words in sentences)
        rows = torch.tensor([words + [0] * (longest - len(words)) for words in sentences], dtype=torch.int64)
        return rows, rows > 0

    def _map(self, name: str, vectors: Tensor, counted: Tensor | None = None) -> Tensor:
        """Map vectors, (..., n), by the statistics of those that count, (...), or by the running ones."""
        layers = self.maps.get_submodule(name)
        assert isinstance(layers, TwoLayers)
        norm, rows = layers.norm, vectors.flatten(0, -2) if counted is None else vectors[counted]
        hidden = batch_norm(
            linear(rows, layers.hidden.weight, layers.hidden.bias),
            norm.running_mean,
            norm.running_variance,
            norm.weight,
            norm.bias,
            training=counted is not None,
        )
        mapped = linear(hidden.relu(), layers.output.weight, layers.output.bias)
        if counted is None:
            return mapped.view(*vectors.shape[:-1], -1)
        full = mapped.new_zeros(*vectors.shape[:-1], mapped.shape[1])
        full[counted] = mapped
        return full
