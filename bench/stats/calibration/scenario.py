"""A question put to simulated studies whose truth is known, and how often the answer should be yes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from bench.stats.calibration.simulation import AMOUNTS, IMAGES, Study, System
from bench.stats.curves.curve_bootstrap import crossed_resamples
from bench.stats.curves.learning_curve import LearningCurve, learning_curve

ALPHA = 0.05
SEEDS = 5
CURVE_DRAWS = 500
"""Fewer than in a report, because their noise averages out over the studies."""
REJECTS = (0.03, 0.08)
COVERS = (0.92, 0.98)
AT_MOST = (0.0, 0.08)
"""For methods that promise no more than a bound."""
AT_LEAST = (COVERS[0], 1.0)
"""For intervals that may be wide: a loss that hardly shows in a small study leaves the amount hardly bounded."""
BOTH = "images and trainings"
"""What most methods generalise over."""


@dataclass(frozen=True, eq=False)
class Case:
    """One simulated study, put to any number of questions.

    Attributes:
        study: its outcomes.
        origin: where the chance of the methods themselves comes from, anew for each question.
    """

    study: Study
    origin: tuple[int, ...]

    @property
    def correct(self) -> NDArray[np.int64]:
        """Phrases answered correctly, (systems, seeds, images)."""
        return self.study.correct

    @property
    def phrases(self) -> NDArray[np.int64]:
        """Phrases in each image, (images,)."""
        return self.study.phrases

    def first(self, seeds: int) -> Case:
        """Return the same study as it was after its first so many trainings."""
        return Case(Study(self.correct[:, :seeds], self.phrases), self.origin)

    def independent(self, initialisations: int) -> Case:
        """Return, of crossed seeds, the trainings of subset k with initialisation k, which share neither."""
        systems, seeds, images = self.correct.shape
        grid = self.correct.reshape(systems, seeds // initialisations, initialisations, images)
        places = np.arange(min(grid.shape[1:3]))
        return Case(Study(grid[:, places, places], self.phrases), self.origin)

    @property
    def rng(self) -> np.random.Generator:
        """A generator that starts at the origin."""
        return np.random.default_rng(self.origin)

    @cached_property
    def curves(self) -> tuple[LearningCurve, ...]:
        """The learning curve of each run of systems over `AMOUNTS`, fitted once for all questions."""
        _, seeds, images = self.correct.shape
        resamples = crossed_resamples(seeds, self.phrases, self.rng, CURVE_DRAWS)
        runs = self.correct.reshape(-1, len(AMOUNTS), seeds, images)
        return tuple(learning_curve(list(run), AMOUNTS, resamples) for run in runs)


Question = Callable[[Case], float | None]
"""Does the method reject the null that is true here, or hold the truth in its interval?

True or false, or a share between them; None where there is nothing to ask.
"""


@dataclass(frozen=True)
class Scenario:
    """One line of the calibration table.

    Attributes:
        method: what is put to the test.
        truth: the null hypothesis that is true, or the quantity an interval should hold.
        systems: what is simulated.
        question: what is asked of each study.
        target: lowest and highest good rate of yes; None for a method shown for contrast.
        seeds: trainings of each system.
        over: what the method generalises over.
        images: test images.
        once: the same question of a design that tests once, which the method must not be wrong more often than; None
            where there is no such design.
        note: what stands in the place of a target where there is none.
    """

    method: str
    truth: str
    systems: tuple[System, ...]
    question: Question
    target: tuple[float, float] | None
    seeds: int = SEEDS
    over: str = BOTH
    images: int = IMAGES
    once: Question | None = None
    note: str = "for contrast"
