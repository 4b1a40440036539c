"""MAF, the Multimodal Alignment Framework: phrases and labelled boxes meet in the word-vector space.

Wang et al., EMNLP 2020; the equations are those of the authors' code, github.com/qinzzz/Multimodal-Alignment-Framework
at c88a85d. With trainable word vectors `e` of size `D`, features `f` and label `l` of a box:

    k = e(l) + P f + c                                                a box
    g = max over boxes of softmax over boxes of e(w) . k / sqrt(D)    how well word w fits its sentence's own image
    s = sum over words of alpha e(w), alpha = softmax over words of g
    p = U s + u + 1e-5 (M s + m)                                      a phrase
    L = mean over phrases of max over boxes of p . k                  how well a sentence fits an image

The loss is the cross-entropy of a sentence's own image among the batch's, by L; the answer is the box with the largest
p . k. P starts as zero and U as the identity, so before any training a phrase is compared with the boxes' labels.

The authors mask no padding: padded boxes take part in g and L, padded words in alpha, and padded phrases in the sum of
L, though not in its count. All of a kind are alike, so one stands for them and counts as often as there are.

Masked, the weights alpha of a phrase's own words sum to 1, as in the equation; with padding they sum to about the share
of real words among 12. So L is larger by a factor that differs from phrase to phrase, about 12 over the words of one,
and the softmax over images sharper. No constant makes up for that: it would be a number of ours, not the authors'.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from sprm.batches.batch import Batch
from sprm.batches.packing import Packing
from sprm.model.loss import contrast_with_images
from sprm.model.trainable import START, Moment, TrainableModel
from sprm.text.word_vectors import Lexicon


@dataclass(frozen=True)
class Padding:
    """Sizes that the authors' code pads to; what is larger is left whole here, and cut there."""

    words: int = 12
    """Words of a phrase."""
    phrases: int = 32
    """Phrases of a sentence."""
    boxes: int = 100
    """Boxes of an image."""


NO_PADDING = Padding(words=0, phrases=0, boxes=0)
"""With these, nothing padded takes part."""


@dataclass(frozen=True)
class Boxes:
    """The boxes of a batch's images, as words and phrases meet them.

    `L` labels, `R` regions, `I` images, `K` boxes of one at most.
    """

    labels: Tensor
    """(L, D) what a box is by its label alone, e(l) + c."""
    seen: Tensor
    """(R, D) what its features add, P f."""
    vectors: Tensor
    """(I, K, D) the sum of both; zero where nobody stands."""
    standing: Tensor
    """(I, K) bool."""
    padded: Tensor
    """(D,) the padded box: e(padding) + c."""
    copies: Tensor
    """(I,) how often it stands in each image."""

    def best(self, scores: Tensor, padded: Tensor) -> Tensor:
        """Return the largest score of each image's boxes, (..., I).

        Of boxes that share it, the first in the file has the gradient, as in the authors' code.

        Args:
            scores: (..., I, K) of the boxes.
            padded: (..., I) of the padded box, which competes where it stands.
        """
        best = scores.masked_fill(~self.standing, -torch.inf).max(dim=-1).values
        return torch.where((self.copies > 0) & (padded > best), padded, best)

    def total(self, scores: Tensor, padded: Tensor) -> Tensor:
        """Return the logarithm of the sum of the exponentials of what `best` takes, (..., I)."""
        total = scores.masked_fill(~self.standing, -torch.inf).logsumexp(dim=-1)
        return torch.logaddexp(total, padded + self.copies.log())


