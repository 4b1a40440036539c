"""Every public function of outcomes on every kind of bad input: a named status, and never a p-value out of nothing.

That nothing is raised and no warning given is in each test: warnings are errors here.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest

from bench.stats import (
    Estimate,
    NonInferiority,
    area_under_curve,
    benjamini_hochberg,
    cohens_h,
    crossed_draws,
    holm,
    kept_at_least,
    minimum_detectable_effect,
    non_inferiority,
    probability_of_improvement,
    retention,
    seeds_needed,
    sign_flip_test,
    smallest_competitive,
    trend_test,
    two_way_difference,
    two_way_mean,
    variance_components,
)

SEEDS, IMAGES, PHRASES = 4, 40, 6


@dataclass(frozen=True)
class Outcomes:
    """Two trained systems and an untrained one, (seeds, images) each, of the same images."""

    a: np.ndarray
    b: np.ndarray
    prior: np.ndarray
    phrases: np.ndarray


@dataclass(frozen=True)
class Answer:
    """What a method said: its status, and its p-values and bounds, which are NaN where it has none."""

    status: str
    p_values: tuple[float, ...] = ()
    bounds: tuple[float, ...] = ()


def good() -> Outcomes:
    rng = np.random.default_rng(1)
    phrases = rng.integers(2, PHRASES, IMAGES)
    difficulty = rng.uniform(-0.2, 0.2, IMAGES)
    a, b = (rng.binomial(phrases, mean + difficulty, (SEEDS, IMAGES)).astype(float) for mean in (0.7, 0.6))
    prior = np.tile(rng.binomial(phrases, 0.25 + difficulty), (SEEDS, 1)).astype(float)
    return Outcomes(a, b, prior, phrases)


def each(change: Callable[[np.ndarray], np.ndarray]) -> Outcomes:
    """The good outcomes with every system changed in one way."""
    whole = good()
    return Outcomes(change(whole.a), change(whole.b), change(whole.prior), whole.phrases)


def with_missing(which: str, value: float) -> Outcomes:
    whole = good()
    spoilt = getattr(whole, which).copy()
    spoilt[1, 2] = value
    return Outcomes(**{**vars(whole), which: spoilt})


def of_images(images: slice) -> Outcomes:
    whole = good()
    return Outcomes(whole.a[:, images], whole.b[:, images], whole.prior[:, images], whole.phrases[images])


def without_phrases() -> Outcomes:
    whole = good()
    return Outcomes(0 * whole.a, 0 * whole.b, 0 * whole.prior, 0 * whole.phrases)


def unequal() -> Outcomes:
    whole = good()
    return Outcomes(whole.a, whole.b[:2], whole.prior[:3], whole.phrases)


INPUTS = {
    "one seed": each(lambda one: one[:1]),
    "one image": of_images(slice(1)),
    "all correct": each(lambda one: np.broadcast_to(good().phrases.astype(float), one.shape)),
    "all wrong": each(lambda one: 0 * one),
    "NaN": with_missing("a", math.nan),
    "NaN in the other": with_missing("b", math.nan),
    "infinite": with_missing("a", math.inf),
    "no seeds": each(lambda one: one[:0]),
    "no images": of_images(slice(0)),
    "no phrases": without_phrases(),
    "unequal seeds": unequal(),
    "identical seeds": each(lambda one: np.repeat(one[:1], SEEDS, axis=0)),
}
STATUSES = {
    "one seed": "one seed",
    "one image": "one image",
    "all correct": "constant",
    "all wrong": "constant",
    "NaN": "nan",
    "NaN in the other": "nan",
    "infinite": "nan",
    "no seeds": "empty",
    "no images": "empty",
    "no phrases": "empty",
    "unequal seeds": "unequal seeds",
    "identical seeds": "identical seeds",
}


def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def of_estimate(found: Estimate) -> Answer:
    return Answer(found.status, (found.p,), (found.low, found.high))


def of_non_inferiority(found: NonInferiority) -> Answer:
    return Answer(found.loss.status, (found.loss.p, found.p), (found.loss.low, found.loss.high))


def the_sequence(given: Outcomes) -> Answer:
    found = smallest_competitive({1.0: given.a, 0.5: given.b}, given.phrases, 0.02)
    assert found.smallest is None
    return of_non_inferiority(found.steps[0].outcome)


def the_retention(given: Outcomes) -> Answer:
    found = retention(given.b, given.a, given.prior, given.phrases)
    if found.share is None:
        return of_estimate(found.gain)
    return Answer(found.share.status, (), (found.share.low, found.share.high))


def the_sign_flip(given: Outcomes) -> Answer:
    found = sign_flip_test(given.a, given.b, given.phrases, rng(), 99)
    return Answer(found.status, (found.p,))


def the_components(given: Outcomes) -> Answer:
    return Answer(variance_components(given.a, given.phrases).status)


def the_detectable_effect(given: Outcomes) -> Answer:
    found = minimum_detectable_effect(variance_components(given.a, given.phrases), 5, 300)
    return Answer(found.status, (), (found.effect,))


PAIRED: dict[str, Callable[[Outcomes], Answer]] = {
    "two_way_difference": lambda given: of_estimate(two_way_difference(given.a, given.b, given.phrases)),
    "non_inferiority": lambda given: of_non_inferiority(non_inferiority(given.a, given.b, given.phrases, 0.02)),
    "smallest_competitive": the_sequence,
    "retention": the_retention,
    "kept_at_least": lambda given: of_estimate(kept_at_least(given.b, given.a, given.prior, given.phrases, 0.8)),
    "sign_flip_test": the_sign_flip,
    "area_under_curve": lambda given: of_estimate(area_under_curve([given.b, given.a], [100, 200], given.phrases)),
}
ALONE: dict[str, Callable[[Outcomes], Answer]] = {
    "two_way_mean": lambda given: of_estimate(two_way_mean(given.a, given.phrases)),
    "variance_components": the_components,
    "minimum_detectable_effect": the_detectable_effect,
}
OF_ONE_SYSTEM = ("unequal seeds", "NaN in the other")
"""Inputs in which the first system has no fault."""
WITHOUT_TRAININGS = ("one seed", "identical seeds")
"""Inputs that suffice for a test of these models on new images."""


def check(answer: Answer, status: str) -> None:
    assert answer.status == status
    assert all(math.isnan(p) for p in answer.p_values)
    if status not in WITHOUT_TRAININGS:
        assert all(math.isnan(bound) for bound in answer.bounds)


def test_without_a_fault_there_are_p_values_and_bounds() -> None:
    for method in (*PAIRED.values(), *ALONE.values()):
        answer = method(good())
        assert answer.status == "ok"
        assert all(math.isfinite(value) for value in (*answer.p_values, *answer.bounds))


@pytest.mark.parametrize("fault", INPUTS)
@pytest.mark.parametrize("method", PAIRED)
def test_a_method_for_several_systems_names_the_fault(method: str, fault: str) -> None:
    answer = PAIRED[method](INPUTS[fault])
    if method == "sign_flip_test" and fault in WITHOUT_TRAININGS:
        assert answer.status == "ok"
        assert 0 < answer.p_values[0] <= 1
    else:
        check(answer, STATUSES[fault])


@pytest.mark.parametrize("fault", [fault for fault in INPUTS if fault not in OF_ONE_SYSTEM])
@pytest.mark.parametrize("method", ALONE)
def test_a_method_for_one_system_names_the_fault(method: str, fault: str) -> None:
    answer = ALONE[method](INPUTS[fault])
    if method == "minimum_detectable_effect":
        assert math.isnan(answer.bounds[0])
    check(answer, STATUSES[fault])


@pytest.mark.parametrize("fault", [fault for fault in INPUTS if fault not in OF_ONE_SYSTEM])
def test_what_allows_no_test_leaves_the_seeds_needed_unknown(fault: str) -> None:
    given = INPUTS[fault]
    found = seeds_needed(variance_components(given.a, given.phrases), 300, 0.02)
    assert (found.seeds, found.status) == (None, "unknown")


@pytest.mark.parametrize("fault", ["NaN", "infinite", "no seeds", "no images", "no phrases"])
def test_there_are_no_draws_of_outcomes_that_are_not_there(fault: str) -> None:
    drawn = crossed_draws([INPUTS[fault].a], INPUTS[fault].phrases, rng(), 9)
    assert np.isnan(drawn).all()


FAULTY_TABLES = {
    "one seed": ("one seed", lambda table: table[:1]),
    "one fraction": ("too few fractions", lambda table: table[:, :1]),
    "all correct": ("constant", lambda table: 0 * table + 1),
    "all wrong": ("constant", lambda table: 0 * table),
    "NaN": ("nan", lambda table: np.where(table == table[1, 1], math.nan, table)),
    "infinite": ("nan", lambda table: np.where(table == table[1, 1], math.inf, table)),
    "no seeds": ("empty", lambda table: table[:0]),
    "no fractions": ("empty", lambda table: table[:, :0]),
    "identical seeds": ("identical seeds", lambda table: np.repeat(table[:1], 4, axis=0)),
}


@pytest.mark.parametrize("fault", FAULTY_TABLES)
def test_a_trend_names_the_fault(fault: str) -> None:
    status, spoil = FAULTY_TABLES[fault]
    found = trend_test(spoil(0.5 + 0.1 * np.random.default_rng(0).random((4, 5))))
    assert found.status == status
    assert math.isnan(found.p)


@pytest.mark.parametrize(
    ("a", "b", "status"),
    [
        ([0.5], [0.4], "ok"),
        ([1.0, 1.0], [1.0, 1.0], "ok"),
        ([0.0, 0.0], [0.0, 0.0], "ok"),
        ([0.5, 0.6, 0.7], [0.5, 0.6], "ok"),
        ([0.5, math.nan], [0.5, 0.6], "nan"),
        ([0.5, math.inf], [0.5, 0.6], "nan"),
        ([], [0.5], "empty"),
    ],
)
def test_an_improvement_is_described_or_named_and_never_tested(a: list[float], b: list[float], status: str) -> None:
    found = probability_of_improvement(a, b)
    assert found.status == status
    assert math.isnan(found.probability) == (status != "ok")
    assert not hasattr(found, "p")


def test_what_was_not_tested_has_no_adjusted_p_value_and_no_effect_size() -> None:
    for adjust in (holm, benjamini_hochberg):
        assert np.isnan(adjust([math.nan, math.nan])).all()
        assert np.isnan(adjust([0.01, math.nan])).tolist() == [False, True]
    assert math.isnan(cohens_h(math.nan, 0.5))
