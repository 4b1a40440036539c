"""A split as numbers: every word looked up, every relation found, nothing left to parse in a trial.

Texts, heads and labels repeat a great deal within a corpus, so each distinct one is encoded once and phrases and
regions refer to it by index.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sprm.batches.concepts import concept_similarity
from sprm.batches.packing import offsets_of, sizes
from sprm.batches.prefix_tree import Prefixes
from sprm.corpus.boxes import ALL_RELATIONS, normalised_coordinates, relations
from sprm.corpus.corpus import Corpus
from sprm.errors import DataError
from sprm.settings import Rules
from sprm.text.tokens import label_variants, tokenize
from sprm.text.word_vectors import Lexicon

ROWS_AT_A_TIME = 4096
"""Texts or sentences whose vectors are averaged together; bounds memory, changes no result."""


@dataclass(frozen=True)
class Texts:
    """Distinct word sequences, padded with word 0."""

    words: NDArray[np.int64]
    """(texts, longest) indices into the lexicon."""
    lengths: NDArray[np.int64]
    """(texts,) number of words, at least 1."""

    @classmethod
    def of(cls, sequences: Sequence[Sequence[str]], lexicon: Lexicon) -> Texts:
        """Look the words up; a text without any word counts as one unknown word."""
        rows = [[lexicon.index(word) for word in words] or [lexicon.UNKNOWN] for words in sequences]
        lengths = np.array([len(row) for row in rows], dtype=np.int64)
        words = np.zeros((len(rows), int(lengths.max(initial=1))), dtype=np.int64)
        for row, indices in zip(words, rows, strict=True):
            row[: len(indices)] = indices
        return cls(words, lengths)

    def mean_vectors(self, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
        """Mean word vector of each text, (texts, D), from `vectors`, (V, D) with row 0 all zero."""
        mean = np.empty((len(self.words), vectors.shape[1]), dtype=np.float32)
        for rows in blocks(len(self.words)):
            mean[rows] = vectors[self.words[rows]].sum(axis=1) / self.lengths[rows, None].astype(np.float32)
        return mean


@dataclass(frozen=True)
class Labels:
    """Detector labels as weighted words: the mean over words, then over comma-separated variants."""

    words: NDArray[np.int64]
    """(labels, longest) indices into the lexicon, padded with 0."""
    weights: NDArray[np.float32]
    """(labels, longest) share of each word; sums to 1 in a row."""

    @classmethod
    def of(cls, names: Sequence[str], lexicon: Lexicon) -> Labels:
        """Look up the words of class lines such as `stop sign,stopsign`."""
        rows: list[list[tuple[int, float]]] = []
        for name in names:
            variants = label_variants(name)
            rows.append(
                [(lexicon.index(word), 1 / len(words) / len(variants)) for words in variants for word in words]
                or [(lexicon.UNKNOWN, 1.0)]
            )
        shape = (len(rows), max((len(row) for row in rows), default=1))
        words, weights = np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=np.float32)
        for index, row in enumerate(rows):
            words[index, : len(row)] = [word for word, _ in row]
            weights[index, : len(row)] = [weight for _, weight in row]
        return cls(words, weights)

    def mean_vectors(self, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
        """Vector of each label, (labels, D), from word `vectors`, (V, D)."""
        mean: NDArray[np.float32] = np.einsum("lwd,lw->ld", vectors[self.words], self.weights)
        return mean


@dataclass(frozen=True)
class EncodedSplit:
    """One split, ready for the model. `P` phrases, `S` sentences, `R` regions, `I` images."""

    features: NDArray[np.float16]
    """(R, F), memory-mapped."""
    region_offsets: NDArray[np.int64]
    """(I + 1,) first region of each image."""
    coordinates: NDArray[np.float32]
    """(R, 5) normalised, see `boxes.normalised_coordinates`; a sixth is the logarithm of the detector's score, where it
    is asked for."""
    region_labels: NDArray[np.int64]
    """(R,) row of `labels`."""
    relations: NDArray[np.uint8]
    """(R,) flags, see `boxes.relations`."""
    labels: Labels
    texts: Texts
    heads: Texts
    concepts: NDArray[np.float32]
    """(heads, labels) cosines, see `prior.concept_similarity`."""
    prefixes: Prefixes
    """The beginnings of `texts`."""
    phrase_texts: NDArray[np.int64]
    """(P,) row of `texts`."""
    phrase_heads: NDArray[np.int64]
    """(P,) row of `heads`."""
    locations: NDArray[np.uint8]
    """(P,) flags of the locations a phrase names; all of them when it names none."""
    phrase_offsets: NDArray[np.int64]
    """(S + 1,) first phrase of each sentence."""
    sentence_images: NDArray[np.int64]
    """(S,) image of each sentence."""
    sentence_vectors: NDArray[np.float32]
    """(S, D) mean over phrases of the mean over their words, frozen vectors."""

    @property
    def images(self) -> int:
        """I."""
        return len(self.region_offsets) - 1

    @property
    def box_offsets(self) -> NDArray[np.int64]:
        """First box of each phrase, (P + 1,), where the boxes of its image stand side by side for every phrase."""
        images = np.repeat(self.sentence_images, np.diff(self.phrase_offsets))
        return offsets_of(sizes(self.region_offsets, images))

    @property
    def has_scores(self) -> bool:
        """Whether the last of the coordinates is the logarithm of the detector's score."""
        return bool(self.coordinates.shape[1] > 5)

    @property
    def region_size(self) -> int:
        """Numbers that describe a region: its features and coordinates."""
        return int(self.features.shape[1] + self.coordinates.shape[1])


