"""MPL (AAAI 2025): phrases matched with the boxes of all images of a batch, towards what a slow copy of the model says.

Rebuilt from the authors' code, github.com/Kuangdd01/MPL at 7dc99c0 (`models/dual_att_momentum.py`, `mytrain.py`,
`flow/inner_similarity.py`).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from sprm.batches.batch import Batch
from sprm.model.box_slots import BoxSlots
from sprm.model.captions import CaptionsOf, phrases_as_caption
from sprm.model.dropout import Dropout
from sprm.model.momentum_encoders import FollowedEncoders
from sprm.model.resemblance import resembling
from sprm.model.trainable import START, Moment, TrainableModel
from sprm.settings import Siblings
from sprm.text.word_vectors import Lexicon

SIMILAR = 0.95
"""Cosine of the features from which on a region of another image is taken for one of the own."""
CONVERTED = 10
"""Phrases of a sentence, the first ones, that may have boxes of other images for positives."""
LATE, SLOWER = 40 / 45, 0.2
"""After which part of the training the optimiser's steps are smaller, and by what factor."""


@dataclass(frozen=True)
class Padding:
    """The sizes to which the authors' code pads; what is larger is left whole."""

    boxes: int = 100
    """Of an image. Neither padded words nor padded phrases take part in anything."""


@dataclass(frozen=True)
class PseudoLabels:
    """How targets come about; by default as the authors have it for Flickr30k Entities."""

    momentum: float = 0.99
    """Share of itself that the copy keeps in a step, in [0, 1)."""
    first_temperature: float = 0.3
    """Of the targets in the first epoch; from there it falls by equal steps."""
    last_temperature: float = 0.1
    """What it would come to in an epoch after the last."""


