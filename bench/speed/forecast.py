"""How long a protocol will take on this machine, from steps taken on its own corpus."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

from bench.speed.measurement import Speed
from bench.speed.processes import alone
from bench.speed.subjects import matrix_products
from bench.speed.timing import interleaved
from bench.store.stored_model import Record
from bench.systems.system import Task
from bench.systems.trained import TrainedSystem
from bench.trials.cost import together
from bench.trials.jobs import jobs_of
from bench.trials.plan import Plan, Trial
from sprm.corpus.dataset import open_dataset
from sprm.training.learner import STRETCH


class Forecast(Record):
    """The time that the trials of a protocol take."""

    name: str
    """The protocol's."""
    trials: int
    """Trials that are left to run."""
    workers: int
    """Trials at work at a time."""
    step_seconds: dict[str, float]
    """One training step of each training, by the first system that it serves, on this protocol's corpus."""
    step_over_matrix_products: dict[str, float]
    """Times that the step takes longer than the visual map's products, which it cannot avoid."""
    seconds: float
    """All trials that are left, with that many workers."""


def forecast(plan: Plan, workers: int, speed: Speed) -> Forecast:
    """Estimate the time that a plan's remaining trials take.

    Args:
        plan: the trials; those that another run holds need not run.
        workers: trials at work at a time.
        speed: what was measured of this machine.
    """
    left = [planned for planned in plan.left if planned.elsewhere is None]
    jobs = jobs_of(left, plan.dataset)
    samples = {job.trials[0].key.system: job.trials[0] for job in jobs if job.trials[0].training is not None}
    timed = {name: alone(step_times, trial, plan.dataset.folder) for name, trial in samples.items()}
    steps = {name: times.step for name, times in timed.items()}
    # A system that is not trained answers once; the steps of any other one tell how long that takes.
    usual = max(steps.values(), default=0.0)
    each = [job.effort * steps.get(job.trials[0].key.system, usual) for job in jobs]
    return Forecast(
        name=plan.protocol.name,
        trials=len(left),
        workers=workers,
        step_seconds=steps,
        step_over_matrix_products={name: times.step / times.matrix_products for name, times in timed.items()},
        seconds=together(each, rate_of(min(workers, len(jobs)), speed)),
    )


def rate_of(workers: int, speed: Speed) -> float:
    """Return how many times as much some workers do as one: in proportion up to one a core, and no more beyond."""
    all_cores = max(speed.sentences_per_second / speed.sentences_per_second_of_one, 1.0)
    if speed.workers == 1 or workers <= 1:
        return 1.0
    return 1 + (all_cores - 1) * min((workers - 1) / (speed.workers - 1), 1)


class StepTimes(NamedTuple):
    """What a training step takes on a protocol's corpus, in seconds."""

    step: float
    matrix_products: float
    """The visual map's products alone: forward, and the gradient of its weights."""


def step_times(trial: Trial, dataset_folder: Path, rounds: int = 3) -> StepTimes:
    """Time a training step of a trial's system on all training images, and the products that it cannot avoid.

    Args:
        trial: of a system that is trained.
        dataset_folder: the prepared dataset.
        rounds: how often a stretch of steps is timed, after one that is not.
    """
    settings, training = trial.settings, trial.training
    assert isinstance(settings, TrainedSystem)
    assert training is not None
    torch.set_num_threads(training.threads)
    dataset = open_dataset(dataset_folder, verify=False)
    everything = np.arange(len(dataset.train.images))
    learner = settings.learner(Task(dataset, trial.rules, training, everything, device=trial.device))
    generator, counts = np.random.default_rng(0), dataset.train.info.counts
    products = matrix_products(
        round(training.batch * counts.regions / counts.images),
        dataset.train.info.feature_size,
        dataset.lexicon.dimension,
        torch.device(trial.device.value),
    )

    def steps() -> None:
        batches = [generator.integers(0, counts.sentences, training.batch) for _ in range(STRETCH)]
        # The last loss is asked for, so that a GPU has done what is timed.
        learner.steps(batches)[-1].item()

    def matrices() -> None:
        for _ in range(STRETCH):
            products()

    seconds = interleaved({"steps": steps, "matrices": matrices}, rounds)
    return StepTimes(seconds["steps"] / STRETCH, seconds["matrices"] / STRETCH)
