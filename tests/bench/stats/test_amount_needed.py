from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from simulated_curve import AMOUNTS, LAW, drawn, exact

from bench.stats.amount_needed import NeededStatus, amount_to_match, data_multiplier, n_95
from bench.stats.curve_bootstrap import Resamples, crossed_resamples
from bench.stats.learning_curve import LearningCurve, learning_curve
from bench.stats.power_law import PowerLaw

FULL = float(AMOUNTS[-1])
HUNGRY = PowerLaw(LAW.c, 1.5 * LAW.a, LAW.b)
"""Needs 1.5^(1/0.4) = 2.76 times the data for every accuracy."""
TIMES = 1.5 ** (1 / 0.4)
LOWER = PowerLaw(0.45, 0.5, 0.4)
"""Ends below where the others start."""


def resamples(draws: int = 300) -> Resamples:
    return crossed_resamples(5, exact()[1], np.random.default_rng(7), draws)


def on(law: PowerLaw, draws: int = 300) -> LearningCurve:
    """The curve fitted to points exactly on a law."""
    return learning_curve(exact(law)[0], AMOUNTS, resamples(draws))


ITSELF, RIVAL = on(LAW), on(HUNGRY)


def refused() -> LearningCurve:
    return learning_curve(exact()[0][:3], AMOUNTS[:3], resamples())


def constant(accuracy: float) -> np.ndarray:
    """The counts (1, images) of an untrained system."""
    counts, phrases = exact(PowerLaw(accuracy, 0.0, 1.0), seeds=1)
    assert (counts[0] <= phrases).all()
    return counts[0]


def test_n_95_is_where_the_curve_has_95_percent_of_its_accuracy_at_full_data() -> None:
    found = n_95(on(LAW))
    at_full = 0.6 - 1.2 * FULL**-0.4
    assert found.status is NeededStatus.ok
    assert found.accuracy == pytest.approx(0.95 * at_full)
    assert found.value == pytest.approx((1.2 / (0.6 - 0.95 * at_full)) ** (1 / 0.4), rel=1e-5)
    assert found.interval.low < found.value < found.interval.high


def test_n_95_below_the_smallest_amount_is_said_to_be_reached_already() -> None:
    found = n_95(on(PowerLaw(0.6, 0.05, 0.2)))
    assert found.status is NeededStatus.already
    assert math.isnan(found.value)
    assert found.interval.low == 0


def test_a_rival_that_needs_more_for_every_accuracy_has_that_multiple_at_every_amount() -> None:
    for found in data_multiplier(on(LAW), on(HUNGRY), AMOUNTS[:4]):
        assert found.status is NeededStatus.ok
        assert found.value == pytest.approx(TIMES, rel=1e-4)
        # The two share every departure from their curves, so no draw tells another multiple.
        assert (found.interval.low, found.interval.high) == pytest.approx((TIMES, TIMES), rel=1e-4)


@given(st.floats(AMOUNTS[0], FULL))
def test_the_multiplier_of_a_system_over_itself_is_1(amount: float) -> None:
    (found,) = data_multiplier(ITSELF, ITSELF, [amount])
    assert found.status is NeededStatus.ok
    assert found.value == pytest.approx(1, rel=1e-5)
    assert (found.interval.low, found.interval.high) == pytest.approx((1, 1), rel=1e-5)


@given(st.floats(AMOUNTS[0], FULL / TIMES))
def test_with_the_systems_swapped_the_multiplier_at_the_amount_needed_is_the_inverse(amount: float) -> None:
    (found,) = data_multiplier(ITSELF, RIVAL, [amount])
    (swapped,) = data_multiplier(RIVAL, ITSELF, [found.value * amount])
    assert swapped.value == pytest.approx(1 / found.value, rel=1e-5)


def test_a_multiple_that_ends_beyond_the_largest_amount_is_marked_as_extrapolated() -> None:
    (found,) = data_multiplier(ITSELF, RIVAL, [0.6 * FULL])
    assert found.status is NeededStatus.extrapolated
    assert found.value == pytest.approx(TIMES, rel=1e-4)


