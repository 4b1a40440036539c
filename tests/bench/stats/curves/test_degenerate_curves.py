"""Learning curves, and all that rests on them, on every kind of bad input: a named status, and no number.

That nothing is raised and no warning given is in each test: warnings are errors here.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from simulated_curve import AMOUNTS, LAW, exact

from bench.stats import (
    LearningCurve,
    amount_to_match,
    crossed_resamples,
    data_multiplier,
    learning_curve,
    n_95,
    simultaneous_band,
)


def curve(change: Callable[[np.ndarray], object], phrases: np.ndarray, seeds: int = 5) -> LearningCurve:
    counts = [change(each) for each in exact(images=60)[0]]
    return learning_curve(counts, AMOUNTS, crossed_resamples(seeds, phrases, np.random.default_rng(0), 50))  # type: ignore[arg-type]


def spoilt(value: float) -> Callable[[np.ndarray], np.ndarray]:
    def change(counts: np.ndarray) -> np.ndarray:
        counts = counts.copy()
        counts[1, 2] = value
        return counts

    return change


FULL_PHRASES = exact(images=60)[1]
ALREADY, BETWEEN = "already at the smallest amount", "between measured amounts"
FAULTY_CURVES = {
    "one image": (lambda one: one[:, :1], FULL_PHRASES[:1], "no spread", "no spread", BETWEEN),
    "all correct": (lambda one: 0 * one + 4, FULL_PHRASES, "constant", "no spread", ALREADY),
    "all wrong": (lambda one: 0 * one, FULL_PHRASES, "constant", "no spread", ALREADY),
    "NaN": (spoilt(math.nan), FULL_PHRASES, "nan", "nan", "no curve"),
    "infinite": (spoilt(math.inf), FULL_PHRASES, "nan", "nan", "no curve"),
    "no seeds": (lambda one: one[:0], FULL_PHRASES, "empty", "empty", "no curve"),
    "no images": (lambda one: one[:, :0], FULL_PHRASES[:0], "empty", "empty", "no curve"),
    "no phrases": (lambda one: 0 * one, 0 * FULL_PHRASES, "empty", "empty", "no curve"),
    "unequal seeds": (
        lambda one: one[: 4 if one.mean() > 2.2 else 5],
        FULL_PHRASES,
        "unequal seeds",
        "unequal seeds",
        "no curve",
    ),
}


@pytest.mark.parametrize("fault", FAULTY_CURVES)
def test_a_curve_and_all_that_rests_on_it_name_the_fault(fault: str) -> None:
    change, phrases, status, of_band, of_need = FAULTY_CURVES[fault]
    found, whole = curve(change, phrases), curve(lambda one: one, FULL_PHRASES)
    assert found.status == status
    assert found.fit.reason
    band = simultaneous_band(found)
    assert band.status == of_band
    assert all(math.isnan(end) for at in band.intervals for end in (at.low, at.high))
    is_readable = of_need != "no curve"
    assert n_95(found).status == of_need
    assert amount_to_match(found, np.zeros((1, len(phrases)))).status == (ALREADY if is_readable else "no curve")
    assert math.isnan(n_95(found).interval.low)
    (at,) = found.predict([AMOUNTS[-1]])
    assert math.isnan(at.accuracy)
    if len(phrases) == len(FULL_PHRASES) and phrases.any():
        rivals = data_multiplier(whole, found)
        possible = {ALREADY, "not reached by the largest amount"} if is_readable else {"no curve"}
        assert {one.status.value for one in rivals} <= possible
        assert all(math.isnan(number) for one in rivals for number in (one.value, one.interval.low, one.interval.high))
        multiples = data_multiplier(found, whole)
        assert len(multiples) == len(AMOUNTS)
        known = status == "constant"
        expected = {"never", ALREADY} if known else {"no accuracy to reach", "unequal seeds"}
        assert {one.status.value for one in multiples} <= expected
        assert all(math.isnan(one.value) for one in multiples)


@pytest.mark.parametrize("seeds", [1, 5])
def test_a_curve_of_one_training_or_of_the_same_one_repeated_has_intervals_over_images(seeds: int) -> None:
    found = curve(lambda one: np.repeat(one[:1], seeds, axis=0), FULL_PHRASES, seeds)
    assert found.status == "ok"
    assert {point.status.value for point in found.points} == {"one seed" if seeds == 1 else "identical seeds"}
    assert all(math.isnan(point.p) for point in found.points)
    assert n_95(found).status == "ok"
    assert simultaneous_band(found).status == "ok"
    assert {one.status.value for one in data_multiplier(found, found)} == {"ok"}
    assert amount_to_match(found, 4 * np.full((1, 60), LAW.predict(AMOUNTS[3]))).status == "ok"


def test_curves_of_unequal_seeds_are_not_compared() -> None:
    one, other = curve(lambda counts: counts[:3], FULL_PHRASES, 3), curve(lambda counts: counts, FULL_PHRASES)
    assert {found.status.value for found in data_multiplier(one, other)} == {"unequal seeds"}
    assert amount_to_match(other, np.ones((2, 60))).status == "unequal seeds"
    missing = np.full((1, 60), math.nan)
    assert amount_to_match(other, missing).status == "no accuracy to reach"
