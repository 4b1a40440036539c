"""Batches: the sentences drawn, their images once each, packed, with the places that padding will need."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from sprm.corpus.encoding import EncodedSplit
from sprm.seeding import generator


@dataclass(frozen=True)
class Packing:
    """Where the members of ragged groups lie, in one packed array and in a padded one."""

    mask: Tensor
    """(groups, longest) bool, True where a member stands."""
    slots: Tensor
    """(members,) position of each member in the padded array, flattened."""

    @classmethod
    def of(cls, counts: NDArray[np.int64]) -> Packing:
        """Lay out groups of the given sizes."""
        mask = torch.from_numpy(np.arange(counts.max())[None, :] < counts[:, None])
        return cls(mask, mask.flatten().nonzero().squeeze(1))

    def pad(self, packed: Tensor) -> Tensor:
        """Spread `packed`, (members, ...), over (groups, longest, ...), zero where nobody stands."""
        groups, longest = self.mask.shape
        padded = packed.new_zeros((groups * longest, *packed.shape[1:]))
        return padded.index_copy(0, self.slots, packed).view(groups, longest, *packed.shape[1:])


@dataclass(frozen=True)
class Batch:
    """Some sentences and their images. `B` sentences, `I` images, `R` regions, `P` phrases, `T` texts."""

    features: Tensor
    """(R, F) float32."""
    coordinates: Tensor
    """(R, 5)."""
    region_labels: Tensor
    """(R,) row of the split's labels."""
    label_words: Tensor
    """(R, longest) words of each region's label, indices into the lexicon, padded with 0."""
    label_weights: Tensor
    """(R, longest) share of each of those words."""
    relations: Tensor
    """(R,) uint8 flags."""
    regions: Packing
    """The regions of each image."""
    text_words: Tensor
    """(T, longest) indices into the lexicon, padded with 0."""
    text_lengths: Tensor
    """(T,) number of words."""
    phrase_texts: Tensor
    """(P,) row of `text_words`."""
    phrase_heads: Tensor
    """(P,) row of the split's heads."""
    locations: Tensor
    """(P,) uint8 flags."""
    phrases: Packing
    """The phrases of each sentence."""
    sentence_images: Tensor
    """(B,) the image, of these I, that each sentence describes."""
    sentence_vectors: Tensor
    """(B, D) frozen sentence vectors."""


def ranges(offsets: NDArray[np.int64], groups: NDArray[np.int64]) -> NDArray[np.int64]:
    """Concatenate the ranges `offsets[g]:offsets[g + 1]` of the given groups."""
    starts, counts = offsets[groups], offsets[groups + 1] - offsets[groups]
    before = np.concatenate([[0], np.cumsum(counts)[:-1]])
    return np.repeat(starts - before, counts) + np.arange(counts.sum())


def make_batch(split: EncodedSplit, sentences: NDArray[np.int64]) -> Batch:
    """Gather the given sentences, (B,), of a split; an image that several of them describe comes once."""
    images, sentence_images = np.unique(split.sentence_images[sentences], return_inverse=True)
    rows = ranges(split.region_offsets, images)
    phrases = ranges(split.phrase_offsets, sentences)
    texts, phrase_texts = np.unique(split.phrase_texts[phrases], return_inverse=True)
    lengths = split.texts.lengths[texts]
    region_labels = split.region_labels[rows]
    return Batch(
        features=torch.from_numpy(split.features[rows]).float(),
        coordinates=torch.from_numpy(split.coordinates[rows]),
        region_labels=torch.from_numpy(region_labels),
        label_words=torch.from_numpy(split.labels.words[region_labels]),
        label_weights=torch.from_numpy(split.labels.weights[region_labels]),
        relations=torch.from_numpy(split.relations[rows]),
        regions=Packing.of(np.diff(split.region_offsets)[images]),
        text_words=torch.from_numpy(split.texts.words[texts, : lengths.max()]),
        text_lengths=torch.from_numpy(lengths),
        phrase_texts=torch.from_numpy(phrase_texts),
        phrase_heads=torch.from_numpy(split.phrase_heads[phrases]),
        locations=torch.from_numpy(split.locations[phrases]),
        phrases=Packing.of(np.diff(split.phrase_offsets)[sentences]),
        sentence_images=torch.from_numpy(sentence_images),
        sentence_vectors=torch.from_numpy(split.sentence_vectors[sentences]),
    )


def in_file_order(split: EncodedSplit, images: int) -> Iterator[NDArray[np.int64]]:
    """Yield all sentences of a split, in order, the sentences of `images` images at a time."""
    ends = np.searchsorted(split.sentence_images, np.arange(images, len(split.region_offsets) - 1, images))
    yield from (part for part in np.split(np.arange(len(split.sentence_images)), ends) if len(part))


def shuffled(sentences: NDArray[np.int64], size: int, *axis: str | int) -> Iterator[NDArray[np.int64]]:
    """Yield one epoch of batches in the random order named by `axis`.

    A last batch of fewer than two sentences is left out: a sentence needs another to be contrasted with.
    """
    order = generator(*axis).permutation(sentences)
    yield from (order[start : start + size] for start in range(0, len(order) - 1, size))
