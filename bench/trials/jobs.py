"""Jobs for workers: a trial each, or all trials that one training can answer."""

from __future__ import annotations

import json
from collections.abc import Hashable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from bench.systems.blame import blamed
from bench.systems.system import System
from bench.systems.trained import TrainedSystem
from bench.trials.effort import UNTRAINED_BATCH, answering_effort, effort
from bench.trials.plan import PlannedTrial, Trial
from sprm.corpus.dataset import Dataset
from sprm.errors import PluginError


@dataclass(frozen=True, eq=False)
class Job:
    """Trials that a worker runs together: one, or several that one training answers.

    Attributes:
        efforts: of each trial, in the protocol's order, its work in optimiser steps; the training is the first one's.
    """

    efforts: Mapping[Trial, float]

    @property
    def trials(self) -> tuple[Trial, ...]:
        """The trials, in the protocol's order."""
        return tuple(self.efforts)

    @property
    def effort(self) -> float:
        """The work of all of them, in optimiser steps."""
        return sum(self.efforts.values())

    @property
    def sentences(self) -> float:
        """The work of all of them, in sentences trained on, as steps of large batches take longer."""
        training = self.trials[0].training
        return self.effort * (UNTRAINED_BATCH if training is None else training.batch)


def jobs_of(planned: Iterable[PlannedTrial], dataset: Dataset) -> list[Job]:
    """Put trials together that share a training, and order the jobs by sentences, those with most first."""
    groups: dict[Hashable, dict[Trial, float]] = {}
    for trial in (each.trial for each in planned):
        group = groups.setdefault(_training_of(trial), {})
        group[trial] = (answering_effort if group else effort)(trial, dataset)
    return sorted(map(Job, groups.values()), key=lambda job: -job.sentences)


def trainings(planned: Iterable[PlannedTrial], dataset: Dataset) -> int:
    """Count the trainings that trials take, of which one may answer several trials."""
    return sum(job.trials[0].training is not None for job in jobs_of(planned, dataset))


def training_of(settings: System, inputs: Mapping[str, Any], fingerprint: str) -> Hashable:
    """Return what trials of trained systems have in common that share a training.

    Args:
        settings: the trial's system.
        inputs: what the trial's outcome depends on.
        fingerprint: the hash of these.
    """
    identity = None
    # A kind from elsewhere that does not know shares its training with none.
    with suppress(PluginError), blamed(settings, "training_identity"):
        identity = settings.training_identity if isinstance(settings, TrainedSystem) else None
    if identity is None:
        # Of crossed seeds, all subsets that are the whole training set are one.
        return fingerprint
    values = (json.dumps(each, sort_keys=True) for each in (inputs["training"], inputs["system"].get("tune")))
    return identity, *values, inputs["subset"], inputs["seed"]


def _training_of(trial: Trial) -> Hashable:
    return trial.key if trial.training is None else training_of(trial.settings, trial.inputs, trial.fingerprint)
