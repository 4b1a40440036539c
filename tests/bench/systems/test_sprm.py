from __future__ import annotations

import pandas as pd
import pytest

from bench.systems.prior import Prior
from bench.systems.sprm import Mixture, RefinementAlone, RefinementInputs, Sprm
from bench.systems.system import System, Task
from bench.systems.trained import fit_together
from bench.trials.answering import outcomes_of
from sprm.corpus.dataset import Dataset
from sprm.model.sprm import SPRM
from sprm.settings import Rules, Siblings, TrainingSettings, Words

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


def test_the_prior_in_the_full_model_goes_by_what_the_prior_alone_goes_by(dataset: Dataset) -> None:
    mixed = answers(Sprm(kind="sprm", omega=1e-9, size_weight=0.3), dataset)
    prior = answers(Prior(kind="prior", size_weight=0.3), dataset)
    assert (mixed["iou"] == prior["iou"]).all()
    assert not prior["iou"].equals(answers(Prior(kind="prior"), dataset)["iou"])


def test_a_prior_that_goes_by_the_score_needs_a_refinement_that_is_given_it() -> None:
    weighted = {"kind": "sprm", "score_weight": 0.15}
    own = Sprm.model_validate({**weighted, "inputs": {"score": True}})
    assert "+ 0.15 log score" in own.description
    assert own.training_identity != Sprm.model_validate({"kind": "sprm", "inputs": {"score": True}}).training_identity
    left_out: dict[str, object] = {}
    for inputs in (left_out, {"inputs": {"features": False}}):
        with pytest.raises(ValueError, match="score: true"):
            Sprm.model_validate({**weighted, **inputs})


def test_without_a_prior_nothing_is_added_to_its_similarity() -> None:
    with pytest.raises(ValueError, match="omega 1 leaves no prior"):
        Sprm.model_validate({"kind": "sprm", "omega": 1.0, "size_weight": 0.3})


def test_values_that_do_not_go_together_are_told_as_those_of_tune() -> None:
    with pytest.raises(ValueError, match=r"tune do not go together: expected inputs \{score: true\}"):
        Sprm.model_validate({"kind": "sprm", "tune": {"score_weight": [0.1, 0.2]}})


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


def build(system: Mixture, dataset: Dataset) -> SPRM:
    """The model of a system before its first step, as it reads the training split."""
    task = Task(dataset, Rules.corrected, UNMOVED)
    return system.model(task, task.encoded(system.encoding))


def test_the_refinement_is_given_what_its_system_says(dataset: Dataset) -> None:
    size, features = dataset.lexicon.dimension, dataset.train.info.feature_size
    published = build(Sprm(kind="sprm"), dataset).trained
    assert published.visual.weight.shape == (size, features + 5)
    assert published.labels
    without_features = build(Sprm(kind="sprm", inputs=RefinementInputs(features=False)), dataset).trained
    assert without_features.visual.weight.shape == (size, 5)
    without_labels = build(Sprm(kind="sprm", inputs=RefinementInputs(labels=False)), dataset).trained
    assert (without_labels.labels, without_labels.visual.weight.shape) == (False, (size, features + 5))


def test_frozen_words_are_neither_trained_nor_kept(dataset: Dataset) -> None:
    system = Sprm(kind="sprm", words=Words.frozen)
    model = build(system, dataset)
    assert model.words is None
    (group,) = model.optimiser(1e-3).param_groups
    assert {name for name, _ in model.trained.named_parameters()} == set(model.trained.state_dict())
    assert len(group["params"]) == len(model.trained.state_dict())
    training = TrainingSettings(epochs=2, batch=4, learning_rate=1e-2)
    task = Task(dataset, Rules.corrected, training, dataset.train.images.index.to_numpy())
    (fitted,), (trained,) = fit_together([system], task), fit_together([Sprm(kind="sprm")], task)
    assert not [name for name in fitted.weights if "words" in name]
    assert set(trained.weights) - set(fitted.weights) == {"words.weight"}
    # What the word table holds depends on the corpus and is not counted.
    numbers = [weight.numel() for weight in fitted.weights.values()]
    assert trained.parameters == fitted.parameters == sum(numbers)


