"""A transformer layer over the boxes of an image."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from sprm.model.box_slots import BoxSlots
from sprm.model.dropout import Dropout
from sprm.model.starts import linear

HEADS, HEAD_SIZE, WIDTH = 8, 64, 768


class RegionTransformer(nn.Module):
    """One layer of self-attention and one of two linear maps, each added to what it is given, and a norm in the end.

    ::

        z <- z + O att(LN z) + o                       8 heads of 64, no bias on query, key and value
        z <- z + G2 gelu(G1 LN(z) + g1) + g2           768 wide
        LN(z)

    Args:
        dimension: D, the size of a box's vector.
        generator: source of the initial weights, which are torch's: U(+-1 / sqrt(inputs)) for linear maps.
    """

    def __init__(self, dimension: int, generator: torch.Generator) -> None:
        super().__init__()
        inner = HEADS * HEAD_SIZE
        self.attention_norm = nn.LayerNorm(dimension)
        self.query_key_value = linear(dimension, 3 * inner, generator, bias=False)
        self.out = linear(inner, dimension, generator)
        self.wide_norm = nn.LayerNorm(dimension)
        self.wide = linear(dimension, WIDTH, generator)
        self.narrow = linear(WIDTH, dimension, generator)
        self.norm = nn.LayerNorm(dimension)

    def forward(self, boxes: Tensor, slots: BoxSlots, dropout: Dropout) -> Tensor:
        """Return a vector of each box, (N, D), from vectors of the same shape."""
        boxes = boxes + dropout(self.out(self._attended(self.attention_norm(boxes), slots, dropout)))
        widened = dropout(nn.functional.gelu(self.wide(self.wide_norm(boxes))))
        normed: Tensor = self.norm(boxes + dropout(self.narrow(widened)))
        return normed

    def _attended(self, boxes: Tensor, slots: BoxSlots, dropout: Dropout) -> Tensor:
        """What each box takes from all boxes of its image, (N, heads x head size)."""
        padded = slots.packing.pad(self.query_key_value(boxes))
        query, key, value = padded.view(*padded.shape[:2], 3, HEADS, HEAD_SIZE).permute(2, 0, 3, 1, 4)
        # A box that stands for several weighs as much as they do, and an empty slot, for none, nothing.
        often = slots.packing.pad(slots.counts).to(boxes.dtype).log()[:, None, None, :]
        weights = torch.softmax(query @ key.transpose(2, 3) / HEAD_SIZE**0.5 + often, dim=3)
        taken = dropout(weights) @ value
        return slots.packing.pack(taken.transpose(1, 2).flatten(2))
