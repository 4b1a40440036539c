"""The equations of the paper written plainly, over padded tensors and for all pairs of a sentence and an image.

What tests hold the model against, and the yardstick of what its layout saves; nothing is trained with it. It shares
with the model the weights and the encoded split and nothing else.

`B` sentences and as many images, each sentence's own, once more for each sentence that describes it; `Q` phrases a
sentence, `W` words and `H` head words a phrase, `K` boxes an image, `L` words a label.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import cosine_similarity, embedding

from sprm.batches.encoding import EncodedSplit
from sprm.model.refinement import Refinement
from sprm.settings import Negatives, Siblings

MASKED = -1e8
"""What a padded box gets before a softmax, and a box that stands where the phrase does not say."""


@dataclass(frozen=True)
class PaddedBatch:
    """Some sentences and the image of each; 0 and False where padded."""

    texts: Tensor
    """(B, Q, W) indices into the lexicon."""
    text_lengths: Tensor
    """(B, Q) words of each phrase."""
    heads: Tensor
    """(B, Q, H) indices into the lexicon."""
    head_lengths: Tensor
    """(B, Q) head words of each phrase."""
    locations: Tensor
    """(B, Q) uint8 flags of the locations a phrase names, all when it names none."""
    phrases: Tensor
    """(B, Q) bool, True where a phrase stands."""
    features: Tensor
    """(B, K, F) float32."""
    coordinates: Tensor
    """(B, K, 5) normalised, see `geometry.normalised_coordinates`."""
    label_words: Tensor
    """(B, K, L) indices into the lexicon."""
    label_weights: Tensor
    """(B, K, L) share of each word; sums to 1 for a box."""
    relations: Tensor
    """(B, K) uint8 flags of the relations a box has."""
    regions: Tensor
    """(B, K) bool, True where a box stands."""
    images: Tensor
    """(B,) which image of the split is each sentence's own."""
    sentence_vectors: Tensor
    """(B, D) mean over phrases of the mean over their words, frozen vectors."""


def pad(
    split: EncodedSplit,
    sentences: NDArray[np.int64],
    phrase_slots: int | None = None,
    region_slots: int | None = None,
) -> PaddedBatch:
    """Gather sentences, (B,), each with its own image.

    Args:
        split: the split.
        sentences: indices into the split's sentences.
        phrase_slots: Q; None for as many as the longest sentence has phrases.
        region_slots: K; None for as many as an image has boxes at most.

    Raises:
        ValueError: a sentence has more phrases, or an image more boxes, than there are slots.
    """
    phrase_rows, phrases = _slots(split.phrase_offsets, sentences, phrase_slots)
    region_rows, regions = _slots(split.region_offsets, split.sentence_images[sentences], region_slots)
    texts, heads, labels = split.phrase_texts[phrase_rows], split.phrase_heads[phrase_rows], split.region_labels
    text_lengths = _padded(split.texts.lengths[texts], phrases)
    head_lengths = _padded(split.heads.lengths[heads], phrases)
    return PaddedBatch(
        texts=_padded(split.texts.words[texts], phrases)[:, :, : int(text_lengths.max())],
        text_lengths=text_lengths,
        heads=_padded(split.heads.words[heads], phrases)[:, :, : int(head_lengths.max())],
        head_lengths=head_lengths,
        locations=_padded(split.locations[phrase_rows], phrases),
        phrases=torch.from_numpy(phrases),
        features=_padded(split.features[region_rows], regions).float(),
        coordinates=_padded(split.coordinates[region_rows], regions),
        label_words=_padded(split.labels.words[labels[region_rows]], regions),
        label_weights=_padded(split.labels.weights[labels[region_rows]], regions),
        relations=_padded(split.relations[region_rows], regions),
        regions=torch.from_numpy(regions),
        images=torch.from_numpy(split.sentence_images[sentences]),
        sentence_vectors=torch.from_numpy(split.sentence_vectors[sentences]),
    )


