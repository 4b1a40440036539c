from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from simulated_curve import AMOUNTS, LAW, drawn, exact

from bench.stats.calibration.simulation import System, simulated
from bench.stats.curves.amount_needed import AmountNeeded, NeededStatus, amount_to_match, data_multiplier, n_95
from bench.stats.curves.curve_bootstrap import Resamples, crossed_resamples
from bench.stats.curves.learning_curve import LearningCurve, learning_curve
from bench.stats.curves.power_law import PowerLaw

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


STEPS = (10, 50, 100, 250, 500, 1000)
LATE = (0.50, 0.51, 0.51, 0.54, 0.57, 0.61)
"""Flat, then rising ever faster: no power law."""
SLOW = (0.40, 0.42, 0.45, 0.48, 0.51, 0.55)


def refused() -> LearningCurve:
    return learning_curve(exact()[0][:3], AMOUNTS[:3], resamples())


def through(accuracies: tuple[float, ...], steps: tuple[int, ...] = STEPS) -> LearningCurve:
    """A curve that measured these accuracies and follows no power law."""
    one, phrases = exact(PowerLaw(0.5, 0.0, 1.0))
    counts = one[0] + phrases * (np.array(accuracies) - 0.5)[:, None, None]
    found = learning_curve(counts, steps, resamples())
    assert found.law is None
    return found


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
    for found in data_multiplier(ITSELF, RIVAL)[:4]:
        assert found.status is NeededStatus.ok
        assert found.value == pytest.approx(TIMES, rel=1e-4)
        # The two share every departure from their curves, so no draw tells another multiple.
        assert (found.interval.low, found.interval.high) == pytest.approx((TIMES, TIMES), rel=1e-4)


def test_there_is_one_multiple_for_each_amount_of_the_system() -> None:
    found = data_multiplier(ITSELF, RIVAL)
    assert [one.accuracy for one in found] == pytest.approx(LAW.predict(AMOUNTS).tolist())


def test_the_multiplier_of_a_system_over_itself_is_1_at_every_amount() -> None:
    for found in data_multiplier(ITSELF, ITSELF):
        assert found.status is NeededStatus.ok
        assert found.value == pytest.approx(1, rel=1e-5)
        assert (found.interval.low, found.interval.high) == pytest.approx((1, 1), rel=1e-5)


@settings(max_examples=15, deadline=None)
@given(st.floats(0.8, 1.2))
def test_the_multiple_is_where_the_rivals_curve_has_what_the_system_measured(steeper: float) -> None:
    rival = on(PowerLaw(LAW.c, steeper * LAW.a, LAW.b), draws=20)
    assert rival.law is not None
    for found, amount, point in zip(data_multiplier(on(LAW, draws=20), rival), AMOUNTS, ITSELF.points, strict=True):
        if found.status is NeededStatus.ok:
            assert rival.law.predict(found.value * amount) == pytest.approx(point.estimate)


def test_what_the_system_measured_counts_and_not_a_curve_through_it() -> None:
    counts, phrases = exact()
    counts[3] -= 0.02 * phrases
    lowered = learning_curve(counts, AMOUNTS, resamples())
    (*_, found, _, _, _) = data_multiplier(lowered, ITSELF)
    assert found.accuracy == pytest.approx(float(LAW.predict(AMOUNTS[3])) - 0.02)
    assert found.value == pytest.approx(LAW.amount_for(found.accuracy) / AMOUNTS[3], rel=1e-4)


def test_the_system_needs_no_fitted_curve() -> None:
    few = refused()
    assert few.law is None
    found = data_multiplier(few, RIVAL)
    assert [one.status for one in found] == [NeededStatus.ok] * 3
    assert [one.value for one in found] == pytest.approx([TIMES] * 3, rel=1e-4)
    assert all(one.interval.low <= one.value * (1 + 1e-6) for one in found)
    assert all(one.value <= one.interval.high * (1 + 1e-6) for one in found)


def test_a_multiple_that_ends_beyond_the_largest_amount_is_marked_as_extrapolated() -> None:
    found = data_multiplier(ITSELF, on(PowerLaw(LAW.c, 1.2 * LAW.a, LAW.b)))[-1]
    assert found.status is NeededStatus.extrapolated
    assert found.value == pytest.approx(1.2 ** (1 / 0.4), rel=1e-4)


def test_a_multiple_that_ends_beyond_twice_the_largest_amount_has_no_value_and_no_upper_end() -> None:
    found = data_multiplier(ITSELF, RIVAL)[-1]
    assert found.status is NeededStatus.beyond
    assert math.isnan(found.value)
    assert 1 < found.interval.low <= 2
    assert found.interval.high == math.inf


