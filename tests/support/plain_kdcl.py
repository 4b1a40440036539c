"""The equations of KD+CL written plainly, over padded tensors and for all pairs of a sentence and an image.

What tests hold the model against. It shares with the model the weights and the encoded split and nothing else. Sizes
are named as in `sprm.model.reference`; K counts padded boxes where the authors' padding is asked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torchvision.ops import box_iou

from sprm.batches.encoding import EncodedSplit
from sprm.model import reference
from sprm.model.distillation import Distillation
from sprm.model.joint_space import JointSpace
from sprm.settings import Siblings, Teacher
from sprm.text.word_vectors import Lexicon

WORDS = 10
"""Positions that the LSTM runs over at least, as in the authors' code."""


@dataclass(frozen=True)
class PlainKDCL:
    """The model over some sentences; `padding` is the number of boxes that an image is filled up to, or None."""

    space: JointSpace
    split: EncodedSplit
    distillation: Distillation | None = None
    padding: int | None = None
    siblings: Siblings = Siblings.contrasted

    def weight(self, name: str) -> Tensor:
        return self.space.get_parameter(name)

    def phrases(self, batch: reference.PaddedBatch) -> Tensor:
        """(B, Q, E): all positions are read, and those that count enter the maximum."""
        texts = batch.texts.flatten(0, 1)
        texts = torch.nn.functional.pad(texts, (0, max(0, WORDS - texts.shape[1])))
        words, known = self.space.vectors[texts], texts > Lexicon.UNKNOWN
        kernel = torch.cat([self.weight("recurrence.weight_ih_l0"), self.weight("recurrence.weight_hh_l0")], dim=1)
        state = cell = kernel.new_zeros(len(texts), kernel.shape[0] // 4)
        for position in range(texts.shape[1]):
            gates = torch.cat([words[:, position], state], dim=1) @ kernel.T + self.weight("recurrence.bias_ih_l0")
            entering, forget, candidate, output = gates.chunk(4, dim=1)
            cell = (forget + 1).sigmoid() * cell + entering.sigmoid() * candidate.tanh()
            state = output.sigmoid() * cell.tanh()
            if position == 0:
                highest = state
            else:
                highest = torch.where(known[:, position, None], torch.maximum(highest, state), highest)
        return unit(self.space.of_phrases(highest)).view(*batch.phrases.shape, -1)

    def boxes(self, batch: reference.PaddedBatch) -> Tensor:
        """(B, K, E)."""
        features = batch.features.to(self.space.mean)
        return unit(self.space.of_regions((features - self.space.mean) / self.space.deviation))

    def standing(self, batch: reference.PaddedBatch) -> Tensor:
        """(B, K) bool: boxes that compete, padded ones too where an image is filled up with them."""
        places = torch.arange(batch.regions.shape[1])
        return batch.regions | (places < (self.padding or 0))

    def pad(self, sentences: np.ndarray) -> reference.PaddedBatch:
        sizes = np.diff(self.split.region_offsets)[self.split.sentence_images[sentences]]
        return reference.pad(self.split, sentences, region_slots=max(int(sizes.max()), self.padding or 0))

    def scores(self, sentences: np.ndarray) -> Tensor:
        """(B, Q, B, K) cosines; -inf where no box competes."""
        batch = self.pad(sentences)
        cosines = torch.einsum("bqe,ike->bqik", self.phrases(batch), self.boxes(batch))
        return cosines.masked_fill(~self.standing(batch), -torch.inf)

    def loss(self, sentences: np.ndarray, step: int = 0) -> Tensor:
        contrast, distilled = self.contrast(sentences), self.distilled(sentences)
        if distilled is None or self.distillation is None:
            return contrast
        return contrast + min(0.001 + step // self.distillation.ramp, self.distillation.most) * distilled

    def contrast(self, sentences: np.ndarray) -> Tensor:
        batch, images = self.pad(sentences), self.split.sentence_images[sentences]
        known = (batch.texts > Lexicon.UNKNOWN).any(dim=2) & batch.phrases
        similar = (2 * self.scores(sentences).max(dim=3).values * known[:, :, None]).sum(dim=1)
        losses = []
        for row in range(len(sentences)):
            against = [
                column
                for column in range(len(sentences))
                if column == row or self.siblings is Siblings.contrasted or images[column] != images[row]
            ]
            losses.append(similar[row, against].logsumexp(dim=0) - similar[row, row])
        return torch.stack(losses).mean()

    def distilled(self, sentences: np.ndarray) -> Tensor | None:
        if self.distillation is None:
            return None
        batch, scores, losses = self.pad(sentences), self.scores(sentences), []
        for row, sentence in enumerate(sentences):
            count = int(self.standing(batch)[row].sum())
            for place, phrase in enumerate(range(*self.split.phrase_offsets[sentence : sentence + 2])):
                values = self.teacher_values(self.distillation, sentence, phrase)
                if not any(values):
                    continue
                taught = torch.tensor(values + [0.0] * (count - len(values))).to(scores)
                student = scores[row, place, row, :count]
                near = self.by_overlap(batch, row, int(student.argmax()), count)[: self.distillation.neighbours]
                target = (taught[near] / self.distillation.temperature).softmax(dim=0)
                losses.append(-(target * student[near].log_softmax(dim=0)).sum())
        return torch.stack(losses).mean() if losses else None

    def by_overlap(self, batch: reference.PaddedBatch, row: int, best: int, count: int) -> list[int]:
        """Boxes of an image in the order in which they overlap one of them."""
        real = int(batch.regions[row].sum())
        corners = batch.coordinates[row, :count, :4]
        overlap = box_iou(corners[best : best + 1], corners)[0].nan_to_num(0).tolist()
        # The authors' pixels have an edge of 0.001 more, so that boxes without an area overlap themselves.
        overlap[best] = 1.0
        if best >= real:
            overlap = [float(box >= real) for box in range(count)]
        return sorted(range(count), key=lambda box: (-overlap[box], box))

    def teacher_values(self, distillation: Distillation, sentence: int, phrase: int) -> list[float]:
        """What the teacher says of each real box of the sentence's image."""
        image = self.split.sentence_images[sentence]
        labels = self.split.region_labels[slice(*self.split.region_offsets[image : image + 2])]
        cosines = self.split.concepts[self.split.phrase_heads[phrase]]
        if distillation.teacher is Teacher.soft:
            return [float(cosines[label]) for label in labels]
        nearest = cosines.max()
        return [float(cosines[label] == nearest >= distillation.threshold) for label in labels]


def unit(vectors: Tensor) -> Tensor:
    return vectors / vectors.square().sum(dim=-1, keepdim=True).clamp(min=1e-12).sqrt()


def tensorflow_adam(model: PlainKDCL, batches: Sequence[np.ndarray], rate: float) -> list[Tensor]:
    """Take a step on each batch: `w -= lr sqrt(1 - .999^t) / (1 - .9^t) m / (sqrt(v) + 1e-8)`; return the losses."""
    weights = [weight for weight in model.space.parameters() if weight.requires_grad]
    means, squares = ([torch.zeros_like(weight) for weight in weights] for _ in range(2))
    losses = []
    for step, sentences in enumerate(batches):
        loss = model.loss(sentences, step)
        losses.append(loss.detach())
        size = rate * (1 - 0.999 ** (step + 1)) ** 0.5 / (1 - 0.9 ** (step + 1))
        for weight, gradient, mean, square in zip(
            weights, torch.autograd.grad(loss, weights), means, squares, strict=True
        ):
            mean.mul_(0.9).add_(0.1 * gradient)
            square.mul_(0.999).add_(0.001 * gradient**2)
            weight.data -= size * mean / (square.sqrt() + 1e-8)
    return losses
