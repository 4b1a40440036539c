"""What is measured: each function prepares one piece of work and returns it, to be called again and again."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray

from bench.speed.workload import Sizes, Workload
from bench.systems.sprm_plus import DROPOUT, TEMPERATURE
from sprm.batches.encoding import EncodedSplit
from sprm.evaluation.scoring import score
from sprm.files.mapped import shared_tensor
from sprm.model import reference
from sprm.model.prior import BoxTerms
from sprm.model.refinement import Refinement
from sprm.model.sprm import SPRM
from sprm.model.sprm_plus import Residual, SPRMPlus
from sprm.model.sprm_plus_loss import PlusLoss
from sprm.model.trainable import TrainableModel
from sprm.settings import Negatives, TrainingSettings
from sprm.training.lazy_adam import IDLE
from sprm.training.learner import STRETCH, Learner
from sprm.training.loop import steps_per_epoch

OMEGA = 0.4
STRATEGY = Negatives.most_similar
STEPS = STRETCH
"""Steps of the fast path that are timed together: what is done once a stretch counts too."""

Work = Callable[[], None]


def fast_steps(workload: Workload) -> Work:
    """Take `STEPS` training steps of the fast path, with as many words awake as in a long run."""
    work = first_steps(workload)
    for _ in range(IDLE // STRETCH + 1):
        work()
    return work


def first_steps(workload: Workload) -> Work:
    """Take `STEPS` training steps of the fast path, from the memory map to the moved weights."""
    split = workload.split()
    model = SPRM(shared_tensor(split.concepts), refinement_of(workload), OMEGA, negatives=STRATEGY)
    return _steps(workload, split, model)


def plus_steps(workload: Workload) -> Work:
    """Take `STEPS` training steps of SPRM+ as it is by default, on the same batches."""
    split = workload.split()
    residual = Residual(workload.lexicon(), split.region_size, torch.Generator().manual_seed(0))
    made_of = PlusLoss(dropout=DROPOUT)
    model = SPRMPlus(shared_tensor(split.concepts), residual, BoxTerms(), TEMPERATURE, made_of)
    return _steps(workload, split, model)


def _steps(workload: Workload, split: EncodedSplit, model: TrainableModel) -> Work:
    sizes = workload.sizes
    settings = TrainingSettings(batch=sizes.batch)
    length = steps_per_epoch(len(split.sentence_images), sizes.batch)
    learner = Learner(model, split, np.arange(sizes.images), settings, length)
    draw = draws(split, sizes.batch)

    def work() -> None:
        learner.steps([draw() for _ in range(STEPS)])

    return work


def reference_step(workload: Workload) -> Work:
    """Take one training step of the reference on sentences that are padded beforehand."""
    split, sizes, refinement = workload.split(), workload.sizes, refinement_of(workload)
    frozen = torch.from_numpy(workload.lexicon().vectors)
    batch = reference.pad(split, draws(split, sizes.batch)(), sizes.phrase_slots, sizes.box_slots)
    optimiser = torch.optim.Adam(refinement.parameters(), lr=TrainingSettings().learning_rate, fused=True)

    def work() -> None:
        optimiser.zero_grad()
        reference.loss(batch, refinement, frozen, OMEGA, STRATEGY).backward()  # type: ignore[no-untyped-call]
        optimiser.step()

    return work


def matrix_products(rows: int, features: int, dimension: int, device: torch.device | None = None) -> Work:
    """Multiply what the visual map multiplies in a step: forward, and the gradient of its weights.

    Args:
        rows: regions of a batch.
        features: F, length of a feature vector.
        dimension: D, length of a word vector.
        device: what they are multiplied on; None for the CPU.
    """
    regions = torch.randn(rows, features + 5, device=device)
    weight = torch.randn(dimension, features + 5, device=device)
    gradient = torch.randn(rows, dimension, device=device)

    def work() -> None:
        regions @ weight.T
        gradient.T @ regions

    return work


def products_of(sizes: Sizes) -> Work:
    """Multiply what the visual map multiplies in a step on a workload."""
    return matrix_products(round(sizes.batch * sizes.boxes), sizes.features, sizes.dimension)


def evaluation(workload: Workload) -> Work:
    """Choose a box for every phrase of the corpus."""
    split = workload.split()
    model = SPRM(shared_tensor(split.concepts), refinement_of(workload), OMEGA)

    def work() -> None:
        _ = score(model, split).highest

    return work


def refinement_of(workload: Workload) -> Refinement:
    """Make the trained module for a workload, the same each time."""
    return Refinement(workload.lexicon(), workload.sizes.features + 5, torch.Generator().manual_seed(0))


def draws(split: EncodedSplit, batch: int) -> Callable[[], NDArray[np.int64]]:
    """Return a function that draws the sentences of a batch, in the same order each time it is made."""
    generator = np.random.default_rng(0)
    sentences = len(split.sentence_images)

    def draw() -> NDArray[np.int64]:
        drawn: NDArray[np.int64] = generator.choice(sentences, batch, replace=False)
        return drawn

    return draw
