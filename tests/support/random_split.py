"""Small corpora at random, with everything in them that ragged batches get wrong.

Boxes that are alone in their image, boxes that are there twice, images whose boxes all bear one label, so that a phrase
that names a place may fit none; labels of several words and variants; texts that repeat, begin alike, shout, stop and
say nothing that is known; several sentences of one image.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from hypothesis import strategies as st

from sprm.batches.encoding import EncodedSplit, Texts, encode
from sprm.corpus.corpus import SCHEMA_VERSION, Corpus, CorpusInfo, Counts, Origin
from sprm.settings import Rules
from sprm.text.heads.rule import head_words
from sprm.text.tokens import locations
from sprm.text.word_vectors import Lexicon

DIMENSION, FEATURES, WIDTH, HEIGHT = 6, 7, 60, 40
OPENINGS = ("", "", "a ", "The ", "two ")
ADJECTIVES = ("", "", "red ", "young , tall ", "Bright ", "zzyzx ")
NOUNS = ("man", "Dog", "tank top", "laptop", "stop sign", "woman 's hat", "T-shirt", "zzyzx")
ENDINGS = ("", "", "", " .", " on the left", " in the middle", " at the TOP", " , center", " far right , please")
SILENT = ("...", "zzyzx")
LABELS = ("man", "dog,puppy", "stop sign,stopsign", "hat", "zzyzx", "laptop,portable computer,zzyzx", "t-shirt")
KNOWN = """
    a the two red young tall man dog puppy tank top laptop portable computer stop sign woman hat t-shirt on left in
    middle at center far right
""".split()


def _lexicon() -> Lexicon:
    vectors = np.random.default_rng(0).standard_normal((len(KNOWN) + 2, DIMENSION)).astype(np.float32)
    vectors[:2] = 0
    return Lexicon(("", "", *KNOWN), vectors)


LEXICON = _lexicon()


def random_text(generator: np.random.Generator) -> str:
    if generator.random() < 0.1:
        return str(generator.choice(SILENT))
    return "".join(str(generator.choice(part)) for part in (OPENINGS, ADJECTIVES, NOUNS, ENDINGS))


def random_corpus(seed: int, rules: Rules) -> Corpus:
    """Two to five images with one to three sentences each; the same but for location flags by either rules."""
    generator = np.random.default_rng(seed)
    images = int(generator.integers(2, 6))
    parts = [_random_regions(generator) for _ in range(images)]
    boxes, labels, features = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
    pool = [random_text(generator) for _ in range(int(generator.integers(3, 13)))]
    sentence_images = np.repeat(np.arange(images), generator.integers(1, 4, images))
    counts = generator.integers(1, 5, len(sentence_images))
    texts = [str(text) for text in generator.choice(pool, int(counts.sum()))]
    return Corpus(
        folder=Path(),
        info=_info(rules, Counts(images=images, sentences=len(counts), phrases=len(texts), regions=len(boxes))),
        features=features,
        boxes=boxes,
        labels=labels,
        offsets=np.cumsum([0, *(len(part[0]) for part in parts)]),
        label_names=LABELS,
        images=pd.DataFrame({"image_id": [str(row) for row in range(images)], "width": WIDTH, "height": HEIGHT}),
        sentences=pd.DataFrame({"sentence_id": [str(row) for row in range(len(counts))], "image": sentence_images}),
        phrases=pd.DataFrame(
            {
                "sentence": np.repeat(np.arange(len(counts)), counts),
                "text": texts,
                "category": "other",
                "head": [" ".join(head_words(text)) for text in texts],
                "locations": np.array([locations(text, rules) for text in texts], dtype=np.uint8),
                **dict(zip(("x1", "y1", "x2", "y2"), (0.0, 0.0, 9.0, 9.0), strict=True)),
            }
        ),
    )


def _random_regions(generator: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Boxes, labels and features of an image; centres lie on a coarse grid, so that several are leftmost."""
    count = int(generator.choice([1, 2, 3, int(generator.integers(4, 8))]))
    corner, size = generator.integers(0, 5, (count, 2)) * 6, generator.integers(1, 3, (count, 2)) * 6
    boxes = np.concatenate([corner, corner + size], axis=1).astype(np.float32)
    labels = generator.integers(0, len(LABELS), count).astype(np.int32)
    features = (0.5 * generator.standard_normal((count, FEATURES))).astype(np.float16)
    if generator.random() < 0.4:
        labels[:] = labels[0]
    if generator.random() < 0.3:
        for array in (boxes, labels, features):
            array[-1] = array[0]
    return boxes, labels, features


def _info(rules: Rules, counts: Counts) -> CorpusInfo:
    return CorpusInfo(
        schema_version=SCHEMA_VERSION,
        origin=Origin(source="random", split="train", rules=rules, extractor="none", heads="rule"),
        counts=counts,
        feature_size=FEATURES,
        warnings=[],
        left_out=[],
        differences=[],
        files={},
    )


def random_split(seed: int, rules: Rules, heads: bool, locations: bool) -> EncodedSplit:
    return encode(random_corpus(seed, rules), LEXICON, rules, heads=heads, locations=locations)


@dataclass(frozen=True)
class Drawn:
    """A split and some of its sentences, in any order, at least two."""

    split: EncodedSplit
    sentences: np.ndarray

    @property
    def images(self) -> np.ndarray:
        """Image of each sentence."""
        images: np.ndarray = self.split.sentence_images[self.sentences]
        return images

    def hopeless(self) -> bool:
        """Whether some phrase fits no box of some image that it is scored against."""
        split = self.split
        named = {
            int(split.locations[phrase])
            for sentence in self.sentences
            for phrase in range(*split.phrase_offsets[sentence : sentence + 2])
        }
        boxes = [split.relations[slice(*split.region_offsets[image : image + 2])] for image in self.images]
        return any(not (flags & relations).any() for flags in named for relations in boxes)


def draw(seed: int, rules: Rules, heads: bool, locations: bool) -> Drawn:
    split = random_split(seed, rules, heads, locations)
    generator = np.random.default_rng((seed, 1))
    total = len(split.sentence_images)
    return Drawn(split, generator.permutation(total)[: generator.integers(2, min(total, 7) + 1)])


def drawn() -> st.SearchStrategy[Drawn]:
    """Batches of random splits under both rules, with and without heads and locations."""
    return st.builds(draw, st.integers(0, 2**32 - 1), st.sampled_from(Rules), st.booleans(), st.booleans())


def random_texts(count: int, longest: int) -> st.SearchStrategy[Texts]:
    """At most `count` texts of four words in all, so that many begin alike and some are the same."""
    words = st.lists(st.integers(1, 4), min_size=1, max_size=longest)
    return st.lists(words, min_size=1, max_size=count).map(_padded)


def _padded(rows: list[list[int]]) -> Texts:
    lengths = np.array([len(row) for row in rows])
    words = np.zeros((len(rows), lengths.max()), dtype=np.int64)
    for row, text in zip(words, rows, strict=True):
        row[: len(text)] = text
    return Texts(words, lengths)