class Alignment(nn.Module):
    """The trained module: word vectors, and the maps that take boxes and phrases to their space.

    Args:
        lexicon: the word vectors `e` starts from, (V, D).
        inputs: how many numbers describe a box beside its label: its features, or these and the last of its
            coordinates, the logarithm of the detector's score.
        generator: source of the initial weights.
        padding: what the authors' code pads to; None where nothing padded takes part.
        mixed_precision: whether the visual map's product is computed in bfloat16; all else stays single.
    """

    def __init__(
        self,
        lexicon: Lexicon,
        inputs: int,
        generator: torch.Generator,
        padding: Padding | None,
        *,
        mixed_precision: bool = False,
    ) -> None:
        super().__init__()
        self.padding = padding or NO_PADDING
        self._mixed_precision = mixed_precision
        dimension = lexicon.dimension
        # The authors' padding is a word like any other, and is trained.
        still = lexicon.PADDING if padding is None else None
        self.words = nn.Embedding(len(lexicon.vectors), dimension, padding_idx=still, sparse=True)
        self.words.weight.data.copy_(torch.from_numpy(lexicon.vectors))
        self.visual = nn.Linear(inputs, dimension)
        self.textual = nn.Linear(dimension, dimension)
        self.second = nn.Linear(dimension, dimension)
        nn.init.zeros_(self.visual.weight)
        nn.init.eye_(self.textual.weight)
        # Torch's own start, drawn anew: it comes from a generator that all code shares.
        for weight in (self.visual.bias, self.textual.bias, self.second.weight, self.second.bias):
            bound = 1 / math.sqrt(inputs if weight is self.visual.bias else dimension)
            nn.init.uniform_(weight, -bound, bound, generator=generator)

    def boxes(self, batch: Batch, words: Tensor) -> Boxes:
        """Return the boxes of the batch's images, given the vectors of the batch's words, (U, D)."""
        labels = self.visual.bias + nn.functional.embedding_bag(
            batch.label_words, words, mode="sum", per_sample_weights=batch.label_weights.to(words.dtype)
        )
        seen = self._seen(batch)
        return Boxes(
            labels=labels,
            seen=seen,
            vectors=batch.images.pad(seen + labels.index_select(0, batch.region_labels)),
            standing=batch.images.mask,
            padded=words[0] + self.visual.bias,
            copies=(self.padding.boxes - batch.images.mask.sum(dim=1)).clamp(min=0).to(words.dtype),
        )

    def phrases(self, batch: Batch, words: Tensor, boxes: Boxes) -> Tensor:
        """Return the vector of each phrase, (P, D), in the order of `batch.pairs.questions`; see `weights`."""
        weights = self.weights(batch, words, boxes)
        return self.map(nn.functional.embedding_bag(_spoken(batch), words, mode="sum", per_sample_weights=weights))

    def weights(self, batch: Batch, words: Tensor, boxes: Boxes) -> Tensor:
        """Return the share of each word in its phrase, by how well it fits the image that the sentence describes.

        Args:
            batch: read with the sentences' own images alone.
            words: (U, D) vectors of the batch's words.
            boxes: of the batch's images.

        Returns:
            (P, longest + 1) in the order of `batch.pairs.questions`, 0 from a phrase's length on; the last is that of
            all its padded words. The sum of a row is 1.
        """
        questions = batch.pairs.questions
        spoken, lengths = _spoken(batch), batch.phrase_lengths[questions, None]
        copies = (torch.arange(spoken.shape[1], device=spoken.device) < lengths).to(words.dtype)
        copies[:, -1:] = (self.padding.words - lengths).clamp(min=0)
        image = batch.sentence_images[batch.phrase_sentences[questions]]
        return (self._fit(words, boxes, image[:, None], spoken) + copies.log()).softmax(dim=1)

    def map(self, phrases: Tensor) -> Tensor:
        """Return U s + u + 1e-5 (M s + m) of sums of words, (n, D)."""
        mapped: Tensor = self.textual(phrases) + 1e-5 * self.second(phrases)
        return mapped

    def _seen(self, batch: Batch) -> Tensor:
        """What the visual map makes of each region, (R, D)."""
        features = batch.regions[:, : batch.features]
        more = self.visual.in_features - batch.features
        inputs = torch.cat([features, batch.regions[:, -more:]], dim=1) if more else features
        weight = self.visual.weight
        with torch.autocast(inputs.device.type, torch.bfloat16, enabled=self._mixed_precision):
            seen = inputs.to(weight.dtype) @ weight.T
        return seen.to(weight.dtype)

    def _fit(self, words: Tensor, boxes: Boxes, image: Tensor, spoken: Tensor) -> Tensor:
        """How well words fit an image: the largest share of the attention to its boxes, in (0, 1].

        Args:
            words: (U, D).
            boxes: of all images.
            image: (P, 1) which of them.
            spoken: (P, n) which of the words.

        Returns:
            (P, n).
        """
        # Each distinct word of an image once.
        asked, which = torch.unique(image * len(words) + spoken, return_inverse=True)
        counts = (asked // len(words)).bincount(minlength=len(boxes.vectors))
        mask = torch.arange(int(counts.max()), device=counts.device) < counts[:, None]
        of_image = Packing(mask, mask.flatten().nonzero()[:, 0])
        queries = of_image.pad(words.index_select(0, asked % len(words)) / math.sqrt(words.shape[1]))
        logits = (queries @ boxes.vectors.transpose(1, 2)).transpose(0, 1), (queries @ boxes.padded).T
        fit = (boxes.best(*logits) - boxes.total(*logits)).exp()
        return of_image.pack(fit.T).index_select(0, which.flatten()).view_as(which)


def _spoken(batch: Batch) -> Tensor:
    """Which of the batch's words each phrase has, and behind them padding, (P, longest + 1)."""
    return nn.functional.pad(batch.phrase_words[batch.pairs.questions], (0, 1))


class MAF(TrainableModel):
    """The published method, without what it never uses: one more map of D x D numbers, whose weights stay zero.

    Args:
        alignment: what is trained.
    """

    def __init__(self, alignment: Alignment) -> None:
        super().__init__()
        self.alignment = alignment

    @property
    def trained(self) -> Alignment:
        """What training changes."""
        return self.alignment

    @property
    def words(self) -> nn.Embedding:
        """The trainable word vectors."""
        return self.alignment.words

    def forward(self, batch: Batch) -> Tensor:
        """Score every box of an image for every phrase that the image is asked for.

        Boxes of one label whose features add nothing score the same to the last bit.

        Args:
            batch: read with the sentences' own images alone.

        Returns:
            (I, Q, K), laid out as `batch.pairs.by_image` and `batch.images`. Where the authors' padded box beats all of
            an image, their answer is the first one, which then has its score.
        """
        words = self.alignment.words(batch.words)
        boxes = self.alignment.boxes(batch, words)
        phrases = self.alignment.phrases(batch, words, boxes)
        asked, label = batch.pairs.by_image.pad, batch.images.pad(batch.region_labels)[:, None, :]
        by_label = asked(phrases @ boxes.labels.T)
        scores = by_label.gather(2, label.expand(-1, by_label.shape[1], -1))
        scores = scores + asked(phrases) @ batch.images.pad(boxes.seen).transpose(1, 2)
        padded = asked(phrases @ boxes.padded)
        best = scores.masked_fill(~boxes.standing[:, None, :], -torch.inf).amax(dim=2)
        beaten = (boxes.copies[:, None] > 0) & (padded > best)
        first = torch.arange(scores.shape[2], device=scores.device) == 0
        return torch.where(beaten[:, :, None] & first, padded[:, :, None], scores)

    def similarity(self, batch: Batch) -> Tensor:
        """How well each sentence fits each image of a batch that was read with own images alone, (B, I)."""
        words = self.alignment.words(batch.words)
        boxes = self.alignment.boxes(batch, words)
        # Behind the phrases stands the padded one, whose words are all padded.
        phrases = torch.cat([self.alignment.phrases(batch, words, boxes), self.alignment.map(words[:1])])
        fit = (phrases @ boxes.vectors.flatten(0, 1).T).view(len(phrases), *boxes.standing.shape)
        best = boxes.best(fit, (phrases @ boxes.padded)[:, None])
        sentences, counts = batch.phrase_sentences[batch.pairs.questions], batch.pairs.phrases.sum(dim=1)
        total = best.new_zeros(len(counts), best.shape[1]).index_add(0, sentences, best[:-1])
        copies = (self.alignment.padding.phrases - counts).clamp(min=0)
        similarity: Tensor = (total + copies[:, None] * best[-1]) / counts[:, None]
        return similarity

    def loss(self, batch: Batch, moment: Moment = START) -> Tensor:
        """Cross-entropy of each sentence's own image among the batch's, a scalar."""
        return contrast_with_images(self.similarity(batch), batch.sentence_images, self.siblings)
