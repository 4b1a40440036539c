"""SPRM+'s equations written plainly, phrase by phrase and image by image; it shares weights with the model, no code."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from random_split import DIMENSION, LEXICON, Drawn
from torch import Tensor
from torch.nn.functional import cosine_similarity

from sprm.model.sprm_plus import Residual
from sprm.settings import Siblings

VECTORS = torch.from_numpy(LEXICON.vectors).double()


@dataclass(frozen=True)
class PlainSPRMPlus:
    """What the weights make of some sentences.

    Args:
        case: the sentences.
        residual: the weights, in double precision.
        score_weight: of the log score in the prior.
        size_weight: of the log share of the area.
        temperature: tau.
        distillation: weight of the divergence from the prior.
    """

    case: Drawn
    residual: Residual
    score_weight: float
    size_weight: float
    temperature: float
    distillation: float

    def phrases(self, sentence: int) -> range:
        """The phrases of a sentence."""
        return range(*self.case.split.phrase_offsets[sentence : sentence + 2])

    def boxes(self, image: int) -> range:
        """The boxes of an image."""
        return range(*self.case.split.region_offsets[image : image + 2])

    def label(self, box: int) -> Tensor:
        """e(label) of a box, (D,)."""
        labels, row = self.case.split.labels, self.case.split.region_labels[box]
        return torch.from_numpy(labels.weights[row]).double() @ VECTORS[labels.words[row]]

    def prior(self, phrase: int, image: int) -> Tensor:
        """log softmax(p / tau) over the boxes of an image, (K,)."""
        split = self.case.split
        text = split.phrase_heads[phrase]
        head = VECTORS[split.heads.words[text]].sum(dim=0) / int(split.heads.lengths[text])
        logits = []
        for box in self.boxes(image):
            coordinates = torch.from_numpy(split.coordinates[box]).double()
            cosine = cosine_similarity(head, self.label(box), dim=0)
            score = self.score_weight * coordinates[5] if self.score_weight else 0.0
            logits.append(cosine + score + self.size_weight * (coordinates[4] + 0.0001).log())
        said = torch.tensor([bool(split.locations[phrase] & split.relations[box]) for box in self.boxes(image)])
        chosen = torch.stack(logits) / self.temperature
        chosen = chosen.masked_fill(~said, -torch.inf) if said.any() else torch.zeros_like(chosen)
        return chosen.log_softmax(dim=0)

    def added(self, phrase: int, image: int) -> Tensor:
        """r / tau of the boxes of an image, (K,)."""
        split = self.case.split
        text = split.phrase_texts[phrase]
        states, _ = self.residual.textual(VECTORS[split.texts.words[text, : split.texts.lengths[text]]])
        added = []
        for box in self.boxes(image):
            numbers = torch.cat([torch.from_numpy(part[box]).double() for part in (split.features, split.coordinates)])
            standardised = (numbers - self.residual.mean) * self.residual.scale
            region = self.residual.visual(standardised) + self.residual.labels(self.label(box) / math.sqrt(DIMENSION))
            added.append(states[-1] @ region / self.temperature)
        return torch.stack(added)

    def answer(self, phrase: int, image: int) -> Tensor:
        """P, (K,)."""
        return (self.prior(phrase, image) + self.added(phrase, image)).softmax(dim=0)

    def similarity(self, sentence: int, image: int) -> Tensor:
        """L, a scalar."""
        evidence = [
            (self.prior(phrase, image).exp() * self.added(phrase, image).exp()).sum().log()
            for phrase in self.phrases(sentence)
        ]
        return torch.stack(evidence).mean()

    def loss(self, siblings: Siblings) -> Tensor:
        """The loss of the sentences, a scalar."""
        contrasts, divergences = [], []
        for place, (sentence, own) in enumerate(zip(self.case.sentences, self.case.images, strict=True)):
            images = [
                image
                for other, image in enumerate(self.case.images)
                if other == place or siblings is Siblings.contrasted or image != own
            ]
            similar = torch.stack([self.similarity(sentence, image) for image in images])
            contrasts.append(similar.logsumexp(dim=0) - self.similarity(sentence, own))
            for phrase in self.phrases(sentence):
                before = self.prior(phrase, own)
                after = (before + self.added(phrase, own)).log_softmax(dim=0)
                said = before > -torch.inf
                divergences.append((before.exp() * (before - after))[said].sum())
        return torch.stack(contrasts).mean() + self.distillation * torch.stack(divergences).mean()
