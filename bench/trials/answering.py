"""Systems asked for their answers: trained, scored and judged, all by the same hand."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from bench.systems.registry import is_own
from bench.systems.system import Role, System, Task
from bench.systems.trained import TrainedSystem, fit_together
from sprm.corpus.corpus import TARGET
from sprm.errors import PluginError, SprmError
from sprm.evaluation.outcomes import Outcomes, items, judge, random_box
from sprm.evaluation.scores import Scores

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
    """

    items: pd.DataFrame
    training: Training | None
    seconds_evaluation: float


def outcomes_of(systems: Sequence[System], task: Task) -> list[Outcome]:
    """Train systems, where there is anything to train, and answer the test split as each of them.

    Args:
        systems: a single one, or several whose `training_identity` is the same.
        task: the trial, of which the judge knows the targets that systems may not see.

    Raises:
        PluginError: a system does other than it has to.
        TrainingError: the loss, a weight or a score is not finite.
    """
    # What a worker derives once for all its trials is no part of this one's evaluation.
    matches = replace(task, withheld=None).matches("test")
    return [
        _outcome(system, training, task, matches)
        for system, training in zip(systems, _trainings(systems, task), strict=True)
    ]


def _outcome(system: System, training: Training | None, task: Task, matches: BoxMatches) -> Outcome:
    started = time.perf_counter()
    outcomes = judged(system, task, "test", {} if training is None else training.weights, matches)
    return Outcome(items(task.dataset.test, outcomes), training, time.perf_counter() - started)


def judged(system: System, task: Task, split: str, weights: Mapping[str, Tensor], matches: BoxMatches) -> Outcomes:
    """Judge a system's answers to the phrases of a split."""
    scores = scores_of(system, task, split, weights)
    return judge(matches, scores, system.tie_rule, system.scores_are) if system.chooses else random_box(matches)


def scores_of(system: System, task: Task, split: str, weights: Mapping[str, Tensor]) -> Scores:
    """Ask a system for its scores, and refuse what are none.

    Raises:
        PluginError: it does other than it has to.
    """
    with _blamed(system, "score"):
        found = system.score(_seen(system, task, split), split, weights)
    if problem := _problem_of(found, getattr(task.dataset, split)):
        raise PluginError(f"system kind {system.kind}: score {problem}")
    if system.role is Role.trained and _ignores_phrases(found, getattr(task.dataset, split)):
        raise PluginError(f"system kind {system.kind}: score gives the boxes of an image the same for every phrase")
    return found


def _trainings(systems: Sequence[System], task: Task) -> Sequence[Training | None]:
    first, seen = systems[0], _seen(systems[0], task, "test")
    with _blamed(first, "fit"):
        if len(systems) == 1:
            return [first.fit(seen)]
        return fit_together([system for system in systems if isinstance(system, TrainedSystem)], seen)


def _seen(system: System, task: Task, split: str) -> Task:
    """Return what a system may see of a task: no targets of the split that it is judged on, unless it is the bound."""
    if system.role is Role.upper_bound:
        return replace(task, withheld=None)
    return replace(task, dataset=_without_targets(task.dataset, split), withheld=split)


# All trials of a worker read one dataset.
@lru_cache(maxsize=1)
def _without_targets(dataset: Dataset, split: str) -> Dataset:
    return replace(dataset, withheld=split)


def _problem_of(found: object, corpus: Corpus) -> str | None:
    """Say what is wrong with what should be scores; None when nothing is."""
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
    if not np.isfinite(found.values).all():
        return "returns a number that is not finite; expected finite ones"
    return None


def _ignores_phrases(scores: Scores, corpus: Corpus) -> bool:
    """Whether phrases of an image always get the same scores, where some image has two that differ in their words."""
    sentence = corpus.phrases["sentence"].to_numpy()
    image = corpus.sentences["image"].to_numpy()[sentence]
    text = pd.factorize(corpus.phrases["text"])[0]
    following = np.flatnonzero((np.diff(image) == 0) & (np.diff(text) != 0))
    starts = scores.offsets
    return len(following) > 0 and all(
        np.array_equal(scores.values[starts[at] : starts[at + 1]], scores.values[starts[at + 1] : starts[at + 2]])
        for at in following.tolist()
    )


@contextmanager
def _blamed(system: System, method: str) -> Iterator[None]:
    """Name a kind of system, and its method, where something goes wrong inside that is its own fault."""
    try:
        yield
    except PluginError as error:
        raise PluginError(f"system kind {system.kind}: {method}: {error}") from error
    except Exception as error:
        if isinstance(error, KeyError) and any(f"'{name}'" in str(error) for name in TARGET):
            problem = "it reads the targets of phrases that it is judged on"
        elif is_own(type(system)) or isinstance(error, (SprmError, OSError)):
            raise
        else:
            problem = f"{type(error).__name__}: {error}"
        raise PluginError(f"system kind {system.kind}: {method}: {problem}") from error
