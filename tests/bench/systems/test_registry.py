"""A kind of system is one class: the contract that each of the package keeps."""

from __future__ import annotations

import pytest

from bench.systems.bounds import Oracle
from bench.systems.registry import SYSTEMS
from bench.systems.system import Role, System, Task
from bench.systems.trained import TrainedSystem
from bench.trials.answering import outcomes_of
from sprm.corpus.dataset import Dataset
from sprm.evaluation.metric import METRICS
from sprm.settings import Rules, TrainingSettings


@pytest.mark.parametrize("kind", SYSTEMS.by_name().values(), ids=lambda kind: kind.__name__)
def test_a_kind_describes_itself_names_what_it_reads_and_answers_every_phrase(
    kind: type[System], dataset: Dataset
) -> None:
    (name,) = kind.model_json_schema()["properties"]["kind"]["const"].split()
    system = kind.model_validate({"kind": name})
    assert kind.__doc__
    assert system.description
    assert kind.role in Role
    assert isinstance(system, TrainedSystem) == (kind.role is Role.trained)
    task = Task(dataset, Rules.corrected)
    if isinstance(system, TrainedSystem):
        training = TrainingSettings(epochs=1, batch=4, learning_rate=1e-3)
        task = Task(dataset, Rules.corrected, training, dataset.train.images.index.to_numpy())
        assert {read.split for read in system.reads()} >= {"train", "test"}
    (outcome,) = outcomes_of([system], task)
    assert list(outcome.items["phrase"]) == list(dataset.test.phrases["text"])
    assert outcome.items[list(METRICS.of_phrases())].to_numpy().min() >= 0
    assert (outcome.training is None) == (kind.role is not Role.trained)


def test_a_name_means_one_kind() -> None:
    SYSTEMS.register(Oracle)

    class Impostor(Oracle):
        """Another kind by the same name."""

    with pytest.raises(ValueError, match="are both called 'oracle'"):
        SYSTEMS.register(Impostor)
