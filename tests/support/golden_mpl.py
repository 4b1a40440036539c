"""What MPL's authors' code returned, with its batches as a split and its parameters by our names."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from golden_arrays import GoldenFile

from sprm.batches.batch import Batch
from sprm.batches.encoding import EncodedSplit, Labels, Texts
from sprm.batches.packing import offsets_of
from sprm.batches.prefix_tree import Prefixes
from sprm.model.captions import Captions
from sprm.model.mpl import MPL, Padding, PseudoLabels
from sprm.text.word_vectors import Lexicon

BATCHES = 3
LAYERS = {
    "wv": "words",
    "linear_f": "visual",
    "linear_rnn": "in_caption",
    "linear_p": "textual",
    "linear_mini": "correction",
    "transforms_block.norm": "transformer.norm",
    "transforms_block.layers.0.0.norm": "transformer.attention_norm",
    "transforms_block.layers.0.0.to_qkv": "transformer.query_key_value",
    "transforms_block.layers.0.0.to_out.0": "transformer.out",
    "transforms_block.layers.0.1.net.0": "transformer.wide_norm",
    "transforms_block.layers.0.1.net.1": "transformer.wide",
    "transforms_block.layers.0.1.net.4": "transformer.narrow",
}


def our_name(theirs: str) -> str:
    """Name of a parameter of theirs within the encoders; `momentum.` goes before that of a copy."""
    first, _, rest = theirs.partition(".")
    if first.endswith("_momentum"):
        return "momentum." + our_name(f"{first.removesuffix('_momentum')}.{rest}")
    layer, _, kind = theirs.rpartition(".")
    if layer == "rnn.RNN":
        return f"from_end.{kind.removesuffix('_reverse')}" if kind.endswith("_reverse") else f"from_start.{kind}"
    return f"{LAYERS[layer]}.{kind}"


@dataclass(frozen=True)
class GoldenMPL(GoldenFile):
    def named(self, group: str) -> dict[str, np.ndarray]:
        """Arrays of a group, by our names."""
        prefix = group + "/"
        return {our_name(k.removeprefix(prefix)): v for k, v in self.arrays.items() if k.startswith(prefix)}

    def part(self, index: int, name: str) -> np.ndarray:
        return self.arrays[f"batch{index}/{name}"]

    def real_phrases(self, index: int) -> np.ndarray:
        """(B, Q) bool."""
        return np.arange(self.config["Q"])[None, :] < self.part(index, "n_phrases")[:, None]

    def _packed(self, name: str, counts: str) -> np.ndarray:
        """The real rows of a padded array, of all batches."""
        parts = ((self.part(index, name), self.part(index, counts)) for index in range(BATCHES))
        return np.concatenate([row[:n] for rows, sizes in parts for row, n in zip(rows, sizes, strict=True)])

    def _offsets(self, counts: str) -> np.ndarray:
        return offsets_of(np.concatenate([self.part(index, counts) for index in range(BATCHES)]))

    @cached_property
    def split(self) -> EncodedSplit:
        """All batches as one corpus, with an image a sentence; each phrase is a text and a head of its own."""
        spans = self._packed("span", "n_phrases").astype(bool)
        captions = np.repeat(np.concatenate([self.part(i, "caption") for i in range(BATCHES)]), self._counts, axis=0)
        texts = Texts(np.zeros_like(captions), spans.sum(axis=1))
        for row, caption, span in zip(texts.words, captions, spans, strict=True):
            row[: span.sum()] = caption[span]
        regions = self._offsets("n_boxes")
        # A label that has all words, with no weight but its own, has every batch hold all words, also those of a
        # caption that no phrase has.
        words = np.tile(np.arange(self.config["V"]), (self.config["V"], 1))
        phrases, sentences = np.arange(len(spans)), np.arange(BATCHES * self.config["B"])
        return EncodedSplit(
            features=self._packed("features", "n_boxes"),
            region_offsets=regions,
            coordinates=np.zeros((regions[-1], 5), np.float32),
            region_labels=self._packed("label", "n_boxes"),
            relations=np.zeros(regions[-1], np.uint8),
            labels=Labels(words, np.eye(self.config["V"], dtype=np.float32)),
            texts=texts,
            heads=texts,
            concepts=np.zeros((len(spans), self.config["V"]), np.float32),
            prefixes=Prefixes.of(texts.words, texts.lengths),
            phrase_texts=phrases,
            phrase_heads=phrases,
            locations=np.zeros(len(spans), np.uint8),
            phrase_offsets=self._offsets("n_phrases"),
            sentence_images=sentences,
            sentence_vectors=np.zeros((len(sentences), self.config["D"]), np.float32),
        )

    @property
    def _counts(self) -> np.ndarray:
        """Phrases of each sentence."""
        counts: np.ndarray = np.diff(self._offsets("n_phrases"))
        return counts

    def captions(self, batch: Batch) -> Captions:
        """The captions that the phrases of a batch were cut from."""
        spans = self._packed("span", "n_phrases")[batch.phrase_heads]
        number = np.repeat(np.arange(BATCHES * self.config["B"]), self._counts)[batch.phrase_heads]
        kinds = np.unique(number)
        lengths = np.concatenate([self.part(i, "length") for i in range(BATCHES)])[kinds]
        captions = np.concatenate([self.part(i, "caption") for i in range(BATCHES)])[kinds]
        words = np.concatenate([caption[:length] for caption, length in zip(captions, lengths, strict=True)])
        starts = offsets_of(lengths)[np.searchsorted(kinds, number)]
        phrase_words = np.zeros_like(batch.phrase_words.numpy())
        for row, span, start in zip(phrase_words, spans, starts, strict=True):
            row[: span.sum()] = start + np.flatnonzero(span)
        return Captions.of(*(torch.from_numpy(array) for array in (words, lengths, phrase_words)))

    def sentences(self, index: int) -> np.ndarray:
        count: int = self.config["B"]
        return index * count + np.arange(count)

    def model(self, start: str, dtype: torch.dtype) -> MPL:
        """The model with the parameters of `init` or `rand`, without dropout."""
        config = self.config
        last, first = config["p_t_range"]
        parameters = {name: torch.from_numpy(value) for name, value in self.named(f"{start}/param").items()}
        own = {name: value for name, value in parameters.items() if not name.startswith("momentum.")}
        words = tuple(str(index) for index in range(config["V"]))
        model = MPL(
            Lexicon(words, self.arrays[f"{start}/param/wv.weight"]),
            config["F"],
            torch.Generator(),
            captions=self.captions,
            padding=Padding(config["K"]),
            dropout=config["dropout"],
            pseudo_labels=PseudoLabels(config["ema"], first, last),
        )
        model.encoders.load_state_dict({f"momentum.{name}": value for name, value in own.items()} | parameters)
        return model.to(dtype)
