from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hand_made_evidence import evidence

from bench.analysis.curves import curve, mean_over_types
from bench.analysis.evidence import Evidence
from bench.analysis.outcomes import Outcomes
from bench.analysis.outcomes import TestSet as Phrases
from bench.store.records import TrialKey

PHRASES = np.array([2, 1])


def test_other_metrics_are_those_of_the_protocol() -> None:
    whole = evidence({("prior", 0): [[1, 1]], ("sprm", 1.0): [[2, 0], [1, 1]]}, PHRASES, fractions=(1.0,), seeds=2)
    assert {tuple(point.others) for point in curve(whole)} == {("iou", "pointing")}


def test_the_interval_of_an_accuracy_ends_where_accuracies_do() -> None:
    nearly_none = evidence({("sprm", 1.0): [[0, 0], [2, 0]]}, PHRASES, fractions=(1.0,), seeds=2)
    nearly_all = evidence({("sprm", 1.0): [[2, 1], [0, 1]]}, PHRASES, fractions=(1.0,), seeds=2)
    (low,), (high,) = curve(nearly_none), curve(nearly_all)
    assert low.accuracy.low == 0 < low.accuracy.estimate < low.accuracy.high
    assert high.accuracy.low < high.accuracy.estimate < high.accuracy.high == 1


def of_types(outcomes: list[list[int]], types: list[str], image: list[int]) -> Evidence:
    """Evidence of one trained system whose phrases are right as given, (seeds, phrases)."""
    sizes = np.bincount(image)
    made = evidence(
        {("sprm", 1.0): np.zeros((len(outcomes), len(sizes)))}, sizes, fractions=(1.0,), seeds=len(outcomes)
    )
    members = {name: np.array([name in own.split("/") for own in types]) for name in ("people", "animals")}
    test = Phrases(np.array(image), len(sizes), len(sizes), members)
    answers = {TrialKey("sprm", "1", seed): {"correct": np.array(row, float)} for seed, row in enumerate(outcomes)}
    return replace(made, outcomes=Outcomes(test, answers))


def test_the_mean_over_entity_types_counts_each_type_the_same_and_a_phrase_of_two_in_both() -> None:
    types = ["people", "people", "people", "people/animals", "animals", "people"]
    made = of_types([[1, 1, 1, 0, 1, 1], [1, 1, 0, 0, 0, 1]], types, [0, 0, 1, 1, 2, 2])
    found = mean_over_types(made, "sprm", made.fractions["1"], "correct")
    # 4 of 5 and 3 of 5 people, 1 of 2 and 0 of 2 animals.
    assert found.estimate == pytest.approx(((0.8 + 0.6) / 2 + (0.5 + 0.0) / 2) / 2)


def test_the_standard_error_of_the_mean_over_types_is_that_of_resampled_images() -> None:
    rng = np.random.default_rng(0)
    sizes = rng.integers(3, 12, 200)
    image = np.repeat(np.arange(200), sizes)
    types = np.where(rng.random(len(image)) < 0.15 + 0.3 * rng.random(200)[image], "animals", "people")
    hard = rng.normal(0, 0.15, 200)[image]
    right = (rng.random(len(image)) < np.where(types == "people", 0.8, 0.3) + hard).astype(int)
    made = of_types([right.tolist()] * 2, types.tolist(), image.tolist())
    found = mean_over_types(made, "sprm", made.fractions["1"], "correct")
    of_type = [(image[types == name], right[types == name]) for name in ("people", "animals")]
    counts = np.array([[np.bincount(at, own, 200), np.bincount(at, minlength=200)] for at, own in of_type])
    draws = []
    for _ in range(2000):
        weights = np.bincount(rng.integers(200, size=200), minlength=200)
        sums = counts @ weights
        draws.append((sums[:, 0] / sums[:, 1]).mean())
    assert found.se == pytest.approx(np.std(draws), rel=0.07)