def test_a_rival_whose_limit_is_lower_never_gets_there() -> None:
    found = data_multiplier(ITSELF, on(LOWER))[-1]
    assert found.status is NeededStatus.never
    assert math.isnan(found.value)
    assert (found.interval.low, found.interval.high) == (2, math.inf)


def test_a_rival_that_starts_higher_had_it_already() -> None:
    found = data_multiplier(on(LOWER), ITSELF)[-1]
    assert found.status is NeededStatus.already
    assert math.isnan(found.value)
    assert (found.interval.low, found.interval.high) == pytest.approx((0, AMOUNTS[0] / FULL))


def test_a_system_with_missing_outcomes_has_no_accuracy_for_a_rival_to_reach() -> None:
    counts, _ = exact()
    counts[2, 1, 3] = math.nan
    found = data_multiplier(learning_curve(counts, AMOUNTS, resamples()), RIVAL)
    assert {one.status for one in found} == {NeededStatus.no_level}


def test_systems_with_unequal_seeds_are_not_compared() -> None:
    four = learning_curve(exact(seeds=4)[0], AMOUNTS, crossed_resamples(4, exact()[1], np.random.default_rng(7), 300))
    uneven = learning_curve([*exact()[0][:6], exact()[0][6][:4]], AMOUNTS, resamples())
    found = [*data_multiplier(four, RIVAL), *data_multiplier(uneven, RIVAL)]
    assert len(found) == 14
    assert {one.status for one in found} == {NeededStatus.unequal_seeds}
    assert amount_to_match(ITSELF, np.repeat(constant(0.55), 3, axis=0)).status is NeededStatus.unequal_seeds


def test_a_single_amount_or_missing_outcomes_leave_no_curve_to_read() -> None:
    counts, _ = exact()
    spoilt = counts.copy()
    spoilt[2, 1, 3] = math.nan
    for curve in (
        learning_curve(counts[:1], AMOUNTS[:1], resamples()),
        learning_curve(spoilt, AMOUNTS, resamples()),
        learning_curve([*counts[:6], counts[6][:4]], AMOUNTS, resamples()),
        learning_curve([], [], resamples()),
    ):
        found = [n_95(curve), amount_to_match(curve, constant(0.5)), *data_multiplier(ITSELF, curve)]
        assert {one.status for one in found} == {NeededStatus.no_curve}
        assert all(math.isnan(one.value) and math.isnan(one.interval.high) for one in found)


def test_without_a_power_law_n_95_is_read_between_the_measured_points() -> None:
    found = n_95(through(LATE))
    level = 0.95 * 0.61
    assert found.status is NeededStatus.interpolated
    assert found.accuracy == pytest.approx(level)
    assert found.value == pytest.approx(500 * 2 ** ((level - 0.57) / 0.04))
    assert 500 < found.interval.low < found.value < found.interval.high < 1000


def test_three_amounts_are_too_few_for_a_law_and_enough_to_read_between() -> None:
    found = n_95(refused())
    first, second, last = LAW.predict(AMOUNTS[:3])
    assert found.status is NeededStatus.interpolated
    assert found.value == pytest.approx(AMOUNTS[0] * 5 ** ((0.95 * last - first) / (second - first)))


def test_a_constant_system_is_matched_between_the_points_that_enclose_it() -> None:
    found = amount_to_match(through(LATE), constant(0.555))
    assert found.status is NeededStatus.interpolated
    assert found.value == pytest.approx(250 * 2**0.5)


@pytest.mark.parametrize(
    ("accuracy", "status", "low", "high"),
    [(0.3, NeededStatus.already, 0, 10), (0.7, NeededStatus.not_reached, 1000, math.inf)],
)
def test_a_curve_without_a_law_is_not_followed_beyond_the_measured_amounts(
    accuracy: float, status: NeededStatus, low: float, high: float
) -> None:
    found = amount_to_match(through(LATE), constant(accuracy))
    assert found.status is status
    assert math.isnan(found.value)
    assert (found.interval.low, found.interval.high) == (low, high)


def test_a_rival_without_a_law_has_a_multiple_wherever_it_was_measured_to_be_as_accurate() -> None:
    found = data_multiplier(through(LATE), through(SLOW))
    needed = {10: 250 * 2 ** (2 / 3), 50: 500, 100: 500, 250: 500 * 2**0.75}
    assert [one.status for one in found] == [NeededStatus.interpolated] * 4 + [NeededStatus.not_reached] * 2
    assert [one.value for one in found[:4]] == pytest.approx([amount / n for n, amount in needed.items()])
    # The two share every departure from their curves, so no draw tells another multiple.
    assert [one.interval.low for one in found] == pytest.approx([*(one.value for one in found[:4]), 2, 1], rel=1e-4)
    assert {one.interval.high for one in found[4:]} == {math.inf}
    assert {one.status for one in data_multiplier(through(SLOW), through(LATE))[:4]} == {NeededStatus.already}


