"""What a stratifier and a metric have to keep to, a function a check."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bench.conformance.corpus import RULES
from bench.conformance.finding import Check, Failed, Skipped
from bench.protocol.stratifier import STRATA, strata_of
from bench.subsets.stratified import subsets
from sprm.corpus.box_matches import match_boxes
from sprm.corpus.dataset import Dataset
from sprm.evaluation.metric import METRICS, values_of


@dataclass(frozen=True)
class Named:
    """A stratifier or a metric on the small corpus.

    Attributes:
        name: of it.
        dataset: the small corpus.
    """

    name: str
    dataset: Dataset


def strata(named: Named) -> str:
    """It returns the strata of each image."""
    found = strata_of(named.name, named.dataset.train)
    count = len(frozenset[str]().union(*found))
    return f"{count} strata in {len(found)} images"


def same_strata(named: Named) -> None:
    """The same images are in the same strata."""
    if strata_of(named.name, named.dataset.train) != strata_of(named.name, named.dataset.train):
        raise Failed("asked again, it returns other strata")


def subsets_of_strata(named: Named) -> None:
    """Subsets can be drawn by it."""
    found = strata_of(named.name, named.dataset.train)
    (half,) = subsets(found, [len(found) // 2], np.random.default_rng(0))
    if len(half) != len(found) // 2:
        raise Failed(f"half of {len(found)} images are {len(half)}")


def strata_in_words(named: Named) -> None:
    """It says what images are divided by, unless by nothing."""
    by = STRATA.by_name()[named.name].by
    if by is None:
        raise Skipped("it divides images by nothing")
    if not isinstance(by, str) or not by.strip():
        raise Failed(f"by is {by!r}; expected the end of a sentence, such as 'entity type'")


def values(named: Named) -> None:
    """It returns a value in [0, 1] for every box."""
    values_of(named.name, match_boxes(named.dataset.test, RULES))


def same_values(named: Named) -> None:
    """The same boxes have the same values."""
    matches = match_boxes(named.dataset.test, RULES)
    if values_of(named.name, matches).tobytes() != values_of(named.name, matches).tobytes():
        raise Failed("asked again, it returns other values")


def metric_in_words(named: Named) -> None:
    """It has a title and a definition."""
    metric = METRICS.by_name()[named.name]
    if not metric.title.strip() or not metric.definition.strip():
        raise Failed("expected a title and a definition, which tables show")


STRATIFIER_CHECKS: tuple[Check[Named], ...] = (strata, same_strata, subsets_of_strata, strata_in_words)
METRIC_CHECKS: tuple[Check[Named], ...] = (values, same_values, metric_in_words)
