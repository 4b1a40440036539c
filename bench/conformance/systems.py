"""What a kind of system has to keep to, a function a check; their first lines are what a person reads of them."""

from __future__ import annotations

import pickle
import random
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np

from bench.conformance.corpus import RULES, with_moved_targets
from bench.conformance.finding import Check, Failed, Needed, Skipped
from bench.systems.blame import blamed, reads_of
from bench.systems.system import Role, System, Task
from bench.systems.trained import TrainedSystem
from bench.trials.answering import asked, ignores_phrases, not_finite, shape_problem, trainings_of
from sprm.corpus.dataset import Dataset
from sprm.evaluation.scores import Scores
from sprm.settings import TrainingSettings
from sprm.training.checkpoint import Checkpoints
from sprm.training.progress import Report, TrainingProgress, unreported

if TYPE_CHECKING:
    from torch import Tensor

    from sprm.training.course import Training

SPLIT = "test"
NO_TRAINING = "it is not trained"


class CheckedSystem:
    """A system on the small corpus.

    Args:
        system: with its settings.
        dataset: the small corpus.
        training: training values; None for a system that is not trained.
    """

    def __init__(self, system: System, dataset: Dataset, training: TrainingSettings | None) -> None:
        self.system, self.dataset, self.training = system, dataset, training
        self._fitted = Needed("fit", lambda: Fitted(self.fit(self.task())))
        self._answers = Needed("score", lambda: self.answer(dataset, self.fitted.weights))

    @property
    def fitted(self) -> Fitted:
        """What its training left, once for all checks."""
        return self._fitted.get()

    @property
    def scores(self) -> Scores:
        """What it answers then, likewise."""
        # Where training failed, that is what is wrong.
        self._fitted.get()
        return self._answers.get()

    @property
    def trained(self) -> TrainedSystem:
        """The system, where it is one that is trained."""
        if not isinstance(self.system, TrainedSystem):
            raise Skipped(NO_TRAINING)
        return self.system

    def task(
        self,
        dataset: Dataset | None = None,
        seed: int = 0,
        report: Report = unreported,
        checkpoints: Checkpoints | None = None,
    ) -> Task:
        """Return a trial on all training images."""
        dataset = dataset or self.dataset
        images = None if self.training is None else np.arange(len(dataset.train.images))
        return Task(dataset, RULES, self.training, images, seed, report=report, checkpoints=checkpoints)

    def fit(self, task: Task) -> Training | None:
        """Train it."""
        (training,) = trainings_of([self.system], task)
        return training

    def answer(self, dataset: Dataset, weights: Mapping[str, Tensor]) -> Scores:
        """Ask it for its scores, whatever they are."""
        return asked(self.system, self.task(dataset), SPLIT, weights)

    def again(self, dataset: Dataset) -> tuple[Fitted, Scores]:
        """Train it and ask it on a dataset, from the start."""
        fitted = Fitted(self.fit(self.task(dataset)))
        return fitted, self.answer(dataset, fitted.weights)


@dataclass(frozen=True)
class Fitted:
    """What a training left.

    Attributes:
        training: the training; None of a system that is not trained.
    """

    training: Training | None

    @property
    def weights(self) -> Mapping[str, Tensor]:
        """The weights; none of a system that is not trained."""
        return {} if self.training is None else self.training.weights

    def differing(self, other: Fitted) -> list[str]:
        """Return the names of the weights that are not the same, bit for bit."""
        import torch

        own, others = self.weights, other.weights
        names = sorted({*own, *others})
        return [name for name in names if not (name in own and name in others and torch.equal(own[name], others[name]))]


