"""Batches: some sentences, the images they are scored against once each, and nothing padded but indices."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from sprm.batches.encoding import EncodedSplit
from sprm.batches.negatives import barred_examples, choose, sentence_similarity
from sprm.batches.packing import Packing, offsets_of, ranges, sizes
from sprm.batches.pairs import Pairs
from sprm.batches.prefix_tree import PrefixTree
from sprm.batches.region_features import Regions, regions_of
from sprm.seeding import generator
from sprm.settings import Negatives, Siblings
from sprm.text.word_vectors import Lexicon

Moved = TypeVar("Moved")


@dataclass(frozen=True)
class Batch:
    """Some sentences and their images.

    `B` sentences, `I` images, `R` regions with `F` features and `C` coordinates each, `L` distinct labels, `P` phrases,
    `N` distinct beginnings of them, `U` distinct words of phrases and labels.
    """

    regions: Tensor
    """(R, F + C) float32: features and coordinates."""
    features: int
    """F."""
    region_labels: Tensor
    """(R,) which of the L labels."""
    relations: Tensor
    """(R,) uint8 flags."""
    images: Packing
    """The regions of each image."""
    words: Tensor
    """(U,) rows of the word table; the first is padding."""
    labels: Tensor
    """(L,) row of the split's labels."""
    label_words: Tensor
    """(L, longest) which of the U words, any where the weight is 0."""
    label_weights: Tensor
    """(L, longest) share of each of those words."""
    prefixes: PrefixTree
    """The beginnings of the phrases."""
    prefix_words: Tensor
    """(N,) which of the U words each beginning ends in."""
    phrase_prefixes: Tensor
    """(P,) which of the N beginnings is the whole phrase."""
    phrase_words: Tensor
    """(P, longest) which of the U words each phrase has, in order; any from its length on."""
    phrase_lengths: Tensor
    """(P,) words of each phrase, at least 1."""
    phrase_sentences: Tensor
    """(P,) which of the B sentences each phrase is of, ascending."""
    sentences: Tensor
    """(B,) which of the split's sentences each is."""
    sentence_images: Tensor
    """(B,) which of the I images each sentence describes."""
    phrase_heads: Tensor
    """(P,) row of the split's heads."""
    locations: Tensor
    """(P,) uint8 flags."""
    pairs: Pairs
    """Which sentences are scored against which images."""
    negatives: Negatives | None
    """What the pairs are for. None: each sentence with its own image. One negative a sentence: B pairs with the own
    image, then B with the negative's. Else: each sentence with the image of every example, sentence by sentence."""

    @property
    def coordinates(self) -> Tensor:
        """The coordinates of the regions, (R, C), see `EncodedSplit.coordinates`."""
        return self.regions[:, self.features :]


