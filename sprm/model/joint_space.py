"""The space in which KD+CL compares phrases and boxes: what turns each into a unit vector."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor, nn

from sprm.batches.batch import Batch
from sprm.batches.feature_scale import FeatureScale
from sprm.batches.prefix_tree import PrefixTree
from sprm.model.prefix_lstm import encode
from sprm.text.word_vectors import Lexicon

NO_SCORE = math.log(0.001)
"""Logarithm of the detector's score where there is no box, see `sprm.batches.encoding.log_scores`."""


@dataclass(frozen=True)
class Widths:
    """Sizes of the maps; those of the authors by default."""

    state: int = 300
    """Units of the LSTM."""
    hidden: int = 1024
    """Between the two layers of either map."""
    space: int = 512
    """Of the space in which phrases and boxes meet, E."""


class JointSpace(nn.Module):
    """Maps phrases and boxes to unit vectors.

    A box is `l2(R2 relu(R1 f + r1) + r2)`, where f are its features, standardised by one mean and one deviation for all
    of them. A phrase is `l2(T2 relu(T1 t + t1) + t2)`, where t is the elementwise maximum of an LSTM's states after its
    first word and after every later word that is known. Word vectors are frozen; an unknown word is the zero vector.

    The LSTM's cell is that of TensorFlow 1: one bias, and 1 added to what opens the forget gate. Of torch's two biases
    the second holds this 1 and is not trained, so that a step moves what it moves there.

    Args:
        lexicon: the word vectors, (V, D).
        features: F, how many features a region has.
        generator: source of the initial weights: Glorot's uniform distribution, zero biases.
        widths: sizes of the maps.
        score: whether the logarithm of the detector's score is one more input of a box; it is not standardised.
        mixed_precision: whether the products of the map of boxes are computed in bfloat16; all else stays single.
    """

    vectors: Tensor
    mean: Tensor
    deviation: Tensor

    def __init__(
        self,
        lexicon: Lexicon,
        features: int,
        generator: torch.Generator,
        widths: Widths | None = None,
        *,
        score: bool = False,
        mixed_precision: bool = False,
    ) -> None:
        super().__init__()
        widths = widths or Widths()
        self._score, self._mixed_precision = score, mixed_precision
        self.register_buffer("vectors", torch.from_numpy(lexicon.vectors), persistent=False)
        self.register_buffer("mean", torch.tensor(0.0))
        self.register_buffer("deviation", torch.tensor(1.0))
        self.recurrence = nn.LSTM(lexicon.dimension, widths.state)
        self.of_phrases = _two_layers(widths.state, widths.hidden, widths.space, generator)
        self.of_regions = _two_layers(features + score, widths.hidden, widths.space, generator)
        # Both weights of the LSTM are parts of one kernel, (D + M, 4 M).
        bound = math.sqrt(6 / (lexicon.dimension + widths.state + 4 * widths.state))
        for name, parameter in self.recurrence.named_parameters():
            if name.startswith("weight"):
                nn.init.uniform_(parameter, -bound, bound, generator=generator)
            else:
                nn.init.zeros_(parameter)
        constant = self.recurrence.get_parameter("bias_hh_l0").requires_grad_(False)
        constant[widths.state : 2 * widths.state] = 1

    def phrases(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Unit vector of each distinct phrase of a batch, (T, E), and which of them each phrase is, (P,)."""
        rows = batch.words[batch.prefix_words]
        states = encode(self.recurrence, self.vectors[rows], batch.prefixes)
        whole, which = torch.unique(batch.phrase_prefixes, return_inverse=True)
        read = _highest(states, rows > Lexicon.UNKNOWN, batch.prefixes).index_select(0, whole)
        return _unit(self.of_phrases(read)), which

    def regions(self, batch: Batch, *, padding: bool = False) -> Tensor:
        """Unit vector of each region, (R, E); of one more, (R + 1, E), if a padded one is asked for.

        Before they are standardised, the features of a padded box are 0.
        """
        one_more = (0, 0, 0, int(padding))
        features = nn.functional.pad(batch.regions[:, : batch.features].to(self.mean.dtype), one_more)
        described = (features - self.mean) / self.deviation
        if self._score:
            score = nn.functional.pad(batch.regions[:, -1:].to(described.dtype), one_more, value=NO_SCORE)
            described = torch.cat([described, score], dim=1)
        with torch.autocast(described.device.type, torch.bfloat16, enabled=self._mixed_precision):
            seen = self.of_regions(described)
        return _unit(seen.to(described.dtype))

    def standardise_by(self, scale: FeatureScale) -> None:
        """Take over what features are standardised by; it is part of what an epoch leaves behind."""
        self.mean.fill_(scale.mean)
        self.deviation.fill_(scale.deviation)


def _two_layers(inputs: int, hidden: int, outputs: int, generator: torch.Generator) -> nn.Sequential:
    layers = nn.Linear(inputs, hidden), nn.Linear(hidden, outputs)
    for layer in layers:
        nn.init.xavier_uniform_(layer.weight, generator=generator)
        nn.init.zeros_(layer.bias)
    return nn.Sequential(layers[0], nn.ReLU(), layers[1])


def _highest(states: Tensor, known: Tensor, tree: PrefixTree) -> Tensor:
    """Maximum of the states on the way to each beginning: of its first word, and of every later word that is known.

    What follows a text's last word never enters, so that it is exact whether texts are padded or not.

    Args:
        states: (N, M) state after each beginning.
        known: (N,) bool, whether the word that each ends in is known.
        tree: the beginnings.

    Returns:
        (N, M).
    """
    levels, first = tree.levels, tree.starts[1]
    highest = [states[levels[0]]]
    for shorter, nodes in pairwise(levels):
        parents = tree.parents[nodes.start - first : nodes.stop - first] - shorter.start
        own = states[nodes].masked_fill(~known[nodes, None], -torch.inf)
        highest.append(torch.maximum(highest[-1].index_select(0, parents), own))
    return torch.cat(highest)


def _unit(vectors: Tensor) -> Tensor:
    """Scale vectors, (n, E), to length 1, or by 1e6 where they are shorter than 1e-6."""
    return nn.functional.normalize(vectors, dim=1, eps=1e-6)