def settings(checked: CheckedSystem) -> None:
    """Each setting has a description, and settings that were written down are the same when they are read."""
    system, kind = checked.system, type(checked.system)
    apart = {"kind", *TrainingSettings.model_fields}
    bare = [name for name, field in kind.model_fields.items() if name not in apart and not field.description]
    if bare:
        raise Failed(f"{', '.join(bare)}: expected a docstring below the field, or Field(description=...)")
    if kind.model_validate_json(system.model_dump_json(exclude_none=True), strict=True) != system:
        raise Failed("settings that were written down are others when they are read")
    if pickle.loads(pickle.dumps(system)) != system:
        raise Failed("settings that were sent to a worker are others there")


def description(checked: CheckedSystem) -> None:
    """A line says what the system is."""
    with blamed(checked.system, "description"):
        line = checked.system.description
    if not isinstance(line, str) or not line or "\n" in line:
        raise Failed(
            f"description is {line!r}; expected a line of text, which the first of the docstring is by default"
        )


def reads(checked: CheckedSystem) -> None:
    """It lists the splits that it reads, which are encoded once for all trials."""
    read = {each.split for each in reads_of(checked.system)}
    if isinstance(checked.system, TrainedSystem) and not {"train", SPLIT} <= read:
        raise Failed(f"reads lists {', '.join(sorted(read)) or 'nothing'}; expected train and test among them")


def fit(checked: CheckedSystem) -> None:
    """It trains for two epochs, without the targets of the test split."""
    training = checked.fitted.training
    if training is None:
        raise Skipped(NO_TRAINING)
    epochs = [epoch.epoch for epoch in training.history]
    assert checked.training is not None
    trained = list(range(1, 1 + checked.training.epochs))
    if epochs not in (trained, [0, *trained]):
        raise Failed(f"its history has the epochs {epochs}")


def weights(checked: CheckedSystem) -> None:
    """All weights are finite, and can be kept and used again."""
    from sprm.model.trained_weights import TrainedWeights

    fitted = checked.fitted
    if fitted.training is None:
        raise Skipped(NO_TRAINING)
    if wrong := [name for name, tensor in fitted.weights.items() if not bool(tensor.isfinite().all())]:
        raise Failed(f"{', '.join(wrong)}: not finite")
    lexicon = checked.dataset.lexicon
    content = TrainedWeights.of(fitted.weights, lexicon).to_bytes("checked")
    kept = TrainedWeights.from_bytes(content, "checked").for_words_of(lexicon)
    if not _is_same(checked.answer(checked.dataset, kept), checked.scores):
        raise Failed("scores with weights that were kept and read are others")


def shape(checked: CheckedSystem) -> None:
    """It scores every box of every phrase's image, without the targets of the test split."""
    if problem := shape_problem(checked.scores, checked.dataset.test):
        raise Failed(f"score {problem}")


def finite(checked: CheckedSystem) -> None:
    """All scores are finite."""
    if problem := not_finite(_shaped(checked)):
        raise Failed(f"score {problem}")


def phrases(checked: CheckedSystem) -> str | None:
    """Its answers differ between phrases."""
    problem = ignores_phrases(_shaped(checked), checked.dataset.test)
    if problem and checked.system.role is Role.trained:
        raise Failed(f"score {problem}")
    return None if problem is None else f"it {problem}"


def determinism(checked: CheckedSystem) -> None:
    """The same seed gives the same weights and scores, bit for bit, whatever ran before."""
    first, scores = checked.fitted, checked.scores
    with _other_global_seeds():
        again, others = checked.again(checked.dataset)
    if names := first.differing(again):
        raise Failed(f"trained again with the same seed, it ends with other weights: {', '.join(names)}")
    if not _is_same(scores, others):
        raise Failed("asked again with the same seed, it gives other scores")


def test_targets(checked: CheckedSystem) -> None:
    """It does not read the targets of the test split in the dataset's files."""
    if checked.system.role is Role.upper_bound:
        raise Skipped("an upper bound is made of the targets")
    names, is_same = _with_moved_targets(checked, SPLIT)
    if names or not is_same:
        raise Failed("its answers change with the targets of the test split in the dataset's folder, so it reads them")