class BatchReader:
    """Gathers batches of a split's sentences; an image that several of them describe comes once.

    Args:
        split: the split.
        device: where batches are needed.
        images: (n,) indices of the images that may be asked for; None for all.
        place: (V,) row of each word in the table that batches are for, looked up at every reading; None for the
            lexicon's own.
    """

    def __init__(
        self,
        split: EncodedSplit,
        device: torch.device,
        images: NDArray[np.int64] | None = None,
        place: NDArray[np.int64] | None = None,
    ) -> None:
        self._split = split
        self._device = device
        self._place = place
        everything = np.arange(len(split.region_offsets) - 1)
        self._regions: Regions = regions_of(split, everything if images is None else images, device)

    def words(self, sentences: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the words of some sentences and of the labels in their images, distinct, padding among them."""
        split = self._split
        texts = np.unique(split.phrase_texts[ranges(split.phrase_offsets, sentences)])
        images = np.unique(split.sentence_images[sentences])
        labels = np.unique(split.region_labels[ranges(split.region_offsets, images)])
        spelt = split.texts.words[texts].ravel(), split.labels.words[labels].ravel()
        return np.unique(np.concatenate([[Lexicon.PADDING], *spelt]))

    def expect(self, sentences: NDArray[np.int64]) -> None:
        """Prepare for a call of `read` with these sentences."""
        self._regions.expect(np.unique(self._split.sentence_images[sentences]))

    def read(
        self,
        sentences: NDArray[np.int64],
        negatives: Negatives | None = None,
        siblings: Siblings = Siblings.contrasted,
    ) -> Batch:
        """Gather sentences, (B,), and the images to score them against; valid until the next call.

        The negative of each is chosen here, by frozen vectors, before anything is scored.

        Args:
            sentences: indices into the split's sentences; at least two when they are contrasted.
            negatives: what they are contrasted with; None for their own images alone.
            siblings: whether a sentence may have another one of its image for its negative.
        """
        split = self._split
        images, sentence_images = np.unique(split.sentence_images[sentences], return_inverse=True)
        rows = ranges(split.region_offsets, images)
        labels, region_labels = np.unique(split.region_labels[rows], return_inverse=True)
        phrases = ranges(split.phrase_offsets, sentences)
        texts = split.phrase_texts[phrases]
        prefixes, prefix_words, phrase_prefixes = split.prefixes.tree(texts)
        label_words = split.labels.words[labels]
        # Padding has a place of its own, which whoever spreads phrases over an array may ask for.
        spelt = np.concatenate([[Lexicon.PADDING], prefix_words, label_words.ravel()])
        words, places = np.unique(spelt, return_inverse=True)
        lengths, counts = split.texts.lengths[texts], sizes(split.phrase_offsets, sentences)
        batch = Batch(
            regions=self._regions.read(images),
            features=split.features.shape[1],
            region_labels=torch.from_numpy(region_labels),
            relations=torch.from_numpy(split.relations[rows]),
            images=Packing.of(sizes(split.region_offsets, images)),
            words=torch.from_numpy(words if self._place is None else self._place[words]),
            labels=torch.from_numpy(labels),
            label_words=torch.from_numpy(places[1 + len(prefix_words) :].reshape(label_words.shape)),
            label_weights=torch.from_numpy(split.labels.weights[labels]),
            prefixes=prefixes,
            prefix_words=torch.from_numpy(places[1 : 1 + len(prefix_words)]),
            phrase_prefixes=torch.from_numpy(phrase_prefixes),
            phrase_words=torch.from_numpy(np.searchsorted(words, split.texts.words[texts, : lengths.max()])),
            phrase_lengths=torch.from_numpy(lengths),
            phrase_sentences=torch.from_numpy(np.repeat(np.arange(len(sentences)), counts)),
            sentences=torch.tensor(sentences),
            sentence_images=torch.from_numpy(sentence_images),
            phrase_heads=torch.from_numpy(split.phrase_heads[phrases]),
            locations=torch.from_numpy(split.locations[phrases]),
            pairs=_pairs(split, sentences, sentence_images, len(images), negatives, siblings),
            negatives=negatives,
        )
        return batch if self._device.type == "cpu" else _moved(batch, self._device)


def _pairs(
    split: EncodedSplit,
    sentences: NDArray[np.int64],
    sentence_images: NDArray[np.int64],
    images: int,
    negatives: Negatives | None,
    siblings: Siblings,
) -> Pairs:
    count = len(sentences)
    each = np.arange(count)
    phrase_offsets = offsets_of(sizes(split.phrase_offsets, sentences))
    if negatives is None:
        return Pairs.of(each, sentence_images, phrase_offsets, images)
    similarity = sentence_similarity(torch.from_numpy(split.sentence_vectors[sentences]))
    chosen = choose(similarity, negatives, barred_examples(torch.from_numpy(sentence_images), siblings))
    if chosen is None:
        return Pairs.of(np.repeat(each, count), np.tile(sentence_images, count), phrase_offsets, images)
    against = np.concatenate([sentence_images, sentence_images[chosen.numpy()]])
    return Pairs.of(np.tile(each, 2), against, phrase_offsets, images)


def _moved(part: Moved, device: torch.device) -> Moved:
    """Copy a dataclass with every tensor in it on a device."""
    changed: dict[str, Any] = {}
    for field in fields(part):  # type: ignore[arg-type]
        value = getattr(part, field.name)
        if isinstance(value, Tensor):
            changed[field.name] = value.to(device)
        elif is_dataclass(value):
            changed[field.name] = _moved(value, device)
    return replace(part, **changed)  # type: ignore[type-var]


def in_file_order(split: EncodedSplit, images: NDArray[np.int64], size: int) -> Iterator[NDArray[np.int64]]:
    """Yield all sentences of some images, which are ascending, in order, those of `size` images at a time."""
    sentences = sentences_of(split, images)
    ends = np.searchsorted(split.sentence_images[sentences], images[size::size])
    yield from (part for part in np.split(sentences, ends) if len(part))


def sentences_of(split: EncodedSplit, images: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the sentences that describe some images, ascending."""
    return np.flatnonzero(np.isin(split.sentence_images, images))


def shuffled(sentences: NDArray[np.int64], size: int, *axis: str | int) -> Iterator[NDArray[np.int64]]:
    """Yield one epoch of batches in the random order named by `axis`.

    A last batch of fewer than two sentences is left out: a sentence needs another to be contrasted with.
    """
    order = generator(*axis).permutation(sentences)
    yield from (order[start : start + size] for start in range(0, len(order) - 1, size))