def test_the_multiplier_of_a_system_without_a_law_over_itself_is_1_where_it_rises() -> None:
    found = data_multiplier(through(SLOW), through(SLOW))
    assert [one.value for one in found] == pytest.approx([1] * 6)
    assert [one.interval.low for one in found] == pytest.approx([1] * 6)


def test_what_a_curve_measured_at_a_larger_amount_counts_for_one_that_fell() -> None:
    found = amount_to_match(through((0.40, 0.50, 0.46, 0.55, 0.54, 0.56)), constant(0.48))
    assert found.value == pytest.approx(50)


def test_a_curve_that_is_level_has_95_percent_of_its_accuracy_already() -> None:
    found = n_95(through((0.5, 0.5, 0.5), STEPS[:3]))
    assert found.status is NeededStatus.already
    assert (found.interval.low, found.interval.high) == (0, 10)


@settings(max_examples=25, deadline=None)
@given(st.permutations(range(6)))
def test_the_order_in_which_the_amounts_are_given_changes_nothing(order: list[int]) -> None:
    mixed = through(tuple(LATE[i] for i in order), tuple(STEPS[i] for i in order))
    assert n_95(mixed) == n_95(through(LATE))


def test_without_spread_an_amount_has_no_interval() -> None:
    phrases = np.full(60, 4.0)
    counts = [share * np.tile(phrases, (5, 1)) for share in (0.25, 0.5, 0.75)]
    found = n_95(learning_curve(counts, STEPS[:3], crossed_resamples(5, phrases, np.random.default_rng(0), 50)))
    assert found.status is NeededStatus.interpolated
    assert found.value == pytest.approx(50 * 2 ** ((0.95 * 0.75 - 0.5) / 0.25))
    assert math.isnan(found.interval.low)
    assert math.isnan(found.interval.high)


def test_curves_drawn_apart_are_not_compared() -> None:
    other = learning_curve(exact()[0], AMOUNTS, crossed_resamples(5, exact()[1], np.random.default_rng(8), 300))
    with pytest.raises(ValueError, match="share"):
        data_multiplier(ITSELF, other)


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
    with pytest.raises(ValueError, match=r"60 images, got counts \(1, 59\)"):
        amount_to_match(ITSELF, constant(0.5)[:, 1:])


def test_the_multiplier_is_in_its_interval_in_most_simulated_studies() -> None:
    rng = np.random.default_rng(11)
    inside = []
    for _ in range(60):
        correct, phrases = drawn(rng, images=150)
        drawn_together = crossed_resamples(5, phrases, rng, draws=300)
        rival, _ = drawn(rng, HUNGRY, images=150)
        curves = [learning_curve(counts, AMOUNTS, drawn_together) for counts in (correct, rival)]
        found = data_multiplier(*curves)[2]
        if found.status is not NeededStatus.no_curve:
            inside.append(found.interval.low <= TIMES <= found.interval.high)
    assert len(inside) >= 50
    assert np.mean(inside) >= 0.85


def following(accuracies: tuple[float, ...], family: str) -> tuple[System, ...]:
    return tuple(System(lost=System().accuracy - accuracy, family=family) for accuracy in accuracies)


def covers(found: AmountNeeded, truth: float) -> bool:
    assert found.status in (NeededStatus.interpolated, NeededStatus.not_reached)
    return found.interval.low <= truth <= found.interval.high


def test_without_a_law_the_truth_between_the_points_is_in_the_interval_in_most_simulated_studies() -> None:
    rng = np.random.default_rng(12)
    systems = (*following(LATE, "late"), *following(SLOW, "slow"))
    of_n_95, of_multiple = 500 * 2 ** ((0.95 * 0.61 - 0.57) / 0.04), 250 * 2 ** (2 / 3) / 10
    inside = []
    for _ in range(120):
        study = simulated(systems, 5, rng)
        together = crossed_resamples(5, study.phrases, rng, draws=300)
        late, slow = (learning_curve(list(run), STEPS, together) for run in study.correct.reshape(2, 6, 5, -1))
        if late.law is None and slow.law is None:
            inside.append((covers(n_95(late), of_n_95), covers(data_multiplier(late, slow)[0], of_multiple)))
    assert len(inside) >= 100
    assert (np.mean(inside, axis=0) >= 0.92).all()
