"""A model of the hand-made dataset's size, trained in a moment."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch

from sprm.batches.encoding import EncodedSplit, encode
from sprm.corpus.box_matches import match_boxes
from sprm.corpus.dataset import Dataset
from sprm.model.refinement import Refinement
from sprm.model.sprm import SPRM
from sprm.settings import Rules, Selection, Ties, TrainingSettings
from sprm.training.course import Training
from sprm.training.loop import train
from sprm.training.selection import Validation

SETTINGS = TrainingSettings(epochs=3, batch=4, learning_rate=1e-3, selection=Selection.last)
ALL = np.arange(12)


class Learner:
    def __init__(self, dataset: Dataset, omega: float = 0.4, *, mixed_precision: bool = False) -> None:
        self.split, val = (encode(corpus, dataset.lexicon, Rules.corrected) for corpus in (dataset.train, dataset.val))
        start = torch.Generator().manual_seed(0)
        refinement = Refinement(dataset.lexicon, self.split.region_size, start, mixed_precision=mixed_precision)

        def over(split: EncodedSplit) -> SPRM:
            return SPRM(torch.from_numpy(split.concepts), refinement, omega)

        self.model = over(self.split)
        matches = match_boxes(dataset.val, Rules.corrected)
        self.validation = Validation(val, matches, over(val), Ties.first, np.arange(val.images))

    def both_validations(self) -> list[Validation]:
        """As the model is trained, and with the refinement alone."""
        concepts = torch.from_numpy(self.validation.split.concepts)
        return [self.validation, replace(self.validation, model=SPRM(concepts, self.model.trained, 1.0))]

    def train(self, settings: TrainingSettings = SETTINGS, images: np.ndarray = ALL, seed: int = 0) -> Training:
        (training,) = train(self.model, self.split, images, settings, [self.validation], seed)
        self.model.trained.load_state_dict(training.weights)
        return training

    def weights(self) -> dict[str, torch.Tensor]:
        assert self.model.refinement is not None
        return {name: tensor.clone() for name, tensor in self.model.refinement.state_dict().items()}


def same(first: dict[str, torch.Tensor], second: dict[str, torch.Tensor]) -> bool:
    return all(torch.equal(first[name], second[name]) for name in first)