def _slots(
    offsets: NDArray[np.int64], groups: NDArray[np.int64], slots: int | None
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return the member in each slot of each group, any where padded, and where one stands, both (groups, slots)."""
    starts, counts = offsets[groups], offsets[groups + 1] - offsets[groups]
    longest = int(counts.max())
    if slots is not None and slots < longest:
        raise ValueError(f"{slots} slots for {longest} members")
    place = np.arange(longest if slots is None else slots)
    standing = place < counts[:, None]
    return np.where(standing, starts[:, None] + place, 0), standing


def _padded(values: NDArray[np.generic], standing: NDArray[np.bool_]) -> Tensor:
    """Put 0 where nothing stands."""
    return torch.from_numpy(np.where(standing.reshape(standing.shape + (1,) * (values.ndim - 2)), values, 0))


def scores(batch: PaddedBatch, refinement: Refinement, frozen: Tensor, omega: float) -> Tensor:
    """Score every box of every image for every phrase: `omega softmax_k(m) + (1 - omega) softmax_k(c)`.

    Args:
        batch: sentences and images.
        refinement: whose weights are used, in single precision whatever it says of its own arithmetic.
        frozen: (V, D) frozen word vectors, rows 0 and 1 all zero.
        omega: weight of the refinement, in [0, 1].

    Returns:
        (B, Q, B, K) sentence, phrase, image, box; in [0, 1], 0 at padded boxes and without meaning at padded phrases.
    """
    learned = _masked_softmax(cosines(textual(batch, refinement), visual(batch, refinement)), batch.regions)
    return omega * learned + (1 - omega) * _masked_softmax(prior_alignment(batch, frozen), batch.regions)


def _masked_softmax(logits: Tensor, regions: Tensor) -> Tensor:
    return logits.masked_fill(~regions, MASKED).softmax(dim=3).masked_fill(~regions, 0)


def prior_alignment(batch: PaddedBatch, frozen: Tensor) -> Tensor:
    """Return c = cos(h, l), h the mean over head words, `MASKED` where no location is met; (B, Q, B, K)."""
    heads = embedding(batch.heads, frozen).sum(dim=2) / batch.head_lengths.clamp(min=1)[:, :, None]
    elsewhere = (batch.locations[:, :, None, None] & batch.relations) == 0
    return cosines(heads, _label_vectors(batch, frozen)).masked_fill(elsewhere, MASKED)


def visual(batch: PaddedBatch, refinement: Refinement) -> Tensor:
    """Return v = A [f ; coordinates] + a + e(label), (B, K, D), without the part that the refinement is not given."""
    numbers = torch.cat([batch.features, batch.coordinates], dim=2)[:, :, refinement.unseen :]
    seen: Tensor = refinement.visual(numbers)
    return seen + _label_vectors(batch, refinement.words.weight) if refinement.labels else seen


def textual(batch: PaddedBatch, refinement: Refinement) -> Tensor:
    """Return t, the LSTM's last state over the words of a phrase, (B, Q, D)."""
    words = embedding(batch.texts, refinement.words.weight, padding_idx=0)
    states, _ = refinement.textual(words.flatten(0, 1))
    last = (batch.text_lengths.flatten() - 1).clamp(min=0)
    read: Tensor = states[torch.arange(len(states), device=last.device), last]
    return read.view(*batch.phrases.shape, -1)


def _label_vectors(batch: PaddedBatch, vectors: Tensor) -> Tensor:
    """Mean over a label's words and variants of `vectors`, (V, D); (B, K, D)."""
    words = embedding(batch.label_words, vectors, padding_idx=0)
    return (batch.label_weights[:, :, :, None] * words).sum(dim=2)


def cosines(phrases: Tensor, boxes: Tensor) -> Tensor:
    """Cosine of every phrase, (B, Q, D), with every box, (B, K, D); (B, Q, B, K)."""
    return cosine_similarity(phrases[:, :, None, None, :], boxes[None, None, :, :, :], dim=4)


def similarity(batch: PaddedBatch, refinement: Refinement, frozen: Tensor, omega: float) -> Tensor:
    """Image-sentence similarity of every sentence with every image: the mean over phrases of the best box's score.

    Takes what `scores` takes.

    Returns:
        (B, B) sentence, image; in [0, 1].
    """
    best = scores(batch, refinement, frozen, omega).amax(dim=3)
    return (best * batch.phrases[:, :, None]).sum(dim=1) / batch.phrases.sum(dim=1)[:, None]


def loss(
    batch: PaddedBatch,
    refinement: Refinement,
    frozen: Tensor,
    omega: float,
    negatives: Negatives,
    siblings: Siblings = Siblings.contrasted,
) -> Tensor:
    """Contrastive loss `-mean_b S_b,b + mean_b S_b,n(b)`, or what a strategy puts in its place; all pairs are scored.

    Args:
        batch: at least two sentences; for what follows, see `scores`.
        refinement: whose weights are used.
        frozen: (V, D).
        omega: in [0, 1].
        negatives: which n(b) a sentence is contrasted with; `all` takes the mean over every other example, and
            `cross_entropy` the sentence's own image for the class to find.
        siblings: whether other examples of the sentence's own image are among those that it is contrasted with; a
            sentence that is contrasted with none has a loss of 0.

    Returns:
        Scalar.
    """
    similar = similarity(batch, refinement, frozen, omega)
    alike = cosine_similarity(batch.sentence_vectors[:, None, :], batch.sentence_vectors[None, :, :], dim=2)
    images, losses = batch.images.tolist(), []
    for own, image in enumerate(images):
        after = [place % len(images) for place in range(own + 1, own + len(images))]
        others = [place for place in after if siblings is Siblings.contrasted or images[place] != image]
        contrasted = _contrast(similar[own], own, others, alike[own], negatives) if others else similar.new_zeros(())
        losses.append(contrasted)
    return torch.stack(losses).mean()


def _contrast(similar: Tensor, own: int, others: list[int], alike: Tensor, negatives: Negatives) -> Tensor:
    """Loss of one sentence.

    Args:
        similar: (B,) its similarity with each image.
        own: which one is its own.
        others: which ones it is contrasted with, in the order in which they follow it.
        alike: (B,) its cosine with each sentence.
        negatives: how.
    """
    match negatives:
        case Negatives.cross_entropy:
            return similar[[own, *others]].logsumexp(dim=0) - similar[own]
        case Negatives.all:
            return similar[others].mean() - similar[own]
        case Negatives.next:
            return similar[others[0]] - similar[own]
        case Negatives.most_similar:
            return similar[max(sorted(others), key=alike.tolist().__getitem__)] - similar[own]
        case Negatives.least_similar:
            return similar[min(sorted(others), key=alike.tolist().__getitem__)] - similar[own]
