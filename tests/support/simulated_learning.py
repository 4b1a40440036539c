"""Run folders whose trained systems follow power laws, so that their learning curves can be fitted."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
from simulated_run import LEVELS, TRAIN_IMAGES, SimulatedRun, share_of

from bench.stats import PowerLaw
from bench.store.records import UNTRAINED, TrialKey

FRACTIONS = (0.01, 0.05, 0.1, 0.25, 0.5, 1.0)
LAWS = {"sprm": PowerLaw(c=0.62, a=0.35, b=0.4), "refinement": PowerLaw(c=0.60, a=0.90, b=0.35)}
"""Refinement is as accurate as the prior, 0.52, with about 1,000 images, and sprm with 13."""


@dataclass(frozen=True)
class LearningRun(SimulatedRun):
    """A run whose systems learn by `LAWS`."""

    fractions: tuple[float, ...] = FRACTIONS
    types: int = 0
    """Entity types, of which each third phrase has the first; 0 for those of every simulated run."""

    def level(self, key: TrialKey) -> float:
        """Return the expected accuracy of a trial's system."""
        if key.fraction == UNTRAINED:
            return LEVELS[key.system]
        return float(LAWS[key.system].predict(share_of(key.fraction) * TRAIN_IMAGES))

    def phrases(self) -> pd.DataFrame:
        """Return the test phrases."""
        found = super().phrases()
        if not self.types:
            return found
        names = [f"type {0 if i % 3 == 0 else i % self.types}" for i in range(len(found))]
        return found.assign(category=names)


@dataclass(frozen=True)
class SizedRun(LearningRun):
    """A run on nested corpora of three sizes; with one entity type, as every type takes curves over many amounts."""

    fractions: tuple[float, ...] = (0.05, 0.1, 0.25, 0.5, 1.0)
    sizes: tuple[int, ...] = (100, 300, 1000)
    images: int = 100
    types: int = 1
