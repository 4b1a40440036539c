"""Nouns of sentences, and nouns of other images' sentences to put in their place."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sprm.batches.encoding import EncodedSplit
from sprm.batches.packing import offsets_of
from sprm.text.function_words import is_function_word
from sprm.text.word_vectors import Lexicon


def content_words(lexicon: Lexicon) -> NDArray[np.bool_]:
    """Tell which words have a vector and say what is seen, (V,)."""
    first = lexicon.UNKNOWN + 1
    return np.array([False] * first + [not is_function_word(word) for word in lexicon.words[first:]])


class NounNegatives:
    """Draws a noun of each of some sentences and others to contrast it with.

    A sentence's nouns are the head words of its phrases, as far as they are content words. In its place come nouns of
    sentences of other images: a sentence is drawn, each that has a noun with the same chance, and then a noun of it.
    This is the random variant of the authors' code (`sample_neg_bert_random.py`), where all sentences drawn for one
    differ and here one may come twice; as there, a drawn noun may be the very noun it is contrasted with.

    Args:
        split: whose sentences.
        content: (V,) which words of the lexicon are content words.
        count: how many nouns one is contrasted with.
        seed: with the step, seeds what is drawn.
        images: (n,) indices of the images whose sentences are drawn from; None for all.
    """

    def __init__(
        self,
        split: EncodedSplit,
        content: NDArray[np.bool_],
        count: int,
        seed: int,
        images: NDArray[np.int64] | None = None,
    ) -> None:
        self._content, self._count, self._seed = content, count, seed
        words = split.heads.words[split.phrase_heads]
        standing = np.arange(words.shape[1]) < split.heads.lengths[split.phrase_heads, None]
        nouns = standing & content[words]
        self._nouns = words[nouns]
        self._offsets = offsets_of(nouns.sum(axis=1))[split.phrase_offsets]
        self._images = split.sentence_images
        offered = np.diff(self._offsets) > 0
        if images is not None:
            offered &= np.isin(self._images, images)
        self._pool = np.flatnonzero(offered)

    def bound_to(self, split: EncodedSplit) -> NounNegatives:
        """Return the same for another split, whose images are all drawn from."""
        return NounNegatives(split, self._content, self._count, self._seed)

    def draw(self, sentences: NDArray[np.int64], step: int) -> NDArray[np.int64]:
        """Draw for some sentences; the same at every call with the same arguments.

        Args:
            sentences: (B,) indices into the split's sentences.
            step: optimiser steps taken.

        Returns:
            (B, 1 + count) rows of the lexicon: the noun, then what it is contrasted with; all padding for a sentence
            that has no noun, or where no other image has.
        """
        drawn = np.full((len(sentences), 1 + self._count), Lexicon.PADDING)
        generator = np.random.default_rng((self._seed, step))
        offered, own = self._images[self._pool], self._images[sentences]
        # Sentences are sorted by image, so those of one image are neighbours, which a draw among the others leaps over.
        first, end = np.searchsorted(offered, own), np.searchsorted(offered, own, side="right")
        others = len(offered) - (end - first)
        named = np.diff(self._offsets)[sentences] > 0
        rows = np.flatnonzero(named & (others > 0))
        first, leap, others = (numbers[rows, None] for numbers in (first, end - first, others))
        place = generator.integers(0, others, (len(rows), self._count))
        chosen = self._pool[place + leap * (place >= first)]
        drawn[rows] = self._noun(np.concatenate([sentences[rows, None], chosen], axis=1), generator)
        return drawn

    def _noun(self, sentences: NDArray[np.int64], generator: np.random.Generator) -> NDArray[np.int64]:
        """Draw a noun of each sentence; all have one."""
        start = self._offsets[sentences]
        nouns: NDArray[np.int64] = self._nouns[start + generator.integers(0, self._offsets[sentences + 1] - start)]
        return nouns
