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
        query, key, value = self._by_head(self.query_key_value(boxes), slots)
        # A box that stands for several weighs as much as they do, and an empty slot, for none, nothing.
        often = slots.packing.pad(slots.counts).to(boxes.dtype).log().repeat_interleave(HEADS, dim=0)
        logits = torch.baddbmm(often[:, None, :], query, key.transpose(1, 2), alpha=HEAD_SIZE**-0.5)
        taken = dropout(logits.softmax(dim=2)) @ value
        return slots.packing.pack(taken.view(-1, HEADS, *taken.shape[1:]).transpose(1, 2).flatten(2))

    def _by_head(self, rows: Tensor, slots: BoxSlots) -> Tensor:
        """Turn query, key and value of each box, (N, 3 x heads x head size), to (3, I x heads, slots, head size).

        What stands in an empty slot is some box, as good as any.
        """
        count = torch.arange(len(rows), device=rows.device)
        box = slots.packing.pad(count)[:, None, :]
        part = torch.arange(3 * HEADS, device=rows.device).view(3, 1, HEADS, 1)
        chosen = rows.view(-1, HEAD_SIZE).index_select(0, (box * 3 * HEADS + part).flatten())
        return chosen.view(3, -1, box.shape[2], HEAD_SIZE)
