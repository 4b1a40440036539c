"""What can be benchmarked: how each kind of system is trained and what becomes of its predictions."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from bench.protocol.schema import (
    OracleSettings,
    PriorSettings,
    RandomSettings,
    RefinementSettings,
    SprmSettings,
    SystemSettings,
)
from sprm.batches.encoding import EncodedSplit
from sprm.batches.encoding_cache import encoded
from sprm.corpus.box_matches import BoxMatches, match_boxes
from sprm.corpus.corpus import SPLITS, Corpus
from sprm.corpus.dataset import Study
from sprm.evaluation.outcomes import Outcomes, best_box, items, judge, random_box
from sprm.evaluation.prediction import predict
from sprm.files.mapped import shared_tensor
from sprm.model.refinement import Refinement
from sprm.model.sprm import SPRM
from sprm.seeding import seed_of
from sprm.settings import Device, Rules, TrainingSettings
from sprm.training.loop import Training, Validation, train


@dataclass(frozen=True)
class Outcome:
    """What one trial found.

    Attributes:
        items: one row a test phrase, see `items`.
        training: what training did; None for a system that is not trained.
        seconds_evaluation: time to answer and judge the test split.
    """

    items: pd.DataFrame
    training: Training | None
    seconds_evaluation: float


def run_system(
    settings: SystemSettings,
    training: TrainingSettings | None,
    rules: Rules,
    study: Study,
    images: NDArray[np.int64] | None,
    seed: int,
    device: Device = Device.cpu,
) -> Outcome:
    """Train a system, when it is one that is trained, and judge its predictions on the test split.

    A pure function of its arguments: the same ones give the same outcomes, whatever ran before.

    Args:
        settings: the system.
        training: its training values; None for a system that is not trained.
        rules: how boxes are compared and phrases read.
        study: the three splits and the word vectors.
        images: (n,) training images it may learn from; None for a system that is not trained.
        seed: names the initial weights and the order of the batches.
        device: what a trained system computes on, `cpu` or `cuda`.
    """
    matches = _matches(study.test, rules)
    trained: Training | None = None
    started = time.perf_counter()
    match settings:
        case RandomSettings():
            outcomes = random_box(matches)
        case OracleSettings():
            outcomes = best_box(matches)
        case PriorSettings():
            test = _encoded(study, "test", rules, settings.heads, settings.locations)
            model = SPRM(shared_tensor(test.concepts), refinement=None, omega=0.0)
            outcomes = judge(matches, predict(model, test))
        case SprmSettings() | RefinementSettings():
            assert training is not None
            assert images is not None
            learner = _TrainedSystem(settings, training, study, rules, seed, torch.device(device.value))
            trained = learner.train(images)
            started = time.perf_counter()
            outcomes = learner.test(matches)
    return Outcome(items(study.test, outcomes), trained, time.perf_counter() - started)


class _TrainedSystem:
    """One trained system: a single refinement, seen through each split's own concepts."""

    def __init__(
        self,
        settings: SprmSettings | RefinementSettings,
        training: TrainingSettings,
        study: Study,
        rules: Rules,
        seed: int,
        device: torch.device,
    ) -> None:
        self.settings = settings
        self.training = training
        self.seed = seed
        self.train_split, self.val_split, self.test_split = (
            _encoded(study, split, rules, settings.heads, settings.locations) for split in SPLITS
        )
        self.val_matches = _matches(study.val, rules)
        start = torch.Generator().manual_seed(seed_of("initial weights", seed))
        features = self.train_split.features.shape[1]
        # Weights are drawn on the CPU, so that they start the same on every device.
        refinement = Refinement(study.lexicon, features, start, mixed_precision=training.mixed_precision)
        self.refinement = refinement.to(device)
        self.device = device

    def train(self, images: NDArray[np.int64]) -> Training:
        validation = Validation(self.val_split, self.val_matches, self._predictor(self.val_split))
        model = self._model(self.train_split, self.settings.omega)
        return train(model, self.train_split, images, self.training, self.settings.negatives, validation, self.seed)

    def test(self, matches: BoxMatches) -> Outcomes:
        return judge(matches, predict(self._predictor(self.test_split), self.test_split))

    def _predictor(self, split: EncodedSplit) -> SPRM:
        """The model as it answers: epochs are compared by what is asked in the end."""
        alone = isinstance(self.settings, RefinementSettings)
        return self._model(split, 1.0 if alone else self.settings.omega)

    def _model(self, split: EncodedSplit, omega: float) -> SPRM:
        return SPRM(shared_tensor(split.concepts), self.refinement, omega).to(self.device)


# The trials of a worker share one study; what is derived from it and no trial changes is derived once.
@lru_cache(maxsize=8)
def _encoded(study: Study, split: str, rules: Rules, heads: bool, locations: bool) -> EncodedSplit:
    return encoded(study, split, rules, heads=heads, locations=locations)


@lru_cache(maxsize=8)
def _matches(corpus: Corpus, rules: Rules) -> BoxMatches:
    return match_boxes(corpus, rules)
