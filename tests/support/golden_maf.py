"""What the code of MAF's authors returned, and its inputs in the form in which the model reads them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from golden_arrays import GoldenFile

from sprm.batches.encoding import EncodedSplit, Labels, Texts
from sprm.batches.packing import offsets_of
from sprm.batches.prefix_tree import Prefixes
from sprm.corpus.boxes import ALL_RELATIONS
from sprm.model.maf import MAF, Alignment, Padding
from sprm.text.word_vectors import Lexicon

PARAMETERS = {
    "wv.weight": "words.weight",
    "linear_f.weight": "visual.weight",
    "linear_f.bias": "visual.bias",
    "linear_p.weight": "textual.weight",
    "linear_p.bias": "textual.bias",
    "linear_mini.weight": "second.weight",
    "linear_mini.bias": "second.bias",
}
"""Ours by theirs."""
NO_GRADIENT = "linear_f.bias"
"""Its gradient is zero but for rounding, which Adam turns into steps."""


@dataclass(frozen=True)
class GoldenMAF(GoldenFile):
    """The arrays of one file."""

    @property
    def padding(self) -> Padding:
        return Padding(words=self.config["W"], phrases=self.config["Q"], boxes=self.config["K"])

    def model(self, state: str, dtype: torch.dtype) -> MAF:
        """The authors' weights of a state: init, rand or ties."""
        weights = {name: self.arrays[f"{state}/param/{name}"] for name in PARAMETERS}
        words = tuple(str(row) for row in range(len(weights["wv.weight"])))
        start = torch.Generator().manual_seed(0)
        alignment = Alignment(Lexicon(words, weights["wv.weight"]), self.config["F"], start, self.padding)
        alignment.load_state_dict({mine: torch.from_numpy(weights[theirs]) for theirs, mine in PARAMETERS.items()})
        return MAF(alignment.to(dtype))

    def split(self, *batches: str) -> EncodedSplit:
        """Some batches as one corpus: as many images as sentences, labels of a word each."""
        texts = Texts(words := self.packed("query", "n_phrases", *batches), (words > 0).sum(axis=1))
        rows = np.arange(max(words.max(), *(self.arrays[f"{batch}/label"].max() for batch in batches)) + 1)
        phrases = np.arange(len(words))
        phrase_offsets = offsets_of(np.concatenate([self.arrays[f"{batch}/n_phrases"] for batch in batches]))
        region_offsets = offsets_of(np.concatenate([self.arrays[f"{batch}/n_boxes"] for batch in batches]))
        regions = int(region_offsets[-1])
        return EncodedSplit(
            features=self.packed("feature", "n_boxes", *batches),
            region_offsets=region_offsets,
            coordinates=np.zeros((regions, 5), dtype=np.float32),
            region_labels=self.packed("label", "n_boxes", *batches),
            relations=np.full(regions, ALL_RELATIONS, dtype=np.uint8),
            labels=Labels(rows[:, None], np.ones((len(rows), 1), dtype=np.float32)),
            texts=texts,
            heads=texts,
            concepts=np.zeros((len(words), len(rows)), dtype=np.float32),
            prefixes=Prefixes.of(texts.words, texts.lengths),
            phrase_texts=phrases,
            phrase_heads=phrases,
            locations=np.full(len(words), ALL_RELATIONS, dtype=np.uint8),
            phrase_offsets=phrase_offsets,
            sentence_images=np.arange(len(phrase_offsets) - 1),
            sentence_vectors=np.zeros((len(phrase_offsets) - 1, self.config["D"]), dtype=np.float32),
        )

    def below(self, prefix: str) -> dict[str, np.ndarray]:
        """The arrays whose names begin so, by the rest of their names."""
        return {name.removeprefix(prefix): array for name, array in self.arrays.items() if name.startswith(prefix)}

    def standing(self, counts: str, batch: str) -> np.ndarray:
        """Where a batch's padded arrays hold real phrases or boxes, (B, longest)."""
        longest = self.config["Q" if counts == "n_phrases" else "K"]
        return np.arange(longest) < self.arrays[f"{batch}/{counts}"][:, None]

    def packed(self, name: str, counts: str, *batches: str) -> np.ndarray:
        """The real rows of a padded array."""
        return np.concatenate([self.arrays[f"{batch}/{name}"][self.standing(counts, batch)] for batch in batches])

    def spread(self, real: torch.Tensor, padded: torch.Tensor, counts: str, batch: str) -> torch.Tensor:
        """A padded array, (B, longest, D), of the vectors of what is real, (n, D), and of what is not, (D,)."""
        standing = self.standing(counts, batch)
        array = padded.expand(*standing.shape, -1).clone()
        array[torch.from_numpy(standing)] = real
        return array
