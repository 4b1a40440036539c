"""The four maps of InfoGround, and how words attend to boxes through them; see `infoground`."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from sprm.model.batch_norm import BatchNorm


class TwoLayers(nn.Module):
    """`C2 relu(BN(C1 z + c1)) + c2`; the hidden layer has the width of the input.

    Args:
        inputs: numbers in a row.
        outputs: numbers in a mapped row.
        generator: source of the initial weights, uniform within 1 / sqrt(inputs), biases likewise.
        mixed_precision: whether the first product is computed in bfloat16; all else stays single.
    """

    def __init__(self, inputs: int, outputs: int, generator: torch.Generator, *, mixed_precision: bool = False) -> None:
        super().__init__()
        self.mixed_precision = mixed_precision
        self.hidden, self.norm, self.output = nn.Linear(inputs, inputs), BatchNorm(inputs), nn.Linear(inputs, outputs)
        bound = 1 / math.sqrt(inputs)
        for parameter in (*self.hidden.parameters(), *self.output.parameters()):
            nn.init.uniform_(parameter, -bound, bound, generator=generator)

    def forward(self, rows: Tensor, multiplicity: Tensor | None, calls: int = 1) -> Tensor:
        """Map rows, (n, inputs), to (n, outputs); for the rest see `BatchNorm`."""
        with torch.autocast(rows.device.type, torch.bfloat16, enabled=self.mixed_precision):
            hidden = self.hidden(rows)
        mapped: Tensor = self.output(self.norm(hidden.to(rows), multiplicity, calls).relu())
        return mapped


class GroundingMaps(nn.Module):
    """The four maps, all that is trained.

    Args:
        inputs: how many numbers describe a box.
        dimension: length of a word vector, D; d is half of it, rounded down.
        generator: source of the initial weights.
        mixed_precision: whether the first products of boxes are computed in bfloat16; all else stays single.
    """

    def __init__(
        self, inputs: int, dimension: int, generator: torch.Generator, *, mixed_precision: bool = False
    ) -> None:
        super().__init__()
        size = dimension // 2
        self.box_keys = TwoLayers(inputs, size, generator, mixed_precision=mixed_precision)
        self.box_values = TwoLayers(inputs, size, generator, mixed_precision=mixed_precision)
        self.word_keys = TwoLayers(dimension, size, generator)
        self.word_values = TwoLayers(dimension, size, generator)


@dataclass(frozen=True)
class Boxes:
    """Boxes of `G` images; with padding, a padded one stands behind them for all of an image's."""

    keys: Tensor
    """(G, K, d)."""
    values: Tensor
    """(G, K, d)."""
    counts: Tensor
    """(G, K) how often each competes: 1, 0 where no box stands, any number for the padded one."""

    def of(self, images: Tensor) -> Boxes:
        """Return those of some images, by their index, (n,)."""
        return Boxes(self.keys[images], self.values[images], self.counts[images])


@dataclass(frozen=True)
class Attended:
    """What `n` words find in each of `G` images."""

    attention: Tensor
    """(G, n, K) A, in [0, 1]; for the padded box the sum over all that it stands for."""
    gathered: Tensor
    """(G, n, d) h."""
    fit: Tensor
    """(G, n) y."""


def attend(keys: Tensor, values: Tensor, boxes: Boxes) -> Attended:
    """Let words gather what they attend to.

    Args:
        keys: (n, d) or (G, n, d) `K_w` of the words, the same for every image or its own.
        values: as `keys`, `V_w`.
        boxes: of G images.
    """
    paid = attention(keys, boxes.keys, boxes.counts)
    gathered = paid @ boxes.values
    return Attended(paid, gathered, (gathered * values).sum(dim=2))


def attention(words: Tensor, boxes: Tensor, counts: Tensor) -> Tensor:
    """Attention that words pay to the boxes of images.

    Args:
        words: (n, d) or (G, n, d) `K_w` of the words.
        boxes: (G, K, d) `K_u` of the boxes.
        counts: (G, K) how often each box competes.

    Returns:
        (G, n, K) in [0, 1], the sum over all that compete in a box's place.
    """
    logits = words @ boxes.transpose(1, 2) / math.sqrt(words.shape[-1])
    return (logits + counts.log()[:, None]).softmax(dim=2)
