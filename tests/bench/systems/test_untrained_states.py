"""Every kind that is trained can answer with its initial weights, which are those that its training starts from."""

from __future__ import annotations

import pandas as pd
import pytest

from bench.systems.prior import Prior
from bench.systems.registry import SYSTEMS
from bench.systems.sprm_plus import SprmPlus
from bench.systems.system import Task
from bench.systems.trained import TrainedSystem
from bench.trials.answering import outcomes_of
from sprm.corpus.dataset import Dataset
from sprm.settings import Rules, TrainingSettings

UNMOVED = TrainingSettings(epochs=1, batch=4, learning_rate=1e-30)
KINDS = {name: kind for name, kind in SYSTEMS.by_name().items() if issubclass(kind, TrainedSystem)}


@pytest.mark.parametrize("name", sorted(KINDS.keys() - {"sprm_plus"}))
def test_its_answers_depend_on_the_seed_alone(dataset: Dataset, name: str) -> None:
    first, again, other = (
        outcomes_of([KINDS[name](kind=name, untrained=True)], Task(dataset, Rules.corrected, seed=seed))[0].items
        for seed in (0, 0, 1)
    )
    pd.testing.assert_frame_equal(first, again)
    assert not first["score"].equals(other["score"])


def test_sprm_plus_answers_as_its_prior_does_whatever_the_seed(dataset: Dataset) -> None:
    kinds = [SprmPlus(kind="sprm_plus", untrained=True), Prior(kind="prior")]
    found = [
        outcomes_of([kind], Task(dataset, Rules.corrected, seed=seed))[0].items for kind in kinds for seed in (0, 1)
    ]
    for other in found[1:]:
        pd.testing.assert_frame_equal(*(each[["box", "tied", "correct"]] for each in (found[0], other)))


# The statistics of InfoGround's batch norms move even where its weights do not.
@pytest.mark.parametrize("name", sorted(KINDS.keys() - {"infoground"}))
def test_it_answers_as_a_training_that_moves_nothing(dataset: Dataset, name: str) -> None:
    images = dataset.train.images.index.to_numpy()
    start, unmoved = (
        outcomes_of([KINDS[name](kind=name, untrained=untrained)], Task(dataset, Rules.corrected, training, of, seed=3))
        for untrained, training, of in ((True, None, None), (None, UNMOVED, images))
    )
    assert start[0].training is None
    pd.testing.assert_frame_equal(start[0].items, unmoved[0].items)
