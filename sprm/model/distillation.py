"""What KD+CL learns from a teacher: which of the boxes around the chosen one shows what a phrase names.

The authors' teacher is a detector's probability of the class that a phrase was mapped to off line. Neither is part of a
corpus here. What stands in for it is ours: a box's label, held against the phrase's head words by frozen word vectors,
which is what SPRM's prior goes by.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor
from torchvision.ops import box_iou

from sprm.settings import Teacher


@dataclass(frozen=True)
class Distillation:
    """How the teacher is asked, and how much it counts; by default as the authors have it, but for the threshold."""

    teacher: Literal[Teacher.one_hot, Teacher.soft]
    temperature: float = 1.0
    """Divides the teacher's values before its softmax: 1 as for the authors' teacher of 545 classes, which their
    published numbers are of; 2 as for that of 80 classes."""
    neighbours: int = 8
    """Boxes that teacher and student are compared on."""
    ramp: int = 500
    """Optimiser steps, whatever share of a training they are, after which the weight grows by 1."""
    most: float = 3.0
    """The largest weight."""
    threshold: float = 0.5
    """Cosine that a one-hot teacher, which is ours, asks of the class nearest to a phrase's head words; not tuned."""

    def weight(self, step: int) -> float:
        """Weight of the term in the loss after so many optimiser steps."""
        return min(0.001 + step // self.ramp, self.most)

    def values(self, concepts: Tensor) -> Tensor:
        """Return what the teacher says of each label, if a phrase has each head.

        Args:
            concepts: (heads, labels) cosines of frozen vectors, see `concept_similarity`. A class whose name is the
                head has cosine 1, and so has one of the same direction.

        Returns:
            (heads, labels). Soft: the cosine. One-hot: 1 for the class that is nearest, if it is near enough, or for
            all that are equally near, else 0.
        """
        if self.teacher is Teacher.soft:
            return concepts
        nearest = concepts.amax(dim=1, keepdim=True)
        return ((concepts == nearest) & (nearest >= self.threshold)).to(concepts.dtype)

    def loss(
        self, student: Tensor, teacher: Tensor, boxes: Tensor, counts: Tensor, padding: Tensor, copies: Tensor
    ) -> Tensor:
        """Mean cross-entropy of teacher and student on the boxes around each phrase's best one.

        These are the boxes of largest IoU with the best one, itself included; of equal ones, those that come first.
        Padded boxes follow all others, overlap only each other and have the teacher's value 0.

        Args:
            student: (n, K) cosine of each phrase with each box of its own image; the lowest where none stands.
            teacher: (n, K) the teacher's values.
            boxes: (n, K, 4) xyxy, in units of the image's width and height.
            counts: (n,) boxes of each phrase's image, the first of the K.
            padding: (n,) cosine of each phrase with a padded box.
            copies: (n,) padded boxes of each phrase's image.

        Returns:
            Scalar.
        """
        order, multiplicity = self._around(student.detach(), boxes, counts, padding.detach(), copies)
        logits = torch.cat([student.gather(1, order), padding[:, None]], dim=1)
        values = torch.cat([teacher.gather(1, order), padding.new_zeros(len(padding), 1)], dim=1)
        # The logarithm is -inf for what takes no part.
        times = multiplicity.to(logits.dtype).log()
        target = (values / self.temperature + times).softmax(dim=1)
        return ((logits + times).logsumexp(dim=1) - (target * logits).sum(dim=1)).mean()

    def _around(
        self, student: Tensor, boxes: Tensor, counts: Tensor, padding: Tensor, copies: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Return the boxes of largest IoU, (n, m), and how often each of them and a padded one count, (n, m + 1)."""
        place = torch.arange(boxes.shape[1], device=boxes.device)
        best = student.argmax(dim=1, keepdim=True)
        at_padding = (copies > 0) & (padding > student.amax(dim=1))
        chosen = boxes.take_along_dim(best[:, :, None], dim=1)
        overlap = torch.vmap(box_iou)(chosen, boxes)[:, 0].nan_to_num(0.0)
        # A box without an area is its own neighbour, too.
        overlap = overlap.scatter(1, best, 1.0).masked_fill(at_padding[:, None], 0.0)
        overlap = overlap.masked_fill(place >= counts[:, None], -1.0)
        order = overlap.sort(dim=1, descending=True, stable=True).indices[:, : self.neighbours]
        free = (self.neighbours - counts).clamp(min=0).masked_fill(at_padding, self.neighbours)
        padded = torch.minimum(copies, free)
        real = torch.minimum(counts, self.neighbours - padded)
        return order, torch.cat([place[: order.shape[1]] < real[:, None], padded[:, None]], dim=1)
