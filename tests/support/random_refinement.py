"""A refinement for the random splits, and their batches as it reads them and as the reference does."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple, TypeVar

import torch
from random_split import FEATURES, LEXICON, Drawn
from torch import Tensor, nn

from sprm.batches.batch import Batch, BatchReader
from sprm.batches.prefix_tree import PrefixTree
from sprm.model import reference
from sprm.model.refinement import Refinement
from sprm.model.trainable import TrainableModel
from sprm.settings import Negatives, Siblings, Words

Model = TypeVar("Model", bound=TrainableModel)
Moved = TypeVar("Moved", reference.PaddedBatch, PrefixTree)


class Variant(NamedTuple):
    """What a refinement is given of a box, and whether its words are trained."""

    unseen: int = 0
    labels: bool = True
    words: Words = Words.trained


VARIANTS = {
    "as published": Variant(),
    "frozen words": Variant(words=Words.frozen),
    "no features": Variant(unseen=FEATURES),
    "no features, frozen words": Variant(unseen=FEATURES, words=Words.frozen),
    "no labels": Variant(labels=False),
    "no labels, frozen words": Variant(labels=False, words=Words.frozen),
}


def refinement_on(device: torch.device, variant: Variant = VARIANTS["as published"]) -> Refinement:
    """The same weights at every call; the biases are not zero, so that padded boxes have a vector."""
    start = torch.Generator().manual_seed(0)
    refinement = Refinement(LEXICON, FEATURES + 5, start, **variant._asdict())
    nn.init.normal_(refinement.visual.bias, std=0.2, generator=start)
    return refinement.to(device)


def read(
    case: Drawn, device: torch.device, negatives: Negatives | None, siblings: Siblings = Siblings.contrasted
) -> Batch:
    return BatchReader(case.split, device).read(case.sentences, negatives, siblings)


def padded(case: Drawn, device: torch.device, *slots: int) -> reference.PaddedBatch:
    return on(reference.pad(case.split, case.sentences, *slots), device)


def on(part: Moved, device: torch.device) -> Moved:
    """A dataclass with its tensors on a device."""
    moved: dict[str, Any] = {name: value.to(device) for name, value in vars(part).items() if isinstance(value, Tensor)}
    return replace(part, **moved)


def of_each_pair(batch: Batch, scores: Tensor) -> Tensor:
    """From (I, Q, K) to (G, longest, K)."""
    return scores.flatten(0, 1)[batch.pairs.places]


def contrasting(model: Model, siblings: Siblings) -> Model:
    """The same model, told what becomes of siblings."""
    model.siblings = siblings
    return model
