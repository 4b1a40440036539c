"""What a metric is: a value in [0, 1] that every box of an image has as an answer to a phrase."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from sprm.corpus.box_matches import BoxMatches
from sprm.registry import Registry

ACCURACY = "correct"
"""Name of the metric that models are selected by and that claims are about."""
Values: TypeAlias = NDArray[np.bool_] | NDArray[np.float64]


@dataclass(frozen=True)
class Metric:
    """A metric; its mean over phrases describes a system.

    Attributes:
        title: its name in tables.
        definition: what its mean is, as the end of a sentence.
        of_boxes: returns its value in [0, 1] for every box, packed as the matches are.
    """

    title: str
    definition: str
    of_boxes: Callable[[BoxMatches], Values]


def _import_own() -> None:
    for module in pkgutil.iter_modules([str(Path(__file__).with_name("metrics"))]):
        importlib.import_module(f"sprm.evaluation.metrics.{module.name}")


METRICS = Registry[Metric]("sprm_bench.metrics", _import_own)
"""A metric is added under the name of its column in a trial's items, by a file of `sprm.evaluation.metrics`, or by a
module of another distribution that an entry point of the group `sprm_bench.metrics` names."""
