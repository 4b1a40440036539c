"""Outcomes of a system whose accuracy follows a known learning curve."""

from __future__ import annotations

import numpy as np

from bench.stats.calibration.simulation import AMOUNTS, IMAGES, LAW, following, simulated
from bench.stats.curves.power_law import PowerLaw

__all__ = ["AMOUNTS", "LAW", "drawn", "exact"]


def exact(law: PowerLaw = LAW, seeds: int = 5, images: int = 60) -> tuple[np.ndarray, np.ndarray]:
    """Counts (amounts, seeds, images) and phrases whose accuracies are on the curve, with spread around them.

    Images and seeds depart from the curve by amounts that cancel, so what is measured is the curve itself.
    """
    phrases = np.full(images, 4.0)
    image = np.linspace(-0.2, 0.2, images)
    seed = np.linspace(-0.01, 0.01, seeds)[:, None] if seeds > 1 else np.zeros((1, 1))
    return phrases * (law.predict(AMOUNTS)[:, None, None] + seed + image), phrases


def drawn(
    rng: np.random.Generator, law: PowerLaw = LAW, seeds: int = 5, images: int = IMAGES
) -> tuple[np.ndarray, np.ndarray]:
    """Counts (amounts, seeds, images) and phrases of one simulated study, of which the curve is the truth."""
    study = simulated(following(law, family="one"), seeds, rng, images)
    return study.correct, study.phrases
