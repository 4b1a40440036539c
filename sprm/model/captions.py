"""Captions to read phrases in, where a corpus has phrases alone: those of a sentence in order, or each for itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from sprm.batches.batch import Batch
from sprm.batches.prefix_tree import PrefixTree


@dataclass(frozen=True)
class Captions:
    """Captions, and where phrases stand in them. `T` words in all; a word is one of the batch's U.

    A recurrence reads all captions at once, first word after first word: from the start or, with the words of each
    caption in the opposite order, from the end.
    """

    tree: PrefixTree
    """Beginnings of the captions, T in all, or endings: there are as many of each length."""
    from_start: Tensor
    """(T,) last word of each beginning."""
    from_end: Tensor
    """(T,) first word of each ending."""
    beginnings: Tensor
    """(T,) the beginning that each word ends, the words caption after caption."""
    endings: Tensor
    """(T,) the ending that each word begins, likewise."""
    phrase_words: Tensor
    """(P, longest) which of the T words each phrase has, in order; any from its length on."""

    @classmethod
    def of(cls, words: Tensor, lengths: Tensor, phrase_words: Tensor) -> Captions:
        """Lay out captions for reading.

        Args:
            words: (T,) which of the U words each word is, caption after caption.
            lengths: (captions,) words of each, at least 1.
            phrase_words: (P, longest) see above.
        """
        device = words.device
        # Of the captions that go on, each step has the longest first, so that a caption keeps its place.
        place = torch.empty_like(lengths)
        place[lengths.argsort(descending=True, stable=True)] = torch.arange(len(lengths), device=device)
        longest = int(lengths.max())
        going_on = (lengths > torch.arange(longest, device=device)[:, None]).sum(dim=1)
        starts = going_on.cumsum(0) - going_on
        caption = torch.repeat_interleave(lengths)
        position = torch.arange(len(words), device=device) - (lengths.cumsum(0) - lengths)[caption]
        beginnings = starts[position] + place[caption]
        endings = starts[lengths[caption] - 1 - position] + place[caption]
        later = torch.arange(int(going_on[0]), len(words), device=device)
        before = later - torch.repeat_interleave(going_on[:-1], going_on[1:])
        return cls(
            tree=PrefixTree((*starts.tolist(), len(words)), before),
            from_start=torch.empty_like(words).index_copy_(0, beginnings, words),
            from_end=torch.empty_like(words).index_copy_(0, endings, words),
            beginnings=beginnings,
            endings=endings,
            phrase_words=phrase_words,
        )


CaptionsOf = Callable[[Batch], Captions]
"""Finds the captions of a batch's phrases."""


def phrases_as_caption(batch: Batch) -> Captions:
    """Join the words of a sentence's phrases, in order, to a caption."""
    lengths = torch.zeros_like(batch.sentence_images).index_add_(0, batch.phrase_sentences, batch.phrase_lengths)
    words, phrase_words = _end_to_end(batch.phrase_words, batch.phrase_lengths)
    return Captions.of(words, lengths, phrase_words)


def phrase_as_caption(batch: Batch) -> Captions:
    """Take each phrase for a caption of its own; one that is there several times is read once."""
    _, which = torch.unique(batch.phrase_prefixes, return_inverse=True)
    any_of = which.new_empty(int(which.max()) + 1)
    any_of[which] = torch.arange(len(which), device=which.device)
    lengths = batch.phrase_lengths[any_of]
    words, text_words = _end_to_end(batch.phrase_words[any_of], lengths)
    return Captions.of(words, lengths, text_words[which])


def _end_to_end(words: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
    """Of padded texts, (texts, longest), return the words end to end, (T,), and the place that each has there."""
    position = torch.arange(words.shape[1], device=words.device)
    standing = position < lengths[:, None]
    places = ((lengths.cumsum(0) - lengths)[:, None] + position).where(standing, 0)
    return words[standing], places
