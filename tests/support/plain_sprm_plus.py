"""SPRM+'s equations written plainly, phrase by phrase and image by image; it shares weights with the model, no code."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from random_split import DIMENSION, LEXICON, Drawn
from torch import Tensor
from torch.nn.functional import cosine_similarity

from sprm.model.sprm_plus import Residual
from sprm.model.sprm_plus_loss import PlusLoss
from sprm.settings import Contrast, Siblings

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
        made_of: what the loss is made of.
        kept: what the numbers of boxes are multiplied by in the loss; None for 1.
    """

    case: Drawn
    residual: Residual
    score_weight: float
    size_weight: float
    temperature: float
    made_of: PlusLoss
    kept: Tensor | None = None

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

    def logits(self, phrase: int, image: int) -> Tensor:
        """p / tau over the boxes of an image, (K,); -inf where a box is impossible."""
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
        found = torch.stack(logits) / self.temperature
        return found.masked_fill(~said, -torch.inf)

    def prior(self, phrase: int, image: int) -> Tensor:
        """log softmax(p / tau) over the boxes of an image, (K,); alike where all are impossible."""
        logits = self.logits(phrase, image)
        return (logits if logits.isfinite().any() else torch.zeros_like(logits)).log_softmax(dim=0)

    def added(self, phrase: int, image: int) -> Tensor:
        """r / tau of the boxes of an image, (K,)."""
        split = self.case.split
        added = []
        for box in self.boxes(image):
            numbers = torch.cat([torch.from_numpy(part[box]).double() for part in (split.features, split.coordinates)])
            standardised = (numbers - self.residual.mean) * self.residual.scale
            standardised = standardised if self.kept is None else standardised * self.kept
            region = self.residual.visual(standardised) + self.residual.labels(self.label(box) / math.sqrt(DIMENSION))
            added.append(self.read(phrase) @ region / self.temperature)
        return torch.stack(added)

    def read(self, phrase: int) -> Tensor:
        """q of a phrase, with what it has of the others of its sentence, (D,)."""
        sentence = next(own for own in range(len(self.case.split.sentence_images)) if phrase in self.phrases(own))
        others = [self.state(other) for other in self.phrases(sentence) if other != phrase]
        if self.residual.context is None or not others:
            return self.state(phrase)
        added: Tensor = self.residual.context(torch.stack(others).mean(dim=0))
        return self.state(phrase) + added

    def state(self, phrase: int) -> Tensor:
        """The LSTM's last state, (D,)."""
        text, texts = self.case.split.phrase_texts[phrase], self.case.split.texts
        states: Tensor = self.residual.textual(VECTORS[texts.words[text, : texts.lengths[text]]])[0]
        return states[-1]

    def answer(self, phrase: int, image: int) -> Tensor:
        """P, (K,)."""
        return (self.prior(phrase, image) + self.added(phrase, image)).softmax(dim=0)

    def evidence(self, phrase: int, image: int) -> Tensor:
        """E, a scalar."""
        return (self.prior(phrase, image).exp() * self.added(phrase, image).exp()).sum().log()

    def attended(self, phrase: int, image: int) -> Tensor:
        """F, a scalar."""
        logits = self.logits(phrase, image) + self.added(phrase, image)
        possible = logits.isfinite()
        if not possible.any():
            return torch.zeros((), dtype=logits.dtype)
        return logits[possible].softmax(dim=0) @ logits[possible]

    def similarity(self, sentence: int, image: int) -> Tensor:
        """L by evidence, or by attention-weighted logits, a scalar."""
        of_phrase = self.attended if self.made_of.contrast is Contrast.attention else self.evidence
        return torch.stack([of_phrase(phrase, image) for phrase in self.phrases(sentence)]).mean()

    def best_cosine(self, phrase: int, image: int) -> float:
        """The largest cosine of a phrase's head and a label of an image."""
        split = self.case.split
        head = split.concepts[split.phrase_heads[phrase]]
        return max(float(head[split.region_labels[box]]) for box in self.boxes(image))

    def contrast(self, place: int, siblings: Siblings) -> list[Tensor]:
        """The cross-entropy of a sentence's own image among those of the batch, or that of each of its phrases."""
        sentence, own = self.case.sentences[place], self.case.images[place]
        others = [
            image
            for other, image in enumerate(self.case.images)
            if other != place and (siblings is Siblings.contrasted or image != own)
        ]
        if self.made_of.contrast in (Contrast.evidence, Contrast.attention):
            found = [self.similarity(sentence, image) for image in (own, *others)]
            return [torch.stack(found).logsumexp(dim=0) - found[0]]
        losses = []
        for phrase in self.phrases(sentence):
            least = self.best_cosine(phrase, own) if self.made_of.contrast is Contrast.phrases_alike else -2.0
            alike = [image for image in others if self.best_cosine(phrase, image) >= least]
            found = [self.evidence(phrase, image) for image in (own, *alike)]
            losses.append(torch.stack(found).logsumexp(dim=0) - found[0])
        return losses

    def loss(self, siblings: Siblings) -> Tensor:
        """The loss of the sentences, a scalar."""
        contrasts, divergences, entropies, shared = [], [], [], []
        for place, (sentence, own) in enumerate(zip(self.case.sentences, self.case.images, strict=True)):
            contrasts += self.contrast(place, siblings)
            answers = {phrase: self.answer(phrase, own) for phrase in self.phrases(sentence)}
            for phrase, answer in answers.items():
                before = self.prior(phrase, own)
                after = (before + self.added(phrase, own)).log_softmax(dim=0)
                said = before > -torch.inf
                divergences.append((before.exp() * (before - after))[said].sum())
                entropies.append(-(answer[said] * after[said]).sum())
                others = [answer @ each for other, each in answers.items() if other != phrase]
                shared.append(torch.stack(others).sum() if others else torch.zeros((), dtype=answer.dtype))
        made_of = self.made_of
        weights = (made_of.distillation, made_of.entropy, made_of.sharing)
        terms = (torch.stack(own).mean() for own in (divergences, entropies, shared))
        return torch.stack(contrasts).mean() + sum(weight * term for weight, term in zip(weights, terms, strict=True))
