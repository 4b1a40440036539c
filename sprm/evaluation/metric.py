"""What a metric is: a value in [0, 1] that every box of an image has as an answer to a phrase."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from sprm.corpus.box_matches import BoxMatches
from sprm.errors import PluginError
from sprm.registry import Registry
from sprm.settings import Ties

ACCURACY = "correct"
"""Name of the metric that models are selected by and that claims are about."""
TIED = "tied"
"""Name of the column that counts the boxes that share the highest score."""


def correct_under(ties: Ties) -> str:
    """Return the name of the column that says how correct answers are where ties are settled by a rule."""
    return f"{ACCURACY}_{ties}"


NO_METRICS = ("image_id", "sentence_id", "phrase", "category", "box", "score", TIED, *map(correct_under, Ties))
"""What the other columns of a trial's items are called."""
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


class Metrics(Registry[Metric]):
    """Metrics by the names of their columns."""

    def add(self, name: str, thing: Metric) -> None:
        """Add a metric.

        Raises:
            ValueError: another has its name, or a trial's items call something else so.
        """
        if name in NO_METRICS:
            raise ValueError(f"no metric can be called {name!r}, as other columns are called {', '.join(NO_METRICS)}")
        super().add(name, thing)


def values_of(name: str, matches: BoxMatches) -> Values:
    """Return a metric's value for every box, packed as the matches are.

    Raises:
        PluginError: the metric raises an error, or does other than it has to.
    """
    metric = METRICS.by_name()[name]
    try:
        values = metric.of_boxes(matches)
    except Exception as error:
        if METRICS.is_own(metric.of_boxes):
            raise
        raise PluginError(f"metric {name}: {type(error).__name__}: {error}") from error
    shape = np.shape(values)
    if not isinstance(values, np.ndarray) or shape != matches.iou.shape or values.dtype.kind not in "bf":
        found = f"{shape} of {values.dtype}" if isinstance(values, np.ndarray) else type(values).__name__
        raise PluginError(
            f"metric {name}: returns {found}; expected {matches.iou.shape} of bool or floating-point numbers"
        )
    if not ((values >= 0) & (values <= 1)).all():
        raise PluginError(f"metric {name}: returns a value outside of [0, 1]")
    return values


METRICS = Metrics("sprm_bench.metrics", "sprm.evaluation.metrics.*")
"""A metric is added under the name of its column in a trial's items, by a file of `sprm.evaluation.metrics`, or by a
module of another distribution that an entry point of the group `sprm_bench.metrics` names."""
