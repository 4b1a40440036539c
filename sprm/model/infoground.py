"""InfoGround: words attend to boxes, and what they gather there tells the sentence's own image from others.

Gupta et al., Contrastive Learning for Weakly Supervised Phrase Grounding, ECCV 2020; the equations are those of the
authors' code, github.com/BigRedT/info-ground at 22ae6d6, exp/ground. Published with words read in context by BERT, and
with nouns that BERT proposes for negatives. Here a word is its frozen vector, whatever stands beside it ("static
words"), and negative nouns are drawn at random, which the authors' code can do, too. Without a tagger, all words that
are no function words take the place of nouns and adjectives. They come from the phrases and not from whole captions,
which spares the model words that name nothing in the image.

With `K_u, V_u` of box features `f` and `K_w, V_w` of word vectors `w`, each two layers with a batch norm between, and
`d` their output's size, word `t` of a sentence and box `k` of image `i` give

    A_itk = softmax over k of K_w(w_t) . K_u(f_ik) / sqrt(d)
    h_it  = sum_k A_itk V_u(f_ik)
    y_it  = h_it . V_w(w_t)
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, replace
from typing import Self

import torch
from torch import Tensor, nn

from sprm.batches.batch import Batch
from sprm.batches.encoding import EncodedSplit
from sprm.files.mapped import shared_tensor
from sprm.model.attention_maps import Boxes, GroundingMaps, attend, attention
from sprm.model.noun_negatives import NounNegatives, content_words
from sprm.model.trainable import START, Moment, TrainableModel
from sprm.settings import Siblings
from sprm.text.word_vectors import Lexicon

ALMOST_NONE = 1e-6
"""Added to the number of words, or of sentences with a noun, that a sum is divided by; there may be none."""


@dataclass(frozen=True)
class Padding:
    """Sizes that the authors' code pads to with zeros, which their model then attends to and normalises by."""

    boxes: int = 30
    words: int = 6


@dataclass(frozen=True)
class Words:
    """Words of a batch, each distinct one once."""

    rows: Tensor
    """(n,) rows of the lexicon."""
    counts: Tensor
    """(n,) how often each stands there, padding counted where it takes part."""
    places: Tensor
    """Which of the rows each word is, in the shape that they were given in."""

    @classmethod
    def of(cls, words: Tensor) -> Words:
        """Find the distinct ones of some rows of the lexicon, in any shape."""
        rows, places, counts = torch.unique(words, return_inverse=True, return_counts=True)
        return cls(rows, counts, places)


@dataclass(frozen=True)
class Terms:
    """The parts of the loss, scalars."""

    words: Tensor
    nouns: Tensor


