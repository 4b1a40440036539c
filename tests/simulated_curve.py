"""Outcomes of a system whose accuracy follows a known learning curve."""

from __future__ import annotations

import numpy as np

from bench.stats.power_law import PowerLaw

AMOUNTS = np.array([0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 1.0]) * 29_783
"""Training images of the fractions of the default run."""
LAW = PowerLaw(c=0.6, a=1.2, b=0.4)


def exact(law: PowerLaw = LAW, seeds: int = 5, images: int = 60) -> tuple[np.ndarray, np.ndarray]:
    """Counts (amounts, seeds, images) and phrases whose accuracies are on the curve, with spread around them.

    Images and seeds depart from the curve by amounts that cancel, so what is measured is the curve itself.
    """
    phrases = np.full(images, 4.0)
    image = np.linspace(-0.2, 0.2, images)
    seed = np.linspace(-0.01, 0.01, seeds)[:, None] if seeds > 1 else np.zeros((1, 1))
    return phrases * (law.predict(AMOUNTS)[:, None, None] + seed + image), phrases


def drawn(
    rng: np.random.Generator, law: PowerLaw = LAW, seeds: int = 5, images: int = 300
) -> tuple[np.ndarray, np.ndarray]:
    """Counts (amounts, seeds, images) and phrases of one simulated study.

    Images differ in difficulty at every amount alike, each training is off by a point, and has its luck with each
    image. No probability is clipped for accuracies between 0.25 and 0.75, so the curve is the truth.
    """
    phrases = rng.integers(3, 14, images)
    difficulty = rng.uniform(-0.2, 0.2, images)
    run = rng.normal(0, 0.01, (len(AMOUNTS), seeds, 1)).clip(-0.03, 0.03)
    luck = rng.uniform(-0.02, 0.02, (len(AMOUNTS), seeds, images))
    return rng.binomial(phrases, law.predict(AMOUNTS)[:, None, None] + difficulty + run + luck), phrases
