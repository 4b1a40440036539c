"""MPL's equations written plainly: padded tensors, an image a sentence, every phrase against every box of the batch.

What the packed model is held against. It shares the weights with it and the encoded split, and nothing else.
`B` sentences and as many images, `Q` phrases, `K` boxes.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor
from torch.nn.functional import embedding, gelu, layer_norm, normalize

from sprm.model.momentum_encoders import Encoders
from sprm.model.mpl import MPL
from sprm.model.reference import PaddedBatch
from sprm.settings import Siblings


def standing_boxes(model: MPL, batch: PaddedBatch) -> Tensor:
    """Where a box competes, (B, K): regions, and the padded boxes up to the authors' size."""
    if model.padding is None:
        return batch.regions
    return batch.regions | (torch.arange(batch.regions.shape[1]) < model.padding.boxes)


def phrases(encoders: Encoders, batch: PaddedBatch, joined: bool) -> Tensor:
    """p, (B, Q, D); without meaning at padded phrases."""
    words = encoders.words.weight
    vectors = words.new_zeros(*batch.phrases.shape, words.shape[1])
    for sentence, (texts, lengths) in enumerate(zip(batch.texts, batch.text_lengths, strict=True)):
        read = [text[:length] for text, length in zip(texts, lengths, strict=True) if length]
        captions = [torch.cat(read)] if joined else read
        hidden = torch.cat([_hidden(encoders, embedding(caption, words)) for caption in captions])
        ends = [0, *lengths.cumsum(0).tolist()]
        for phrase, (start, end) in enumerate(pairwise(ends)):
            vectors[sentence, phrase] = hidden[start:end].sum(dim=0) / 10
    mapped: Tensor = encoders.textual(vectors) + 1e-5 * encoders.correction(vectors)
    return mapped


def _hidden(encoders: Encoders, caption: Tensor) -> Tensor:
    """h of each word of a caption, from the words' vectors, both (words, D)."""
    from_start, _ = encoders.from_start(caption)
    from_end, _ = encoders.from_end(caption.flip(0))
    hidden: Tensor = caption + encoders.in_caption(torch.cat([from_start, from_end.flip(0)], dim=1))
    return hidden


def boxes(encoders: Encoders, batch: PaddedBatch, standing: Tensor) -> Tensor:
    """k, (B, K, D); without meaning where no box stands."""
    layer, words = encoders.transformer, encoders.words.weight
    z = encoders.visual(batch.features.to(words.dtype))
    query, key, value = layer.query_key_value(_normed(z, layer.attention_norm)).chunk(3, dim=2)
    heads = []
    for head in range(8):
        own = slice(64 * head, 64 * head + 64)
        logits = query[:, :, own] @ key[:, :, own].transpose(1, 2) / 8
        heads.append(logits.masked_fill(~standing[:, None, :], -torch.inf).softmax(dim=2) @ value[:, :, own])
    z = z + layer.out(torch.cat(heads, dim=2))
    z = z + layer.narrow(gelu(layer.wide(_normed(z, layer.wide_norm))))
    labels = (batch.label_weights.to(words.dtype)[..., None] * embedding(batch.label_words, words)).sum(dim=2)
    labels = torch.where(batch.regions[..., None], labels, words[0])
    return labels + _normed(z, layer.norm)


def _normed(vectors: Tensor, norm: torch.nn.LayerNorm) -> Tensor:
    return layer_norm(vectors, norm.normalized_shape, norm.weight, norm.bias, eps=1e-5)


def scores(encoders: Encoders, batch: PaddedBatch, standing: Tensor, joined: bool) -> Tensor:
    """x, (B, Q, B, K)."""
    return torch.einsum("bqd,ikd->bqik", phrases(encoders, batch, joined), boxes(encoders, batch, standing))


def targets(slow: Tensor, batch: PaddedBatch, images: Tensor, model: MPL, elapsed: float) -> Tensor:
    """pi, (B, Q, B, K), from the scores of the momentum copy, of the same shape."""
    own = torch.eye(len(images), dtype=torch.bool)
    units = normalize(batch.features.double(), dim=2)
    alike = torch.einsum("bkf,ilf->bikl", units, units) >= 0.95
    positive = (alike & batch.regions[:, None, :, None]).any(dim=2) & ~own[:, :, None]
    if model.siblings is Siblings.excluded:
        positive &= (images[:, None] != images)[:, :, None]
    first_ten = torch.arange(slow.shape[1])[None, :, None, None] < 10
    valid = batch.regions & (own[:, None, :, None] | (positive[:, None] & first_ten))
    first, last = model.pseudo_labels.first_temperature, model.pseudo_labels.last_temperature
    temperature = first - elapsed * (first - last)
    logits = (slow / temperature).masked_fill(~valid, -torch.inf)
    return logits.flatten(2).softmax(dim=2).view_as(slow)


def loss(model: MPL, batch: PaddedBatch, images: Tensor, joined: bool, elapsed: float) -> Tensor:
    """The loss of a step, without dropout, after the momentum copy has followed.

    Args:
        model: whose weights, padding, siblings and pseudo-labels are used.
        batch: the sentences, K at least as large as the authors' padding.
        images: (B,) which image each sentence describes.
        joined: whether the phrases of a sentence are one caption.
        elapsed: which part of the training is over.
    """
    encoders, standing, momentum = model.encoders, standing_boxes(model, batch), model.pseudo_labels.momentum
    x = scores(encoders, batch, standing, joined)
    with torch.no_grad():
        for slow, weight in zip(encoders.momentum.parameters(), _followed(encoders), strict=True):
            slow.copy_(momentum * slow + (1 - momentum) * weight)
        pi = targets(scores(encoders.momentum, batch, standing, joined), batch, images, model, elapsed)
    contrasted = standing[None].expand(len(images), -1, -1)
    if model.siblings is Siblings.excluded:
        sibling = (images[:, None] == images) & ~torch.eye(len(images), dtype=torch.bool)
        contrasted = contrasted & ~sibling[:, :, None]
    logits = x.masked_fill(~contrasted[:, None], -torch.inf).flatten(2).log_softmax(dim=2).view_as(x)
    aimed = torch.where(pi > 0, pi * logits, 0).sum(dim=(2, 3))
    return -aimed[batch.phrases].mean()


def _followed(encoders: Encoders) -> list[Tensor]:
    return [weight for name, weight in encoders.named_parameters() if not name.startswith("momentum.")]
