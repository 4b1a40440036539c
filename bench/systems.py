"""What can be benchmarked: how each kind of system is trained and what becomes of its predictions."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray

from bench.protocol import (
    OracleSettings,
    PriorSettings,
    RandomSettings,
    RefinementSettings,
    SprmSettings,
    SystemSettings,
)
from sprm import evaluation
from sprm.corpus.encoding import EncodedSplit, encode
from sprm.corpus.prepare import Study
from sprm.corpus.records import Corpus
from sprm.lexicon import Lexicon
from sprm.model import SPRM
from sprm.prior import concept_similarity
from sprm.refinement import Refinement
from sprm.seeding import seed_of
from sprm.settings import Rules, TrainingSettings
from sprm.training import EpochRecord, Training, Validation, train


@dataclass(frozen=True)
class Outcome:
    """What one trial found."""

    items: pd.DataFrame
    """One row a test phrase, see `evaluation.items`."""
    history: list[EpochRecord] = field(default_factory=list)
    selected_epoch: int | None = None
    seconds_training: float = 0.0
    seconds_evaluation: float = 0.0

    @property
    def steps(self) -> int:
        """Optimiser steps taken."""
        return self.history[-1].steps if self.history else 0


def run_system(
    settings: SystemSettings,
    training: TrainingSettings | None,
    rules: Rules,
    study: Study,
    images: NDArray[np.int64] | None,
    seed: int,
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
    """
    started = time.perf_counter()
    fit = _fit(study.test, rules)
    trained: Training | None = None
    match settings:
        case RandomSettings():
            outcomes = evaluation.random_box(fit)
        case OracleSettings():
            outcomes = evaluation.best_box(fit)
        case PriorSettings():
            test = _encoded(study.test, study.lexicon, rules, settings.heads, settings.locations)
            model = SPRM(_concepts(test, study.lexicon), refinement=None, omega=0.0)
            outcomes = evaluation.judge(fit, evaluation.predict(model, test))
        case SprmSettings() | RefinementSettings():
            assert training is not None
            assert images is not None
            learner = _Learner(settings, study, rules, seed)
            trained = learner.train(images, training)
            started, training_started = time.perf_counter(), started
            outcomes = learner.test(fit)
            return Outcome(
                evaluation.items(study.test, outcomes),
                trained.history,
                trained.selected_epoch,
                seconds_training=started - training_started,
                seconds_evaluation=time.perf_counter() - started,
            )
    return Outcome(evaluation.items(study.test, outcomes), seconds_evaluation=time.perf_counter() - started)


class _Learner:
    """One trained system: a single refinement, seen through each split's own concepts."""

    def __init__(self, settings: SprmSettings | RefinementSettings, study: Study, rules: Rules, seed: int) -> None:
        self.settings = settings
        self.seed = seed
        self.lexicon = study.lexicon
        self.train_split, self.val_split, self.test_split = (
            _encoded(corpus, study.lexicon, rules, settings.heads, settings.locations)
            for corpus in (study.train, study.val, study.test)
        )
        self.val_fit = _fit(study.val, rules)
        start = torch.Generator().manual_seed(seed_of("initial weights", seed))
        self.refinement = Refinement(study.lexicon, study.train.info.feature_size, start)

    def train(self, images: NDArray[np.int64], settings: TrainingSettings) -> Training:
        return train(
            SPRM(_concepts(self.train_split, self.lexicon), self.refinement, self.settings.omega),
            self.train_split,
            images,
            settings,
            self.settings.negatives,
            Validation(self.val_split, self.val_fit, self._predictor(self.val_split)),
            self.seed,
        )

    def test(self, fit: evaluation.Fit) -> evaluation.Outcomes:
        return evaluation.judge(fit, evaluation.predict(self._predictor(self.test_split), self.test_split))

    def _predictor(self, split: EncodedSplit) -> SPRM:
        """The model as it answers: epochs are compared by what is asked in the end."""
        alone = isinstance(self.settings, RefinementSettings)
        return SPRM(_concepts(split, self.lexicon), self.refinement, 1.0 if alone else self.settings.omega)


def _concepts(split: EncodedSplit, lexicon: Lexicon) -> torch.Tensor:
    return concept_similarity(split.heads, split.labels, lexicon.vectors)


# The trials of a worker share one study; what is derived from it and no trial changes is derived once.
@lru_cache(maxsize=8)
def _encoded(corpus: Corpus, lexicon: Lexicon, rules: Rules, heads: bool, locations: bool) -> EncodedSplit:
    return encode(corpus, lexicon, rules, heads=heads, locations=locations)


@lru_cache(maxsize=8)
def _fit(corpus: Corpus, rules: Rules) -> evaluation.Fit:
    return evaluation.fit_of(corpus, rules)
