"""Systems asked for their answers: trained, scored and judged, all by the same hand."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from bench.store.records import Candidate
from bench.systems.blame import blamed, reads_of
from bench.systems.system import Role, System, Task
from bench.systems.trained import TrainedSystem, fit_together, is_trained
from sprm.errors import PluginError
from sprm.evaluation.outcomes import Outcomes, items, judge, random_box
from sprm.evaluation.scores import Scores
from sprm.training.progress import TrainingProgress

if TYPE_CHECKING:
    from torch import Tensor

    from sprm.corpus.box_matches import BoxMatches
    from sprm.corpus.corpus import Corpus
    from sprm.corpus.dataset import Dataset
    from sprm.training.course import Training


@dataclass(frozen=True)
class Outcome:
    """What one trial found.

    Attributes:
        items: one row a test phrase, see `sprm.evaluation.outcomes.items`.
        training: what training did; None for a system that is not trained.
        seconds_evaluation: time to answer and judge the test split.
        candidates: the values that it was tried with; None where nothing was tuned.
    """

    items: pd.DataFrame
    training: Training | None
    seconds_evaluation: float
    candidates: tuple[Candidate, ...] | None = None


def outcomes_of(systems: Sequence[System], task: Task) -> list[Outcome]:
    """Train systems, where there is anything to train, and answer the test split as each of them.

    Args:
        systems: a single one, or several whose `training_identity` and tuned values are the same; a system that is
            there several times is trained and asked once.
        task: the trial, of which the judge knows the targets that systems may not see.

    Raises:
        PluginError: a system does other than it has to.
        TrainingError: the loss, a weight or a score is not finite.
    """
    for system in systems:
        reads_of(system)
    # What a worker derives once for all its trials is no part of this one's evaluation.
    matches = replace(task, withheld=None).matches("test")
    firsts = [systems.index(system) for system in systems]
    distinct = sorted(set(firsts))
    found = dict(zip(distinct, _trained([systems[place] for place in distinct], task), strict=True))
    outcomes = {place: _outcome(each, task, matches) for place, each in found.items()}
    return [outcomes[first] if first == place else _without_time(outcomes[first]) for place, first in enumerate(firsts)]


def _outcome(trained: _Trained, task: Task, matches: BoxMatches) -> Outcome:
    started = time.perf_counter()
    weights = {} if trained.training is None else trained.training.weights
    outcomes = judged(trained.system, task, "test", weights, matches)
    seconds = time.perf_counter() - started
    return Outcome(items(task.dataset.test, outcomes), trained.training, seconds, trained.candidates)


def _without_time(outcome: Outcome) -> Outcome:
    """Return the outcome of a trial that is another one under another name, whose time counts there."""
    training = None if outcome.training is None else replace(outcome.training, seconds_selection=0.0)
    return replace(outcome, training=training, seconds_evaluation=0.0)


def judged(system: System, task: Task, split: str, weights: Mapping[str, Tensor], matches: BoxMatches) -> Outcomes:
    """Judge a system's answers to the phrases of a split."""
    scores = scores_of(system, task, split, weights)
    return judge(matches, scores, system.tie_rule, system.scores_are) if system.chooses else random_box(matches)


def scores_of(system: System, task: Task, split: str, weights: Mapping[str, Tensor]) -> Scores:
    """Ask a system for its scores, and refuse what are none.

    Raises:
        PluginError: it does other than it has to.
    """
    found = asked(system, task, split, weights)
    corpus = getattr(task.dataset, split)
    if problem := shape_problem(found, corpus) or not_finite(found):
        raise PluginError(f"system kind {system.kind}: score {problem}")
    if system.role is Role.trained and (problem := ignores_phrases(found, corpus)):
        raise PluginError(f"system kind {system.kind}: score {problem}")
    return found


@dataclass(frozen=True)
class _Trained:
    """A system as it answers: of several candidates, the one that is best on the validation split."""

    system: System
    training: Training | None
    candidates: tuple[Candidate, ...] | None = None


def _trained(systems: Sequence[System], task: Task) -> list[_Trained]:
    tuned = [each for each in systems if isinstance(each, TrainedSystem) and each.tune is not None]
    # Those of one training have the same values to try. A single value is one, too, and not the protocol's.
    if not tuned:
        return [_Trained(*each) for each in zip(systems, trainings_of(systems, task), strict=True)]
    tried = [each.candidates for each in tuned]
    found: list[list[Training]] = []
    for number, together in enumerate(zip(*tried, strict=True)):
        with _of_candidate(task, together[0], number, len(tried[0])) as own:
            trainings = trainings_of(together, own)
        found.append([training for training in trainings if training is not None])
        _forget_all_but_the_best(found)
    return [_best(*each) for each in zip(tuned, tried, zip(*found, strict=True), strict=True)]


@contextmanager
def _of_candidate(task: Task, candidate: TrainedSystem, number: int, count: int) -> Iterator[Task]:
    """Yield the task as one of several candidates is trained."""
    assert task.training is not None

    def report(progress: TrainingProgress) -> None:
        # Of the same length, as nobody knows what those to come will take.
        seconds_left = progress.seconds_left + (count - number - 1) * (progress.seconds + progress.seconds_left)
        before, steps = number * progress.steps, count * progress.steps
        task.report(replace(progress, step=before + progress.step, steps=steps, seconds_left=seconds_left))

    with nullcontext() if task.checkpoints is None else task.checkpoints.of_part(number) as checkpoints:
        values = candidate.training_values(task.training)
        yield replace(task, training=values, report=report, checkpoints=checkpoints)