def test_a_multiple_that_ends_beyond_twice_the_largest_amount_has_no_value_and_no_upper_end() -> None:
    (found,) = data_multiplier(ITSELF, RIVAL, [FULL])
    assert found.status is NeededStatus.beyond
    assert math.isnan(found.value)
    assert 1 < found.interval.low <= 2
    assert found.interval.high == math.inf


def test_a_rival_whose_limit_is_lower_never_gets_there() -> None:
    (found,) = data_multiplier(ITSELF, on(LOWER), [FULL])
    assert found.status is NeededStatus.never
    assert math.isnan(found.value)
    assert (found.interval.low, found.interval.high) == (2, math.inf)


def test_a_rival_that_starts_higher_had_it_already() -> None:
    (found,) = data_multiplier(on(LOWER), ITSELF, [FULL])
    assert found.status is NeededStatus.already
    assert math.isnan(found.value)
    assert (found.interval.low, found.interval.high) == pytest.approx((0, AMOUNTS[0] / FULL))


@pytest.mark.parametrize("amount", [1.0, 3 * FULL, math.nan])
def test_outside_the_amounts_of_the_system_there_is_no_multiple(amount: float) -> None:
    (found,) = data_multiplier(ITSELF, RIVAL, [amount])
    assert found.status is NeededStatus.outside
    assert math.isnan(found.value)
    assert math.isnan(found.interval.low)


def test_without_a_fitted_curve_nothing_is_needed_or_saved() -> None:
    found = [
        n_95(refused()),
        amount_to_match(refused(), constant(0.5)),
        *data_multiplier(refused(), ITSELF, [FULL]),
        *data_multiplier(ITSELF, refused(), [FULL]),
    ]
    assert {one.status for one in found} == {NeededStatus.no_curve}
    assert all(math.isnan(one.value) and math.isnan(one.interval.high) for one in found)


def test_curves_drawn_apart_are_not_compared() -> None:
    other = learning_curve(exact()[0], AMOUNTS, crossed_resamples(5, exact()[1], np.random.default_rng(8), 300))
    with pytest.raises(ValueError, match="share"):
        data_multiplier(ITSELF, other, [FULL])


def test_a_constant_system_is_matched_where_the_curve_crosses_it() -> None:
    found = amount_to_match(ITSELF, constant(0.55))
    assert found.accuracy == pytest.approx(0.55)
    assert found.value == pytest.approx(LAW.amount_for(0.55), rel=1e-4)
    repeated = amount_to_match(ITSELF, np.repeat(constant(0.55), 5, axis=0))
    assert repeated.value == pytest.approx(found.value)
    assert repeated.interval.low == pytest.approx(found.interval.low)


@pytest.mark.parametrize(
    ("accuracy", "status"),
    [
        (0.7, NeededStatus.never),
        (0.597, NeededStatus.beyond),
        (0.583, NeededStatus.extrapolated),
        (0.3, NeededStatus.already),
    ],
)
def test_a_constant_system_off_the_measured_curve_has_a_named_status(accuracy: float, status: NeededStatus) -> None:
    found = amount_to_match(ITSELF, constant(accuracy))
    assert found.status is status
    assert math.isnan(found.value) == (status is not NeededStatus.extrapolated)


def test_a_constant_system_with_a_missing_outcome_sets_no_accuracy_to_reach() -> None:
    counts = constant(0.5)
    counts[0, 3] = math.nan
    assert amount_to_match(ITSELF, counts).status is NeededStatus.no_level


def test_a_constant_system_on_other_images_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"60\), got counts \(5, 59\)"):
        amount_to_match(ITSELF, constant(0.5)[:, 1:])


def test_the_multiplier_is_in_its_interval_in_most_simulated_studies() -> None:
    rng = np.random.default_rng(11)
    inside = []
    for _ in range(60):
        correct, phrases = drawn(rng, images=150)
        drawn_together = crossed_resamples(5, phrases, rng, draws=300)
        rival, _ = drawn(rng, HUNGRY, images=150)
        curves = [learning_curve(counts, AMOUNTS, drawn_together) for counts in (correct, rival)]
        (found,) = data_multiplier(*curves, [AMOUNTS[2]])
        if found.status is not NeededStatus.no_curve:
            inside.append(found.interval.low <= TIMES <= found.interval.high)
    assert len(inside) >= 20
    assert np.mean(inside) >= 0.85
