"""A corpus of a given size to measure on: random numbers, but as ragged, as repetitive and as large as a real one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.store.stored_model import Record
from sprm.batches import encoding_cache as encoded
from sprm.batches.concepts import concept_similarity
from sprm.batches.encoding import EncodedSplit, Labels, Texts
from sprm.batches.packing import offsets_of
from sprm.batches.prefix_tree import Prefixes
from sprm.corpus.boxes import ALL_RELATIONS
from sprm.text.word_vectors import Lexicon

CAPTIONS = 5
"""Sentences an image, as in Flickr30k."""
LENGTHS = {1: 0.16, 2: 0.54, 3: 0.23, 4: 0.05, 5: 0.015, 6: 0.005}
"""Words of a phrase and how often it has them: counted in real captions of Flickr30k."""
ARTICLE = 0.55
"""Share of the longer phrases that begin with the most frequent word; counted there too."""
BLOCK = 4096
"""Rows of random features, repeated to fill a file."""


class Sizes(Record):
    """What a workload is like."""

    batch: int = 16
    """Sentences a step."""
    phrases: float = 2.9
    """Mean phrases a sentence; Flickr30k Entities has 2.9."""
    phrase_slots: int = 32
    """Phrases a sentence is padded to where it is padded."""
    boxes: float = 36
    """Mean boxes an image; MAF's detections on Flickr30k have 36."""
    box_slots: int = 100
    """Boxes an image is padded to where it is padded."""
    dimension: int = 300
    """D, length of a word vector."""
    features: int = 2048
    """F, length of a feature vector."""
    vocabulary: int = 10_000
    """Words with a vector. Assumed: what the vocabulary of 900 images grows to, roughly, with all of Flickr30k."""
    labels: int = 1600
    """Class names of the detector."""
    images: int = 1000
    """Images of the corpus, with five captions each."""


@dataclass(frozen=True)
class Workload:
    """Files of a corpus in a folder, for any number of processes to map."""

    folder: Path
    sizes: Sizes

    def split(self) -> EncodedSplit:
        """Map the corpus."""
        return encoded.load(self.folder / "encoded", self.folder / "features.npy")

    def lexicon(self) -> Lexicon:
        """Make up the word vectors."""
        words = tuple(str(row) for row in range(self.sizes.vocabulary))
        return Lexicon(words, _vectors(self.sizes))


def write(folder: Path, sizes: Sizes) -> Workload:
    """Write a workload into a folder that does not exist; the same sizes give the same bytes."""
    generator = np.random.default_rng(0)
    folder.mkdir(parents=True)
    boxes = np.clip(generator.poisson(sizes.boxes, sizes.images), 1, sizes.box_slots)
    _write_features(folder / "features.npy", int(boxes.sum()), sizes.features, generator)
    (folder / "encoded").mkdir()
    encoded.save(_split(folder / "features.npy", boxes, sizes, generator), folder / "encoded")
    return Workload(folder, sizes)


def _write_features(path: Path, rows: int, size: int, generator: np.random.Generator) -> None:
    block = generator.random((BLOCK, size), dtype=np.float32).astype(np.float16)
    features = np.lib.format.open_memmap(path, mode="w+", dtype=np.float16, shape=(rows, size))
    for start in range(0, rows, BLOCK):
        features[start : start + BLOCK] = block[: rows - start]
    features.flush()


def _split(path: Path, boxes: NDArray[np.int64], sizes: Sizes, generator: np.random.Generator) -> EncodedSplit:
    regions, sentences = int(boxes.sum()), CAPTIONS * sizes.images
    counts = np.clip(1 + generator.poisson(sizes.phrases - 1, sentences), 1, sizes.phrase_slots)
    phrases = int(counts.sum())
    texts, labels = _texts(max(phrases // 3, 1), sizes, generator), _labels(sizes, generator)
    heads = Texts(np.arange(2, sizes.vocabulary)[:, None], np.ones(sizes.vocabulary - 2, dtype=np.int64))
    vectors = _vectors(sizes)
    return EncodedSplit(
        features=np.load(path, mmap_mode="r"),
        region_offsets=offsets_of(boxes),
        coordinates=generator.random((regions, 5), dtype=np.float32),
        region_labels=generator.integers(0, sizes.labels, regions),
        relations=np.full(regions, ALL_RELATIONS),
        labels=labels,
        texts=texts,
        heads=heads,
        concepts=concept_similarity(heads.mean_vectors(vectors), labels.mean_vectors(vectors)),
        prefixes=Prefixes.of(texts.words, texts.lengths),
        phrase_texts=generator.integers(0, len(texts.words), phrases),
        phrase_heads=generator.integers(0, len(heads.words), phrases),
        locations=np.full(phrases, ALL_RELATIONS),
        phrase_offsets=offsets_of(counts),
        sentence_images=np.repeat(np.arange(sizes.images), CAPTIONS),
        sentence_vectors=generator.standard_normal((sentences, sizes.dimension), dtype=np.float32),
    )


def _texts(count: int, sizes: Sizes, generator: np.random.Generator) -> Texts:
    """Draw words by Zipf's law, the longer texts often beginning with the most frequent one."""
    lengths = generator.choice(list(LENGTHS), count, p=list(LENGTHS.values()))
    frequency = 1 / np.arange(1, sizes.vocabulary - 1)
    words = 2 + generator.choice(len(frequency), (count, max(LENGTHS)), p=frequency / frequency.sum())
    words[(lengths > 1) & (generator.random(count) < ARTICLE), 0] = 2
    words[np.arange(words.shape[1])[None, :] >= lengths[:, None]] = 0
    return Texts(words, lengths)


def _labels(sizes: Sizes, generator: np.random.Generator) -> Labels:
    """One word a label, two for every other one."""
    words = generator.integers(2, sizes.vocabulary, (sizes.labels, 2))
    weights = np.full((sizes.labels, 2), 0.5, dtype=np.float32)
    words[::2, 1], weights[::2] = 0, (1, 0)
    return Labels(words, weights)


def _vectors(sizes: Sizes) -> NDArray[np.float32]:
    vectors = np.random.default_rng(1).standard_normal((sizes.vocabulary, sizes.dimension), dtype=np.float32)
    vectors[:2] = 0
    return vectors
