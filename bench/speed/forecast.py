"""How long a protocol will take on this machine, from steps taken on its own corpus."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from bench.effort import effort
from bench.plan import Plan, Trial
from bench.protocol import MixtureSettings
from bench.speed.processes import alone
from bench.speed.timing import interleaved
from bench.stored import Part
from sprm.corpus.encoded import encoded
from sprm.corpus.mapped import shared_tensor
from sprm.corpus.study import open_study
from sprm.model import SPRM
from sprm.refinement import Refinement
from sprm.training import Learner

STEPS = 20
"""Steps that are timed together."""


class Forecast(Part):
    """The time that the trials of a protocol take."""

    name: str
    """The protocol's."""
    trials: int
    """Trials that are left to run."""
    workers: int
    """Trials at work at a time."""
    step_seconds: dict[str, float]
    """One training step of each trained system, on this protocol's corpus."""
    seconds: float
    """All trials that are left, with that many workers."""


def forecast(plan: Plan, workers: int, two_over_one: float) -> Forecast:
    """Estimate the time that a plan's remaining trials take.

    Args:
        plan: the trials.
        workers: trials at work at a time.
        two_over_one: throughput of two workers against one; more are taken to lose as much each.
    """
    left = [planned.trial for planned in plan.left]
    samples = {trial.key.system: trial for trial in left if trial.training is not None}
    steps = {name: alone(step_seconds, trial, plan.study.folder) for name, trial in samples.items()}
    # A system that is not trained answers once; the steps of any other one tell how long that takes.
    usual = max(steps.values(), default=0.0)
    each = [effort(trial, plan.study) * steps.get(trial.key.system, usual) for trial in left]
    at_once = min(workers, len(left)) or 1
    rate = 1 + (at_once - 1) * (two_over_one - 1)
    return Forecast(
        name=plan.protocol.name,
        trials=len(left),
        workers=workers,
        step_seconds=steps,
        seconds=max(sum(each) / rate, max(each, default=0.0)),
    )


def step_seconds(trial: Trial, study_folder: Path) -> float:
    """Time a training step of a trial's system on all training images."""
    settings, training = trial.settings, trial.training
    assert isinstance(settings, MixtureSettings)
    assert training is not None
    study = open_study(study_folder, verify=False)
    split = encoded(study, "train", trial.rules, heads=settings.heads, locations=settings.locations)
    start = torch.Generator().manual_seed(0)
    refinement = Refinement(study.lexicon, split.features.shape[1], start, mixed_precision=training.mixed_precision)
    model = SPRM(shared_tensor(split.concepts), refinement, settings.omega).to(torch.device(trial.device.value))
    learner = Learner(model, split, np.arange(len(split.region_offsets) - 1), training, settings.negatives)
    generator, sentences = np.random.default_rng(0), len(split.sentence_images)

    def steps() -> None:
        batches = [generator.integers(0, sentences, training.batch) for _ in range(STEPS)]
        # The last loss is asked for, so that a GPU has done what is timed.
        learner.steps(batches)[-1].item()

    return interleaved({"steps": steps}, rounds=3)["steps"] / STEPS
