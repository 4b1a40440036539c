"""A transformer layer over the boxes of an image."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from sprm.model.box_slots import BoxSlots, EqualImages
from sprm.model.dropout import Dropout
from sprm.model.row_blocks import by_blocks
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
        boxes = boxes + dropout(self._attended(self.attention_norm(boxes), slots, dropout))
        narrowed = by_blocks(lambda block: self._narrowed(block, dropout), boxes)
        normed: Tensor = self.norm(boxes + dropout(narrowed))
        return normed

    def _narrowed(self, boxes: Tensor, dropout: Dropout) -> Tensor:
        """What the two linear maps make of each box, (n, D)."""
        narrowed: Tensor = self.narrow(dropout(nn.functional.gelu(self.wide(self.wide_norm(boxes)))))
        return narrowed

    def _attended(self, boxes: Tensor, slots: BoxSlots, dropout: Dropout) -> Tensor:
        """What each box takes from all boxes of its image, (N, D)."""
        images, longest = sum(len(group.images) for group in slots.groups), slots.groups[-1].boxes.shape[1]
        mask = dropout.mask(boxes, (images * HEADS, longest, longest))
        order = torch.cat([group.boxes.flatten() for group in slots.groups])
        parts = torch.split(boxes.index_select(0, order), [group.boxes.numel() for group in slots.groups])
        by_size = [self._attended_alike(*each, slots, mask) for each in zip(parts, slots.groups, strict=True)]
        return torch.empty_like(boxes).index_copy(0, order, torch.cat(by_size))

    def _attended_alike(self, boxes: Tensor, group: EqualImages, slots: BoxSlots, mask: Tensor | None) -> Tensor:
        """The same for images of equally many boxes, (n x k, D), whose rows come image after image."""
        rows = self.query_key_value(boxes).view(*group.boxes.shape, 3, HEADS, HEAD_SIZE)
        query, key, value = rows.permute(2, 0, 3, 1, 4).flatten(1, 2)
        # A box that stands for several weighs as much as they do, and one that stands for none, nothing.
        often = slots.counts[group.boxes].to(boxes.dtype).log().repeat_interleave(HEADS, dim=0)
        logits = torch.baddbmm(often[:, None, :], query, key.transpose(1, 2), alpha=HEAD_SIZE**-0.5)
        shares = logits.softmax(dim=2)
        if mask is not None:
            by_head = group.images[:, None] * HEADS + torch.arange(HEADS, device=boxes.device)
            shares = shares * mask[by_head.view(-1, 1, 1), group.places[:, None], group.places]
        taken = (shares @ value).unflatten(0, (-1, HEADS)).transpose(1, 2).flatten(2)
        attended: Tensor = self.out(taken.flatten(0, 1))
        return attended