def _forget_all_but_the_best(found: Sequence[list[Training]]) -> None:
    """Let go of the weights of each system's trainings that are not the best so far."""
    for place in range(len(found[0])):
        best = max(range(len(found)), key=lambda number: _accuracy(found[number][place]))
        for number, trainings in enumerate(found):
            if number != best:
                trainings[place] = replace(trainings[place], weights={})


def _best(system: TrainedSystem, tried: Sequence[TrainedSystem], trainings: Sequence[Training]) -> _Trained:
    """Return the candidate that is best on the validation split, the first of equals; its time is that of all."""
    best = max(range(len(trainings)), key=lambda number: _accuracy(trainings[number]))
    candidates = tuple(
        Candidate(
            values=candidate.model_dump(mode="json", include=set(system.tune or ())),
            val_accuracy=_accuracy(training),
            epoch=training.selected_epoch,
            steps=training.history[-1].steps,
            chosen=number == best,
        )
        for number, (candidate, training) in enumerate(zip(tried, trainings, strict=True))
    )
    whole = replace(
        trainings[best],
        sentences=sum(training.sentences for training in trainings),
        seconds_steps=sum(training.seconds_steps for training in trainings),
        seconds_selection=sum(training.seconds_selection for training in trainings),
    )
    return _Trained(tried[best], whole, candidates)


def _accuracy(training: Training) -> float:
    (accuracy,) = (each.val_accuracy for each in training.history if each.epoch == training.selected_epoch)
    assert accuracy is not None
    return accuracy


def asked(system: System, task: Task, split: str, weights: Mapping[str, Tensor]) -> Scores:
    """Ask a system for its scores, whatever it returns.

    Raises:
        PluginError: it raises an error.
    """
    with blamed(system, "score"):
        return system.score(_seen(system, task, split), split, weights)


def trainings_of(systems: Sequence[System], task: Task) -> Sequence[Training | None]:
    """Train systems, where there is anything to train.

    Args:
        systems: a single one, or several whose `training_identity` is the same.
        task: the trial; systems do not see the targets of its test split.

    Raises:
        PluginError: a system does other than it has to.
        TrainingError: the loss or a weight is not finite.
    """
    first, seen = systems[0], _seen(systems[0], task, "test")
    with blamed(first, "fit"):
        if len(systems) > 1:
            return fit_together([system for system in systems if isinstance(system, TrainedSystem)], seen)
        if isinstance(first, TrainedSystem) and not is_trained(first):
            return [None]
        return [_checked(first.fit(seen), isinstance(first, TrainedSystem))]


def _checked(found: object, is_trained: bool) -> Training | None:
    """Refuse what is no training, from a system that is trained, and anything else than None from another."""
    from sprm.training.course import Training

    if isinstance(found, Training) and is_trained:
        return found
    if found is not None or is_trained:
        raise PluginError(f"returns {type(found).__name__}; expected {'a Training' if is_trained else 'None'}")
    return None


def _seen(system: System, task: Task, split: str) -> Task:
    """Return what a system may see of a task: no targets of the split that it is judged on, unless it is the bound."""
    if system.role is Role.upper_bound:
        return replace(task, withheld=None)
    return replace(task, dataset=_without_targets(task.dataset, split), withheld=split)


# All trials of a worker read one dataset.
@lru_cache(maxsize=1)
def _without_targets(dataset: Dataset, split: str) -> Dataset:
    return replace(dataset, withheld=split)


def shape_problem(found: object, corpus: Corpus) -> str | None:
    """Say why something is no scores of the boxes of a split's phrases; None when it is."""
    phrases = len(corpus.phrases)
    if not isinstance(found, Scores):
        return f"returns {type(found).__name__}; expected Scores"
    boxes = np.diff(corpus.offsets)[corpus.sentences["image"].to_numpy()[corpus.phrases["sentence"].to_numpy()]]
    if np.shape(found.offsets) != (phrases + 1,) or not np.array_equal(np.diff(found.offsets), boxes):
        shape = np.shape(found.offsets)
        return f"returns offsets {shape}; expected the first box of each of {phrases} phrases, and the end"
    if np.shape(found.values) != (boxes.sum(),) or not np.issubdtype(np.asarray(found.values).dtype, np.floating):
        shape = np.shape(found.values)
        return f"returns {shape} of {np.asarray(found.values).dtype}; expected ({boxes.sum()},) floating-point numbers"
    return None


def not_finite(scores: Scores) -> str | None:
    """Say that scores are not finite; None when they are."""
    is_finite = bool(np.isfinite(scores.values).all())
    return None if is_finite else "returns a number that is not finite; expected finite ones"


def ignores_phrases(scores: Scores, corpus: Corpus) -> str | None:
    """Say that phrases of an image always get the same scores, where some image has two that differ in their words.

    Images of a single box say nothing: a system that shares one out among the boxes gives it all to that box.
    """
    sentence = corpus.phrases["sentence"].to_numpy()
    image = corpus.sentences["image"].to_numpy()[sentence]
    text = pd.factorize(corpus.phrases["text"])[0]
    starts = scores.offsets
    following = np.flatnonzero((np.diff(image) == 0) & (np.diff(text) != 0) & (np.diff(starts)[1:] > 1))
    is_same = len(following) > 0 and all(
        np.array_equal(scores.values[starts[at] : starts[at + 1]], scores.values[starts[at + 1] : starts[at + 2]])
        for at in following.tolist()
    )
    return "gives the boxes of an image the same for every phrase" if is_same else None
