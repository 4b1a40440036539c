"""SPRM+: the prior with a detector's score and a box's size, and what training adds to it; SPRM's idea, not its model.

With cosines `c` of a phrase's head words and a box's label, score `s`, share `a` of the image's area, features and
coordinates `z`, each standardised and divided by the root of their number, frozen word vectors `e` of size `D`, and the
last state `q` of an LSTM over a phrase's words, to which a matrix `C` may add the mean of those of the other phrases of
the sentence:

    p = c + w_s log(s + 0.001) + w_a log(a + 0.0001)      the prior; a box where the phrase does not say is impossible
    r = q . (A z + B e(label) / sqrt(D))                  what training adds, the residual
    P = softmax over boxes of (p + r) / tau               the answer
    E = log sum over boxes of softmax(p / tau) exp(r / tau)     what a phrase says for an image, its evidence
    L = mean over phrases of E                            how well a sentence fits an image

`A`, `B` and `C` start as zero: untrained, it answers as the prior does, and no image has any evidence. The loss is the
cross-entropy of a sentence's own image among the batch's, by L; `sprm_plus_loss` has other losses. Dropout: each step
sets some of the numbers `z` to 0, drawn anew and the same for all boxes of a batch, and scales the others up.

Read exp(r / tau) as how much likelier a phrase is with a box than at all, p(phrase | box) / p(phrase). Then, if the
prior says how likely each box is the one that is meant, E is the logarithm of how much likelier the phrase is with the
image than at all, which is what a contrast of images estimates, and P is the probability of each box given the phrase.
A box that the prior rules out takes no part in either, unless it rules out all.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from sprm.batches.batch import Batch
from sprm.batches.encoding import EncodedSplit
from sprm.batches.feature_scale import RegionMoments
from sprm.files.mapped import shared_tensor
from sprm.model.prefix_lstm import encode
from sprm.model.prior import BoxTerms, prior_logits, prior_of_questions
from sprm.model.refinement import FrozenWords
from sprm.model.sprm_plus_loss import Parts, PlusLoss, of_sentences, total
from sprm.model.starts import lstm
from sprm.model.trainable import START, Moment, TrainableModel
from sprm.settings import Contrast
from sprm.text.word_vectors import Lexicon


class Residual(nn.Module):
    """The trained module: what is added to the prior.

    Args:
        lexicon: the frozen word vectors, (V, D).
        inputs: how many numbers describe a region: features and coordinates.
        generator: source of the initial weights of the LSTM; all others start as zero.
        context: whether a phrase is read with the other phrases of its sentence.
        mixed_precision: whether the visual map's product is computed in bfloat16; all else stays single.
    """

    mean: Tensor
    scale: Tensor

    def __init__(
        self,
        lexicon: Lexicon,
        inputs: int,
        generator: torch.Generator,
        *,
        context: bool = False,
        mixed_precision: bool = False,
    ) -> None:
        super().__init__()
        self.mixed_precision = mixed_precision
        dimension = lexicon.dimension
        self.words = FrozenWords(lexicon)
        self.textual = lstm(dimension, generator)
        self.visual = nn.Linear(inputs, dimension, bias=False)
        self.labels = nn.Linear(dimension, dimension, bias=False)
        self.context = nn.Linear(dimension, dimension, bias=False) if context else None
        for part in (self.visual, self.labels, self.context):
            if part is not None:
                nn.init.zeros_(part.weight)
        self.register_buffer("mean", torch.zeros(inputs))
        self.register_buffer("scale", torch.full((inputs,), inputs**-0.5))

    def standardise_by(self, moments: RegionMoments) -> None:
        """Take the numbers of regions for what they differ from their means by, in deviations, over the root of F."""
        deviation = torch.from_numpy(moments.deviation).to(self.scale)
        self.mean.copy_(torch.from_numpy(moments.mean))
        self.scale.copy_(torch.where(deviation > 0, len(deviation) ** -0.5 / deviation, 0.0))

    def phrases(self, batch: Batch) -> Tensor:
        """Return q of each phrase, (P, D)."""
        words = self.words(batch.words)
        read = encode(self.textual, words.index_select(0, batch.prefix_words), batch.prefixes)
        phrases = read.index_select(0, batch.phrase_prefixes)
        if self.context is None:
            return phrases
        others = of_sentences(batch, phrases)[batch.phrase_sentences] - phrases
        counts = torch.bincount(batch.phrase_sentences)[batch.phrase_sentences] - 1
        added: Tensor = self.context(others / counts.clamp(min=1)[:, None])
        return phrases + added

    def regions(self, batch: Batch, kept: Tensor | None = None) -> Tensor:
        """Return A z + B e(label) / root D of each region, (R, D).

        Args:
            batch: of R regions.
            kept: (inputs,) what each of the numbers z is multiplied by; None for 1.
        """
        words, weight = self.words(batch.words), self.visual.weight * self.scale
        weight = weight if kept is None else weight * kept
        named = nn.functional.embedding_bag(
            batch.label_words, words, mode="sum", per_sample_weights=batch.label_weights.to(words.dtype)
        )
        by_label = self.labels(named * len(self.labels.weight) ** -0.5) - weight @ self.mean
        with torch.autocast(weight.device.type, torch.bfloat16, enabled=self.mixed_precision):
            seen = batch.regions.to(weight.dtype) @ weight.T
        regions: Tensor = by_label.index_select(0, batch.region_labels) + seen.to(by_label.dtype)
        return regions


class SPRMPlus(TrainableModel):
    """The prior with what training adds to it.

    Args:
        concepts: (heads, labels) cosines from `prior.concept_similarity`.
        residual: what is trained.
        terms: what the prior adds to the cosine of a box.
        temperature: tau, in (0, 10].
        made_of: what the loss is made of.
    """

    concepts: Tensor
    starts_as_answer = True

    def __init__(
        self, concepts: Tensor, residual: Residual, terms: BoxTerms, temperature: float, made_of: PlusLoss
    ) -> None:
        super().__init__()
        self.register_buffer("concepts", concepts, persistent=False)
        self.residual, self.terms = residual, terms
        self.temperature, self.made_of = temperature, made_of

    def bound_to(self, split: EncodedSplit) -> SPRMPlus:
        """Return the same weights beside the prior's similarities of another split."""
        concepts = shared_tensor(split.concepts).to(self.device)
        other = SPRMPlus(concepts, self.residual, self.terms, self.temperature, self.made_of)
        other.siblings = self.siblings
        return other

    @property
    def trained(self) -> Residual:
        """What training changes."""
        return self.residual

    def measure(self, split: EncodedSplit, images: NDArray[np.int64]) -> None:
        """Standardise the numbers of regions by those of the training images, be they all or few."""
        self.residual.standardise_by(RegionMoments.of(split, images))

    def forward(self, batch: Batch) -> Tensor:
        """Return P of every box for every phrase that its image is asked for.

        Returns:
            (I, Q, K) in [0, 1], laid out as `batch.pairs.by_image` and `batch.images`; 0 at padded boxes.
        """
        asked = self.residual.phrases(batch).index_select(0, batch.pairs.questions)
        regions = batch.images.pad(self.residual.regions(batch))
        residual = (batch.pairs.by_image.pad(asked) / self.temperature) @ regions.transpose(1, 2)
        logits = self._logits(prior_of_questions(self.concepts, batch, self.terms), batch)
        return (logits.log_softmax(dim=2) + residual).softmax(dim=2)

    def loss(self, batch: Batch, moment: Moment = START) -> Tensor:
        """Contrast of the batch's images and what is added to it, a scalar; without gradients no dropout."""
        kept = self._kept(moment) if self.made_of.dropout and torch.is_grad_enabled() else None
        best = self._best_cosines(batch) if self.made_of.contrast is Contrast.phrases_alike else None
        return total(batch, self.parts(batch, kept), best, self.made_of, self.siblings)

    def parts(self, batch: Batch, kept: Tensor | None = None) -> Parts:
        """Return what the model says of every phrase and box of a batch.

        Args:
            batch: the batch.
            kept: what the numbers of regions are multiplied by, see `Residual.regions`.
        """
        regions = batch.images.pad(self.residual.regions(batch, kept))
        residual = (self.residual.phrases(batch) / self.temperature) @ regions.flatten(0, 1).T
        images, boxes = batch.images.mask.shape
        phrases = len(batch.phrase_heads)
        prior = prior_logits(
            self.concepts,
            heads=batch.phrase_heads.expand(images, phrases),
            labels=batch.images.pad(batch.labels[batch.region_labels]),
            locations=batch.locations.expand(images, phrases),
            relations=batch.images.pad(batch.relations),
            terms=batch.images.pad(self.terms.of(batch.coordinates)),
        )
        logits = self._logits(prior, batch)
        added = residual.view(phrases, images, boxes).transpose(0, 1)
        return Parts(logits=logits, prior=logits.log_softmax(dim=2), residual=added)

    def _best_cosines(self, batch: Batch) -> Tensor:
        """Return the largest cosine of each phrase's head and a label of each image, (P, I)."""
        labels = batch.images.pad(batch.labels[batch.region_labels])
        cosines = self.concepts[batch.phrase_heads[:, None, None], labels]
        return cosines.masked_fill(~batch.images.mask, -torch.inf).amax(dim=2)

    def _logits(self, prior: Tensor, batch: Batch) -> Tensor:
        """Return p / tau, (I, n, K), -inf at padded boxes."""
        return (prior / self.temperature).masked_fill(~batch.images.mask[:, None, :], -torch.inf)

    def _kept(self, moment: Moment) -> Tensor:
        """Draw what the numbers of regions are multiplied by in a step, (inputs,).

        A mask is drawn by the number of its step, on the CPU, so that it is the same on every device and on resumption.
        """
        scale, rate = self.residual.scale, self.made_of.dropout
        kept = np.random.default_rng([self.made_of.seed, moment.step]).random(len(scale)) >= rate
        return torch.from_numpy(kept / (1 - rate)).to(scale)