class MPL(TrainableModel):
    """Momentum pseudo-labelling over the boxes of a whole batch.

    The score of phrase q and box k of image i is `x_qik = p_q . k_ik`, with vectors as in `Encoders`. Before each step
    the momentum copy moves towards the weights, and its own scores x' say what the step is to aim at:

    ::

        pi_qik = softmax over the regions of the phrase's own image and its positives elsewhere of x'_qik / tau
        loss   = - mean over phrases of  sum over i, k of pi_qik log softmax over all boxes of the batch of x_qik

    Positives elsewhere are the regions of other images whose features have a cosine of at least 0.95 with those of some
    region of the own; the first ten phrases of a sentence have them. `tau` falls from 0.3 towards 0.1. Of the boxes
    that the softmax goes over, an image's count once for each sentence that describes it. Where siblings are
    contrasted, those of the own image thereby are positives of the phrase once more for each other sentence.

    With `padding`, padded boxes are attended to in the transformer and compete in the loss as in the authors' code. All
    padded boxes of an image are one, with a multiplicity; images of more boxes are not cut. Without, they do neither,
    and nothing else changes: all sums over words and phrases are over real ones in either case, so that no other scale
    takes the place of the authors'.

    Different from the authors' code:

    * Captions are made of phrases, as a corpus has no other words: see `captions`.
    * A label is the mean over its variants of the mean over their words; the authors take its last word.
    * Each image of a batch is encoded once, so that all who ask it meet the same dropout masks, and its padded boxes
      share theirs.
    * The copy follows in training alone; the authors' also moves at each batch of an evaluation.
    * Of the six transformer layers that the authors build, five are never used and left out.
    * The temperature and the smaller steps at the end go by parts of the training, of which theirs has 45.

    Args:
        lexicon: the word vectors, (V, D).
        inputs: how many numbers describe a region, see `Encoders`. What is like it is told by its features alone.
        generator: source of the initial weights, in the authors' distributions.
        captions: finds the captions that phrases are read in.
        padding: None lets nothing padded take part.
        dropout: rate of each mask on features, phrases and boxes, and in the transformer, while training.
        seed: names the masks, together with the step.
        pseudo_labels: how targets come about.
        mixed_precision: whether the visual map's product is computed in bfloat16.
    """

    def __init__(
        self,
        lexicon: Lexicon,
        inputs: int,
        generator: torch.Generator,
        *,
        captions: CaptionsOf = phrases_as_caption,
        padding: Padding | None = None,
        dropout: float = 0.1,
        seed: int = 0,
        pseudo_labels: PseudoLabels = PseudoLabels(),
        mixed_precision: bool = False,
    ) -> None:
        super().__init__()
        self.encoders = FollowedEncoders(lexicon, inputs, generator, mixed_precision=mixed_precision)
        self.captions = captions
        self.padding = padding
        self.dropout = dropout
        self.seed = seed
        self.pseudo_labels = pseudo_labels

    @property
    def trained(self) -> FollowedEncoders:
        """The encoders and their momentum copy."""
        return self.encoders

    def optimiser(self, learning_rate: float) -> torch.optim.SGD:
        """Return plain gradient descent, without momentum, over all that the copy follows."""
        moving = [parameter for parameter in self.encoders.parameters() if parameter.requires_grad]
        return torch.optim.SGD(moving, lr=learning_rate)

    def before_step(self, optimiser: torch.optim.Optimizer, moment: Moment) -> None:
        """Make the steps of the last epochs smaller."""
        (group,) = optimiser.param_groups
        group["lr"] = optimiser.defaults["lr"] * (SLOWER if moment.elapsed > LATE else 1.0)

    def forward(self, batch: Batch) -> Tensor:
        """Score every box of an image for every phrase that the image is asked for.

        Returns:
            (I, Q, K), laid out as `batch.pairs.by_image` and `batch.images`; 0 at padded boxes.
        """
        phrases, boxes = self.encoders(batch, self.captions(batch), self._slots(batch), Dropout())
        asked = batch.pairs.by_image.pad(phrases.index_select(0, batch.pairs.questions))
        scores: Tensor = asked @ batch.images.pad(boxes[: len(batch.regions)]).transpose(1, 2)
        return scores

    def loss(self, batch: Batch, moment: Moment = START) -> Tensor:
        """Loss of a batch that was read with the own image of each sentence alone, a scalar.

        While gradients are recorded it is that of a training: numbers are dropped, and the copy follows.
        """
        training = torch.is_grad_enabled()
        dropout = self._dropout(moment) if training else Dropout()
        captions, slots = self.captions(batch), self._slots(batch)
        phrases, boxes = self.encoders(batch, captions, slots, dropout)
        with torch.no_grad():
            if training:
                self.encoders.follow(self.pseudo_labels.momentum)
            slow_phrases, slow_boxes = self.encoders.momentum(batch, captions, slots, dropout)
            targets = self.targets(batch, slow_phrases @ slow_boxes[: len(batch.regions)].T, moment)
            entries = self._entries(batch).to(phrases.dtype)
            # One box stands for all its likes: those of the image, in each entry of it.
            often = entries.log()[:, slots.images] + slots.counts.to(phrases.dtype).log()
            often = often.index_select(0, batch.sentence_images[batch.phrase_sentences])
        scores = phrases @ boxes.T
        aimed = (targets * scores[:, : len(batch.regions)]).sum(dim=1)
        loss: Tensor = ((scores + often).logsumexp(dim=1) - aimed).mean()
        return loss

    def targets(self, batch: Batch, scores: Tensor, moment: Moment) -> Tensor:
        """Say how much each region is to be preferred: pi, of all entries of its image in the batch together.

        Args:
            batch: the batch.
            scores: (P, R) of the momentum copy.
            moment: sets the temperature.

        Returns:
            (P, R), the sum over a row being 1.
        """
        first, last = self.pseudo_labels.first_temperature, self.pseudo_labels.last_temperature
        temperature = first - (first - last) * moment.elapsed
        regions = batch.images.mask.nonzero()[:, 0]
        images = torch.arange(len(batch.images.mask), device=regions.device)
        # Logarithms of how often a region is a positive: the own ones once, those like them in every entry.
        once = scores.new_zeros(len(images), len(regions)).masked_fill_(images[:, None] != regions, -torch.inf)
        often = self._entries(batch).to(scores.dtype).log()[:, regions]
        alike = resembling(batch.regions[:, : batch.features], regions, SIMILAR)
        sentences = batch.phrase_sentences
        each = torch.arange(len(sentences), device=sentences.device)
        early = each - torch.searchsorted(sentences, sentences) < CONVERTED
        rows = batch.sentence_images[sentences] + len(images) * early
        counted = torch.cat([once, torch.where(alike, often, once)]).index_select(0, rows)
        return torch.softmax(counted.add_(scores, alpha=1 / temperature), dim=1)

    def _entries(self, batch: Batch) -> Tensor:
        """How many entries of each image a sentence of each image is contrasted with, its own one included, (I, I)."""
        images = len(batch.images.mask)
        entries = torch.bincount(batch.sentence_images, minlength=images).repeat(images, 1)
        return entries.fill_diagonal_(1) if self.siblings is Siblings.excluded else entries

    def _slots(self, batch: Batch) -> BoxSlots:
        return BoxSlots.of(batch.images, None if self.padding is None else self.padding.boxes)

    def _dropout(self, moment: Moment) -> Dropout:
        return Dropout(self.dropout, torch.Generator(self.device).manual_seed(self.seed + moment.step))