@pytest.mark.parametrize("kind", [Sprm, RefinementAlone])
def test_a_system_without_the_prior_is_described_without_it(kind: type[Mixture]) -> None:
    name = {Sprm: "sprm", RefinementAlone: "refinement"}[kind]
    assert "The prior uses" in kind(kind=name).description
    alone = kind(kind=name, omega=1.0).description
    assert alone.startswith("the refinement without the prior, in training, too: ")
    assert "The prior uses" not in alone


def test_what_is_left_out_and_frozen_is_described() -> None:
    assert sprm(0.4).description.endswith("the head words of a phrase, with its location words")
    inputs = RefinementInputs(score=True, features=False)
    told = Sprm(kind="sprm", inputs=inputs, words=Words.frozen).description
    assert told.endswith(
        "The refinement also uses the log score of a box. The refinement does not use the visual features of a box. "
        "Its word vectors are frozen"
    )
    told = Sprm(kind="sprm", inputs=RefinementInputs(labels=False)).description
    assert told.endswith("The refinement does not use the label of a box")


def test_systems_that_train_otherwise_share_no_training() -> None:
    systems = [
        Sprm(kind="sprm"),
        Sprm(kind="sprm", words=Words.frozen),
        Sprm(kind="sprm", inputs=RefinementInputs(features=False)),
        Sprm(kind="sprm", inputs=RefinementInputs(labels=False)),
        Sprm(kind="sprm", inputs=RefinementInputs(score=True)),
    ]
    assert len({system.training_identity for system in systems}) == len(systems)
    same = RefinementAlone(kind="refinement", words=Words.trained, inputs=RefinementInputs())
    assert same.training_identity == systems[0].training_identity


def test_what_siblings_are_to_a_model_is_a_training_value(dataset: Dataset) -> None:
    images = dataset.train.images.index.to_numpy()
    losses = []
    for siblings in Siblings:
        values = UNMOVED.model_copy(update={"siblings": siblings, "batch": 64})
        (fitted,) = fit_together([Sprm(kind="sprm")], Task(dataset, Rules.corrected, values, images))
        losses.append(fitted.history[0].loss)
    assert losses[0] != losses[1]


def test_an_untrained_system_answers_with_the_initial_weights_of_its_seed(dataset: Dataset) -> None:
    images = dataset.train.images.index.to_numpy()
    for seed in (0, 1):
        start, unmoved = (
            outcomes_of([system], Task(dataset, Rules.corrected, training, of, seed))[0]
            for system, training, of in (
                (Sprm(kind="sprm", untrained=True), None, None),
                (Sprm(kind="sprm"), UNMOVED, images),
            )
        )
        assert start.training is None
        pd.testing.assert_frame_equal(start.items, unmoved.items)
    first, second = (
        outcomes_of([RefinementAlone(kind="refinement", untrained=True)], Task(dataset, Rules.corrected, seed=seed))
        for seed in (0, 1)
    )
    assert not first[0].items["score"].equals(second[0].items["score"])


def test_an_untrained_system_compares_no_epochs() -> None:
    assert [encoding.split for encoding in Sprm(kind="sprm", untrained=True).reads()] == ["train", "test"]


def test_a_tuned_system_reads_what_each_of_its_candidates_does() -> None:
    tuned = Sprm(kind="sprm", tune={"inputs": [{"score": True}, {"labels": False}], "omega": [0.2, 0.4]})
    assert len(tuned.reads()) == len(set(tuned.reads())) == 6
    assert {(read.split, read.score) for read in tuned.reads()} == {
        (split, score) for split in ("train", "val", "test") for score in (True, False)
    }
