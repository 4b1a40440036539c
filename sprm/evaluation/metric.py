"""What a metric is: a value in [0, 1] for the boxes that a system scores highest, and how phrases are averaged."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from sprm.corpus.box_matches import BoxMatches
from sprm.errors import PluginError
from sprm.registry import Registry
from sprm.settings import Ties

ACCURACY = "correct"
"""Name of the metric that models are selected by and, unless a protocol says otherwise, that claims are about."""
DEFAULT_METRICS = (ACCURACY, "iou", "pointing")
"""Names of the metrics that a protocol shows where it names none, and that items of every version hold."""
TIED = "tied"
"""Name of the column that counts the boxes that share the highest score."""
CONFIDENCE = "confidence"
"""Name of the column of the probability that a system gives to its answer."""


def under(metric: str, ties: Ties) -> str:
    """Return the name of the column of a metric's values where ties are settled by a rule."""
    return f"{metric}_{ties}"


NO_METRICS = ("image_id", "sentence_id", "phrase", "category", "box", "score", TIED, CONFIDENCE)
"""What the other columns of a trial's items are called, beside those of the metrics under each rule for ties."""
Values: TypeAlias = NDArray[np.bool_] | NDArray[np.float64]


@dataclass(frozen=True)
class Metric:
    """A metric; its mean over phrases describes a system.

    Attributes:
        title: its name in tables.
        definition: what its mean is, as the end of a sentence.
        of_boxes: returns the value in [0, 1] of every box as an answer, packed as the matches are.
        boxes: how many of the highest-scoring boxes answer a phrase, which is worth what the best of them is.
    """

    title: str
    definition: str
    of_boxes: Callable[[BoxMatches], Values]
    boxes: int = 1


@dataclass(frozen=True)
class TypeMean:
    """A metric of phrases, averaged within each entity type first; it describes, and decides no claim.

    Attributes:
        title: its name in tables.
        definition: what it is, as the end of a sentence.
        of: name of the metric that is averaged.
    """

    title: str
    definition: str
    of: str


class Metrics(Registry[Metric | TypeMean]):
    """Metrics by their names, which are those of their columns."""

    def add(self, name: str, thing: Metric | TypeMean) -> None:
        """Add a metric.

        Raises:
            ValueError: another has its name, or a trial's items call something else so.
        """
        if name in NO_METRICS:
            raise ValueError(f"no metric can be called {name!r}, as other columns are called {', '.join(NO_METRICS)}")
        if name.rpartition("_")[2] in set(Ties):
            raise ValueError(f"no metric can be called {name!r}, as its end names a rule for ties")
        super().add(name, thing)

    def of_phrases(self) -> Mapping[str, Metric]:
        """Return those that every phrase has a value of, each of which is a column of a trial's items."""
        return {name: metric for name, metric in self.by_name().items() if isinstance(metric, Metric)}

    def column(self, name: str) -> str:
        """Return the name of the column that a metric is computed from."""
        metric = self.by_name()[name]
        return metric.of if isinstance(metric, TypeMean) else name


def values_of(name: str, matches: BoxMatches) -> Values:
    """Return a metric's value for every box, packed as the matches are.

    Raises:
        PluginError: the metric raises an error, or does other than it has to.
    """
    metric = METRICS.of_phrases()[name]
    with METRICS.blamed(f"metric {name}", metric.of_boxes):
        values = metric.of_boxes(matches)
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
