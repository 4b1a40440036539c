from __future__ import annotations

import pandas as pd

from bench.systems.prior import Prior
from bench.systems.sprm import Mixture, RefinementAlone, Sprm
from bench.systems.system import System, Task
from bench.trials.answering import outcomes_of
from sprm.corpus.dataset import Dataset
from sprm.settings import Rules, TrainingSettings

UNMOVED = TrainingSettings(epochs=1, batch=4, learning_rate=1e-30)
"""A training that leaves the weights where they start."""


def answers(system: System, dataset: Dataset) -> pd.DataFrame:
    task = Task(dataset, Rules.corrected, UNMOVED, dataset.train.images.index.to_numpy())
    (outcome,) = outcomes_of([system], task)
    return outcome.items


def test_a_refinement_answers_without_the_prior_whatever_its_weight_in_training(dataset: Dataset) -> None:
    light, heavy = (answers(RefinementAlone(kind="refinement", omega=omega), dataset) for omega in (0.001, 1.0))
    pd.testing.assert_frame_equal(light, heavy)
    assert not light["iou"].equals(answers(Prior(kind="prior"), dataset)["iou"])


def test_the_full_model_answers_as_the_prior_where_the_refinement_weighs_next_to_nothing(dataset: Dataset) -> None:
    mixed, prior = answers(Sprm(kind="sprm", omega=1e-9), dataset), answers(Prior(kind="prior"), dataset)
    clear = mixed["iou"] == prior["iou"]
    # Where boxes tie in the prior, the refinement decides between them.
    assert clear.mean() > 0.5
    heavy = answers(Sprm(kind="sprm", omega=1.0), dataset)
    assert (heavy["iou"] == prior["iou"]).mean() < clear.mean()


class Warm(Mixture):
    """A kind that derives from the built-in ones and may train otherwise."""

    kind: str = "warm"
    temperature: float = 1.0

    @property
    def description(self) -> str:
        """One line that tells what it is."""
        return "warm"


def test_a_kind_of_ones_own_shares_no_training_unless_it_says_so() -> None:
    assert Warm(temperature=2.0).training_identity is None
    identities = [system(omega=0.4).training_identity for system in (sprm, refinement)]
    assert identities[0] == identities[1] is not None
    assert sprm(omega=0.5).training_identity != identities[0]


def sprm(omega: float) -> Sprm:
    return Sprm(kind="sprm", omega=omega)


def refinement(omega: float) -> RefinementAlone:
    return RefinementAlone(kind="refinement", omega=omega)
