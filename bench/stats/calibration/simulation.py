"""Studies made up from known parts, so that what a method says can be held against the truth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from bench.stats.curves.power_law import PowerLaw

IMAGES = 300
PHRASES = (3, 13)
"""Fewest and most phrases in an image."""
DIFFICULTY = (0.35, 0.80)
"""Accuracy on the hardest and the easiest image, so far from 0 and 1 that clipping shifts no truth by 0.02 points."""
RUN_SD = 0.01
"""Of the accuracy from training to training: one point, as between trainings of the default run."""
SUIT_SD = 0.07
"""Of how well an image suits a system, whatever the training."""
LUCK_SD = 0.07
"""Of a training's luck with an image, beyond the luck of each phrase."""
AMOUNTS = np.array([0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 1.0]) * 29_783
"""Training images of the fractions of the default run."""
LAW = PowerLaw(c=0.6, a=1.2, b=0.4)
"""A learning curve like that of the default run."""


@dataclass(frozen=True)
class System:
    """A system to be simulated.

    Attributes:
        lost: how much lower its accuracy is than the mean of `DIFFICULTY`, as a share.
        run_sd: spread of its accuracy from training to training.
        suit_sd: spread of how well images suit it.
        family: systems of one family are suited by the same images; those of no family, each by its own.
        initialisations: of crossed seeds, how many there are; the spread of the trainings, which go through them for
            one subset after another, then comes from subset, initialisation and both together in equal parts. None
            where each training is independent of the others.
    """

    lost: float = 0.0
    run_sd: float = RUN_SD
    suit_sd: float = SUIT_SD
    family: str | None = None
    initialisations: int | None = None

    @property
    def accuracy(self) -> float:
        """Its true accuracy, over endless trainings and images."""
        return sum(DIFFICULTY) / 2 - self.lost


@dataclass(frozen=True)
class Study:
    """The outcomes of one simulated study.

    Attributes:
        correct: (systems, seeds, images) phrases answered correctly.
        phrases: (images,) phrases in each image.
    """

    correct: NDArray[np.int64]
    phrases: NDArray[np.int64]


def following(law: PowerLaw, family: str) -> tuple[System, ...]:
    """Return one system after each of `AMOUNTS`, with accuracies on a learning curve."""
    return tuple(System(lost=System().accuracy - accuracy, family=family) for accuracy in law.predict(AMOUNTS).tolist())


def simulated(systems: Sequence[System], seeds: int, rng: np.random.Generator, images: int = IMAGES) -> Study:
    """Simulate a study: each phrase is answered correctly with a chance that depends on image, system and training.

    chance[system, k, i] = difficulty[i] - lost[system] + suit[system, i] + run[system, k] + luck[system, k, i].

    Args:
        systems: what is compared, on the same images.
        seeds: trainings of each system.
        rng: where everything comes from.
        images: test images.
    """
    phrases = rng.integers(PHRASES[0], PHRASES[1], images, endpoint=True)
    difficulty = rng.uniform(*DIFFICULTY, images)
    families: dict[str, NDArray[np.float64]] = {}
    chances = []
    for system in systems:
        suit = rng.normal(0, system.suit_sd, images)
        if system.family is not None:
            suit = families.setdefault(system.family, suit)
        run, luck = _runs(system, seeds, rng), rng.normal(0, LUCK_SD, (seeds, images))
        chances.append(difficulty - system.lost + suit + run + luck)
    return Study(rng.binomial(phrases, np.clip(chances, 0, 1)), phrases)


def _runs(system: System, seeds: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Draw by how much the accuracy of each training departs from the system's, (seeds, 1)."""
    if system.initialisations is None:
        return rng.normal(0, system.run_sd, (seeds, 1))
    subsets, initialisations = seeds // system.initialisations, system.initialisations
    shapes = (subsets, 1), (1, initialisations), (subsets, initialisations)
    by_subset, by_initialisation, by_both = (rng.normal(0, system.run_sd / sqrt(3), shape) for shape in shapes)
    return (by_subset + by_initialisation + by_both).reshape(seeds, 1)