class InfoGround(TrainableModel):
    """Attention of words to boxes, trained to tell the own image from the batch's and a noun from others.

    The loss of a batch of sentences `b` is

        - mean_b sum_t log softmax over i of y_it [own image] / (words of b + 1e-6)
        - sum_b log softmax over n of y_n [the noun] / (sentences with a noun + 1e-6)

    where the second part takes a noun of the sentence and others put in its place to the own image alone. The words of
    the first part are those of all phrases of a sentence that have a vector and are no function words. A phrase scores
    a box by the largest attention that any of its words pays it, function words included.

    With `padding`, zeros are added as by the authors: boxes that are attended to and, with words and nouns, rows that
    the batch norms count; a sentence has its first `padding.words` words. Boxes are never cut, as theirs beyond 30 are.
    Their choice among the ten highest boxes, by which a phrase is left without an answer where all are padding, is not
    made: the highest box answers. Without `padding`, all words of a sentence count and nothing but what is there is
    attended to or normalised by. The scale stays as it is either way: attention sums to 1 and words are averaged.

    A loss whose gradient is recorded is taken as a training step's: it normalises by the batch, and the running
    statistics follow, twice where nouns are contrasted, as in the authors' code, where the maps are called twice. All
    else, validation losses too, uses the running statistics and leaves them as they are, and draws the same nouns at
    every epoch.

    Args:
        maps: what is trained.
        lexicon: the word vectors, which are not trained.
        nouns: draws negative nouns; None to leave that part of the loss out.
        padding: sizes that the authors pad to; None to let no padding take part.
        score: whether the last of a region's columns, the logarithm of its detector's score, is an input of the maps.
    """

    vectors: Tensor
    content: Tensor

    def __init__(
        self,
        maps: GroundingMaps,
        lexicon: Lexicon,
        *,
        nouns: NounNegatives | None = None,
        padding: Padding | None = None,
        score: bool = False,
    ) -> None:
        super().__init__()
        self.maps = maps
        self.nouns = nouns
        self.padding = padding
        self.score = score
        self.register_buffer("vectors", shared_tensor(lexicon.vectors), persistent=False)
        self.register_buffer("content", torch.from_numpy(content_words(lexicon)), persistent=False)

    @property
    def trained(self) -> GroundingMaps:
        """What training changes."""
        return self.maps

    def bound_to(self, split: EncodedSplit) -> Self:
        """Return the same weights with negative nouns of another split."""
        bound = copy.copy(self)
        bound.nouns = None if self.nouns is None else self.nouns.bound_to(split)
        return bound

    def forward(self, batch: Batch) -> Tensor:
        """Largest attention that any word of a phrase pays to each box.

        Returns:
            (I, Q, K) in [0, 1], laid out as `batch.pairs.by_image` and `batch.images`; 0 at padded boxes.
        """
        standing = _standing(batch)
        words = Words.of(batch.words[batch.phrase_words * standing])
        keys = self._laid_out(batch, self.maps.box_keys(self._box_rows(batch), None))
        paid = attention(self.maps.word_keys(self.vectors[words.rows], None), keys, self._box_counts(batch))
        asked, by_image = batch.pairs.questions, batch.pairs.by_image
        images = by_image.slots // by_image.mask.shape[1]
        of_words = paid[images[:, None], words.places[asked], : batch.images.mask.shape[1]]
        return by_image.pad(of_words.masked_fill(~standing[asked, :, None], -torch.inf).amax(dim=1))

    def loss(self, batch: Batch, moment: Moment = START) -> Tensor:
        """Loss of a batch whose sentences are all contrasted with each other's images, a scalar."""
        terms = self.terms(batch, moment)
        return terms.words + terms.nouns

    def terms(self, batch: Batch, moment: Moment = START) -> Terms:
        """Both parts of the loss."""
        boxes = self.boxes(batch)
        words, sentences = self.words_of(batch)
        fit = attend(*self.map_words(words), boxes).fit.T[words.places]
        of_words = self._contrast_images(batch, fit, sentences)
        if self.nouns is None:
            return Terms(of_words, torch.zeros_like(of_words))
        nouns = self.nouns_of(batch, self.nouns, moment)
        keys, values = (mapped[nouns.places] for mapped in self.map_words(nouns))
        likelihood = attend(keys, values, boxes.of(batch.sentence_images)).fit.log_softmax(dim=1)[:, 0]
        named = nouns.rows[nouns.places[:, 0]] != Lexicon.PADDING
        return Terms(of_words, -(likelihood * named).sum() / (named.to(fit).sum() + ALMOST_NONE))

    def boxes(self, batch: Batch) -> Boxes:
        """Map the boxes of a batch's images; in a training step the running statistics follow."""
        rows, multiplicity = self._box_rows(batch), self._box_multiplicity(batch) if _is_training_step() else None
        calls = 1 if self.nouns is None else 2
        keys, values = (of(rows, multiplicity, calls) for of in (self.maps.box_keys, self.maps.box_values))
        return Boxes(self._laid_out(batch, keys), self._laid_out(batch, values), self._box_counts(batch))

    def map_words(self, words: Words) -> tuple[Tensor, Tensor]:
        """Return `K_w` and `V_w` of words, (n, d) each; in a training step the running statistics follow."""
        vectors, counts = self.vectors[words.rows], words.counts.to(self.vectors) if _is_training_step() else None
        return self.maps.word_keys(vectors, counts), self.maps.word_values(vectors, counts)

    def words_of(self, batch: Batch) -> tuple[Words, Tensor]:
        """Find the content words of all sentences, T of them, and the sentence of each, (T,), ascending."""
        chosen = _standing(batch) & self.content[batch.words][batch.phrase_words]
        tokens = batch.words[batch.phrase_words[chosen]]
        sentences = batch.phrase_sentences[:, None].expand_as(chosen)[chosen]
        if self.padding is not None:
            lengths = sentences.bincount(minlength=len(batch.sentences))
            rank = torch.arange(len(sentences), device=self.device) - (lengths.cumsum(0) - lengths)[sentences]
            tokens, sentences = tokens[rank < self.padding.words], sentences[rank < self.padding.words]
        words = Words.of(tokens)
        if self.padding is not None:
            missing = self.padding.words * len(batch.sentences) - len(tokens)
            rows = nn.functional.pad(words.rows, (0, 1), value=Lexicon.PADDING)
            words = replace(words, rows=rows, counts=nn.functional.pad(words.counts, (0, 1), value=missing))
        return words, sentences

    def nouns_of(self, batch: Batch, nouns: NounNegatives, moment: Moment) -> Words:
        """Draw a noun of each sentence and its negatives; all padding where a sentence has none."""
        step = moment.step if _is_training_step() else START.step
        drawn = torch.from_numpy(nouns.draw(batch.sentences.cpu().numpy(), step)).to(self.device)
        words = Words.of(drawn)
        if self.padding is None:
            return replace(words, counts=words.counts * (words.rows != Lexicon.PADDING))
        return words

    def _contrast_images(self, batch: Batch, fit: Tensor, sentences: Tensor) -> Tensor:
        """Contrast what words find in each image, (T, I), with what they find in their own."""
        own, count = batch.sentence_images, len(batch.sentences)
        described = own.bincount().expand(count, -1)
        if self.siblings is Siblings.excluded:
            described = described.scatter(1, own[:, None], 1)
        everywhere = (fit + described.to(fit).log()[sentences]).logsumexp(dim=1)
        likelihood = fit.gather(1, own[sentences, None])[:, 0] - everywhere
        words = sentences.bincount(minlength=count).to(fit) + ALMOST_NONE
        return -(fit.new_zeros(count).index_add(0, sentences, likelihood) / words).mean()

    def _box_rows(self, batch: Batch) -> Tensor:
        """What the maps are given of each region, (R, inputs), and then of a padded box, if it takes part."""
        seen = batch.regions[:, : batch.features]
        if self.score:
            seen = torch.cat([seen, batch.regions[:, -1:]], dim=1)
        if self.padding is not None:
            seen = torch.cat([seen, seen.new_zeros((1, seen.shape[1]))])
        return seen.to(self.vectors)

    def _box_counts(self, batch: Batch) -> Tensor:
        """How often each box of an image competes, (I, K), or (I, K + 1) with the padded one."""
        counts = batch.images.mask.to(self.vectors)
        return counts if self.padding is None else torch.cat([counts, self._missing(batch, self.padding)], dim=1)

    def _box_multiplicity(self, batch: Batch) -> Tensor:
        """How often each of the `_box_rows` counts: an image's do for each sentence that describes it."""
        described = batch.sentence_images.bincount()[:, None].to(self.vectors)
        own = batch.images.pack(described.expand(batch.images.mask.shape))
        if self.padding is None:
            return own
        return torch.cat([own, (described * self._missing(batch, self.padding)).sum()[None]])

    def _missing(self, batch: Batch, padding: Padding) -> Tensor:
        """Padded boxes of each image, (I, 1)."""
        return (padding.boxes - batch.images.mask.sum(dim=1, keepdim=True)).clamp(min=0).to(self.vectors)

    def _laid_out(self, batch: Batch, rows: Tensor) -> Tensor:
        """Lay mapped `_box_rows` out by image, (I, K, d), or (I, K + 1, d) with the padded one."""
        if self.padding is None:
            return batch.images.pad(rows)
        padded = rows[-1].expand(len(batch.images.mask), 1, -1)
        return torch.cat([batch.images.pad(rows[:-1]), padded], dim=1)


def _standing(batch: Batch) -> Tensor:
    """Where a word of a phrase stands, (P, longest)."""
    place = torch.arange(batch.phrase_words.shape[1], device=batch.phrase_words.device)
    return place < batch.phrase_lengths[:, None]


def _is_training_step() -> bool:
    return torch.is_grad_enabled()