def training_targets(checked: CheckedSystem) -> str | None:
    """It does not learn from the targets of the training split; a remark otherwise."""
    checked.trained  # noqa: B018
    names, _ = _with_moved_targets(checked, "train")
    return "its weights change with the boxes of training phrases: it is not weakly supervised" if names else None


def resuming(checked: CheckedSystem) -> None:
    """Stopped after an epoch and resumed from its checkpoint, it ends with the same weights and scores."""
    checked.trained  # noqa: B018
    expected, scores = checked.fitted, checked.scores
    with TemporaryDirectory() as folder:
        stopped = Checkpoints(Path(folder), "checked", 0.0)
        try:
            checked.fit(checked.task(report=_stop_in_the_second_epoch, checkpoints=stopped))
        except _Stopped:
            pass
        else:
            raise Failed("fit does not call task.report, so it cannot be stopped")
        resumed = Checkpoints(Path(folder), "checked", 0.0)
        fitted = Fitted(checked.fit(checked.task(checkpoints=resumed)))
    if not resumed.seconds_before:
        raise Failed("; ".join(resumed.notes) or "fit does not resume from task.checkpoints: it starts anew")
    if names := expected.differing(fitted):
        raise Failed(f"resumed from its checkpoint, it ends with other weights: {', '.join(names)}")
    if not _is_same(scores, checked.answer(checked.dataset, fitted.weights)):
        raise Failed("resumed from its checkpoint, it gives other scores")


def seeds(checked: CheckedSystem) -> str | None:
    """Another seed starts with other weights; a remark otherwise."""
    system = checked.trained
    checked.fitted  # noqa: B018
    starts = [
        system.model(task, task.encoded(system.encoding)).trained.state_dict()
        for task in (checked.task(), checked.task(seed=1))
    ]
    is_same = all(bool((starts[0][name] == starts[1][name]).all()) for name in starts[0])
    return "it starts with the same weights whatever the seed, which orders its batches alone" if is_same else None


def sharing(checked: CheckedSystem) -> None:
    """What it shares a training by can be compared."""
    with blamed(checked.trained, "training_identity"):
        hash(checked.trained.training_identity)


CHECKS: tuple[Check[CheckedSystem], ...] = (
    settings,
    description,
    reads,
    sharing,
    fit,
    shape,
    finite,
    phrases,
    weights,
    determinism,
    test_targets,
    training_targets,
    resuming,
    seeds,
)


class _Stopped(BaseException):
    """A training is stopped; no error, so that nothing on its way takes it for the system's."""


def _stop_in_the_second_epoch(progress: TrainingProgress) -> None:
    if progress.epoch == 2:
        raise _Stopped


def _shaped(checked: CheckedSystem) -> Scores:
    """Return its scores, where they are some."""
    scores = checked.scores
    if shape_problem(scores, checked.dataset.test):
        raise Skipped("shape failed")
    return scores


def _is_same(some: Scores, others: Scores) -> bool:
    return np.asarray(some.values).tobytes() == np.asarray(others.values).tobytes()


def _with_moved_targets(checked: CheckedSystem, split: str) -> tuple[list[str], bool]:
    """Return the weights that change with the targets of a split, and whether the scores are the same."""
    first, scores = checked.fitted, _shaped(checked)
    with TemporaryDirectory() as folder:
        moved = with_moved_targets(checked.dataset, split, Path(folder) / "dataset")
        again, others = checked.again(moved)
        return first.differing(again), _is_same(scores, others)


@contextmanager
def _other_global_seeds() -> Iterator[None]:
    """Have the global generators give other numbers meanwhile than they have given before."""
    import torch

    python, numpy = random.getstate(), np.random.get_state()  # noqa: NPY002
    with torch.random.fork_rng(devices=[]):
        random.seed(1)
        np.random.seed(1)  # noqa: NPY002
        torch.manual_seed(1)
        try:
            yield
        finally:
            random.setstate(python)
            np.random.set_state(numpy)  # noqa: NPY002