def encode(
    corpus: Corpus, lexicon: Lexicon, rules: Rules, *, heads: bool = True, locations: bool = True, score: bool = False
) -> EncodedSplit:
    """Turn a corpus into numbers.

    Args:
        corpus: the split.
        lexicon: word vectors that hold its vocabulary.
        rules: how phrases are split into words and how `center` is decided.
        heads: whether the prior compares head words (else all words of the phrase).
        locations: whether location words restrict the prior (else every phrase fits every place).
        score: whether the detector's scores are joined to the coordinates.

    Raises:
        DataError: scores are asked for, and the corpus has none.
    """
    phrases = corpus.phrases
    text_codes, text_names = pd.factorize(phrases["text"])
    texts = Texts.of([tokenize(text, rules) for text in text_names], lexicon)
    if heads:
        head_codes, head_names = pd.factorize(phrases["head"])
        head_texts = Texts.of([head.split() for head in head_names], lexicon)
    else:
        head_codes, head_texts = text_codes, texts
    counts = np.bincount(phrases["sentence"].to_numpy(), minlength=len(corpus.sentences))
    phrase_offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    region_image = np.repeat(np.arange(len(corpus.images)), np.diff(corpus.offsets))
    size = corpus.images[["width", "height"]].to_numpy()[region_image]
    flags = phrases["locations"].to_numpy(dtype=np.uint8)
    labels = Labels.of(corpus.label_names, lexicon)
    coordinates = normalised_coordinates(corpus.boxes, size[:, 0], size[:, 1])
    return EncodedSplit(
        features=corpus.features,
        region_offsets=np.asarray(corpus.offsets, dtype=np.int64),
        coordinates=np.concatenate([coordinates, log_scores(corpus)], axis=1) if score else coordinates,
        region_labels=np.asarray(corpus.labels, dtype=np.int64),
        relations=relations(corpus.boxes, corpus.labels, region_image, rules),
        labels=labels,
        texts=texts,
        heads=head_texts,
        concepts=concept_similarity(head_texts.mean_vectors(lexicon.vectors), labels.mean_vectors(lexicon.vectors)),
        prefixes=Prefixes.of(texts.words, texts.lengths),
        phrase_texts=text_codes.astype(np.int64),
        phrase_heads=head_codes.astype(np.int64),
        locations=np.where((flags == 0) | (not locations), ALL_RELATIONS, flags),
        phrase_offsets=phrase_offsets,
        sentence_images=corpus.sentences["image"].to_numpy(dtype=np.int64),
        sentence_vectors=_sentence_vectors(texts.mean_vectors(lexicon.vectors), text_codes, phrase_offsets),
    )


def log_scores(corpus: Corpus) -> NDArray[np.float32]:
    """Return log(score + 0.001) of each region, (regions, 1), which spreads the many scores near 0.

    Raises:
        DataError: the corpus has no scores.
    """
    if corpus.scores is None:
        raise DataError("its detections have no scores", path=corpus.folder)
    logarithms: NDArray[np.float32] = np.log(corpus.scores.astype(np.float64) + 0.001).astype(np.float32)
    return logarithms[:, None]


def _sentence_vectors(
    text_vectors: NDArray[np.float32], phrase_texts: NDArray[np.int64], offsets: NDArray[np.int64]
) -> NDArray[np.float32]:
    mean = np.empty((len(offsets) - 1, text_vectors.shape[1]), dtype=np.float32)
    for rows in blocks(len(mean)):
        bounds = offsets[rows.start : rows.stop + 1]
        vectors = text_vectors[phrase_texts[bounds[0] : bounds[-1]]]
        mean[rows] = np.add.reduceat(vectors, bounds[:-1] - bounds[0], axis=0) / np.diff(bounds)[:, None]
    return mean


def blocks(count: int) -> Iterator[slice]:
    """Divide `count` rows into blocks small enough for a temporary copy of what belongs to each."""
    yield from (slice(start, min(start + ROWS_AT_A_TIME, count)) for start in range(0, count, ROWS_AT_A_TIME))
