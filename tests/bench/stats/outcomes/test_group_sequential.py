"""The levels of a group-sequential plan against published bounds, its p-values against its levels."""

from __future__ import annotations

from math import nan, sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats as distributions

from bench.stats import (
    Look,
    fewest_seeds_after,
    nominal_levels,
    non_inferiority,
    retention,
    two_way_difference,
    two_way_mean,
)
from bench.stats.outcomes.group_sequential import LARGEST, ONCE, spent
from bench.stats.outcomes.two_way import degrees_of_freedom

PLANS = st.lists(st.integers(3, 60), min_size=2, max_size=5, unique=True).map(lambda looks: tuple(sorted(looks)))
PLAN = (3, 5, 8)
RNG = np.random.default_rng(4)
PHRASES = RNG.integers(3, 12, 40)
SEEDS = RNG.normal(0, 0.03, (3, 1))
FULL = RNG.binomial(PHRASES, np.clip(0.6 + SEEDS, 0, 1), (3, 40))
LESS = RNG.binomial(PHRASES, 0.5, (3, 40))


def bounds(looks: tuple[int, ...], alpha: float) -> list[float]:
    return [float(distributions.norm.isf(level)) for level in nominal_levels(looks, alpha)]


def test_the_bounds_of_five_equal_looks_are_those_of_reboussin_and_others_2000() -> None:
    assert bounds((1, 2, 3, 4, 5), 0.025) == pytest.approx([4.8769, 3.3569, 2.6803, 2.2898, 2.0310], abs=2e-4)


@pytest.mark.parametrize("looks", [PLAN, (3, 6, 10), (4, 5), (10, 11, 12, 40), (400, 401, 500)])
@pytest.mark.parametrize("alpha", [0.001, 0.025, 0.05, 0.3])
def test_what_is_spent_by_each_look_is_the_chance_of_a_normal_process_to_cross_by_then(
    looks: tuple[int, ...], alpha: float
) -> None:
    crossing = bounds(looks, alpha)
    correlation = np.array([[sqrt(min(a, b) / max(a, b)) for a in looks] for b in looks])
    for number in range(1, len(looks) + 1):
        within = distributions.multivariate_normal.cdf(
            np.array(crossing[:number]), cov=correlation[:number, :number], abseps=1e-8, releps=1e-8, maxpts=2_000_000,
            rng=np.random.default_rng(0),
        )  # fmt: skip
        assert 1 - within == pytest.approx(
            spent(alpha, looks[number - 1] / looks[-1]), abs=5e-6 if number > 3 else 1e-6
        )


def test_all_is_spent_at_the_end_and_little_at_first() -> None:
    assert spent(0.05, 1.0) == 0.05
    assert spent(0.05, 0.2) == pytest.approx(2 * distributions.norm.sf(distributions.norm.isf(0.025) / sqrt(0.2)))
    assert nominal_levels(PLAN, 0.05)[0] == spent(0.05, 3 / 8)


@settings(deadline=None, max_examples=40)
@given(PLANS, st.floats(1e-6, 0.5), st.floats(1.01, 1.9))
def test_levels_grow_with_the_level_of_the_plan_and_stay_below_it(
    looks: tuple[int, ...], alpha: float, more: float
) -> None:
    levels = np.array(nominal_levels(looks, alpha))
    assert (levels <= alpha * (1 + 1e-9)).all()
    assert (np.array(nominal_levels(looks, alpha * more)) >= levels * (1 - 1e-9)).all()


@settings(deadline=None, max_examples=40)
@given(PLANS, st.floats(1e-12, 0.95), st.data())
def test_a_sequential_p_value_is_the_level_of_the_plan_at_which_it_is_just_rejected(
    looks: tuple[int, ...], alpha: float, data: st.DataObject
) -> None:
    look = Look(looks, data.draw(st.integers(1, len(looks))))
    assert look.sequential_p(look.level(alpha)) == pytest.approx(alpha, rel=1e-5)


@given(st.integers(1, 3), st.floats(0, 1), st.floats(0, 1))
def test_sequential_p_values_keep_the_order_and_never_fall(number: int, one: float, other: float) -> None:
    look = Look(PLAN, number)
    less, more = sorted((one, other))
    assert look.sequential_p(less) <= look.sequential_p(more) * (1 + 1e-9)
    assert less * (1 - 1e-9) <= look.sequential_p(less) <= 1
    assert look.two_sided_p(less) <= 1


@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_p_value_is_below_five_percent_exactly_when_the_look_rejects(number: int) -> None:
    look = Look(PLAN, number)
    for p in (*np.geomspace(1e-9, 1, 200), look.level(0.05) * 0.9999, look.level(0.05) * 1.0001):
        assert (look.sequential_p(float(p)) < 0.05) == (p < look.level(0.05))
        assert (look.two_sided_p(float(p)) < 0.05) == (p < look.two_sided_level(0.05))


@pytest.mark.parametrize("looks", [(3, 4, 2000), (549, 550), (3, 9981, 10000)])
def test_looks_as_close_as_allowed_or_far_apart_have_p_values_that_agree_with_their_levels(
    looks: tuple[int, ...],
) -> None:
    for number in range(1, len(looks) + 1):
        look = Look(looks, number)
        levels = [look.level(alpha) for alpha in (0.001, 0.05, 0.3, 0.9, LARGEST)]
        assert levels == sorted(levels)
        for p in (0.2 * look.level(0.05), 0.999 * look.level(0.05), 1.001 * look.level(0.05), 0.5, 0.0):
            assert (p < look.level(0.05)) == (look.sequential_p(p) < 0.05)


@pytest.mark.parametrize(("looks", "fewest"), [((3, 9999, 10000), 10018), ((550, 551), 552), ((8, 8), 9)])
def test_looks_that_are_closer_than_can_be_told_apart_have_no_levels(looks: tuple[int, ...], fewest: int) -> None:
    assert fewest_seeds_after(looks[-2]) == fewest
    with pytest.raises(ValueError, match=f"expected {fewest} seeds or more after"):
        nominal_levels(looks, 0.05)


def test_what_was_not_tested_has_no_sequential_p_value() -> None:
    assert np.isnan(Look(PLAN, 1).sequential_p(nan))
    assert np.isnan(Look(PLAN, 1).two_sided_p(nan))


@given(st.floats(1e-300, 0.999))
def test_a_single_look_changes_nothing_to_the_last_bit(p: float) -> None:
    assert (ONCE.level(p), ONCE.sequential_p(p), ONCE.two_sided_p(p)) == (p, p, p)
    assert ONCE.two_sided_level(0.05) == 0.05
    assert Look((7,), 1).level(p) == p


@pytest.mark.parametrize("alpha", [0.0, 1.0, nan])
def test_a_level_outside_its_range_is_refused(alpha: float) -> None:
    with pytest.raises(ValueError, match="expected a level"):
        Look(PLAN, 1).level(alpha)


@pytest.mark.parametrize("number", [1, 2, 3])
def test_an_interval_at_a_look_holds_exactly_what_the_look_does_not_reject(number: int) -> None:
    look = Look(PLAN, number)
    found = two_way_difference(FULL, LESS, PHRASES, look)
    assert found.low < found.estimate < found.high
    for end, is_inside in ((found.low, 1), (found.low, -1), (found.high, 1), (found.high, -1)):
        value = end + 1e-6 * is_inside
        test = two_way_mean(FULL - LESS - value * PHRASES, PHRASES, look)
        assert (test.p < look.two_sided_level(0.05)) == (not found.low <= value <= found.high)


def test_intervals_narrow_from_look_to_look_and_the_last_is_a_little_wider_than_of_one_test() -> None:
    looks = [*(Look(PLAN, number) for number in (1, 2, 3)), ONCE]
    found = [two_way_difference(FULL, LESS, PHRASES, look) for look in looks]
    widths = [one.high - one.low for one in found]
    assert widths == sorted(widths, reverse=True)
    assert len(set(widths)) == 4


def test_a_margin_is_tested_at_the_level_of_the_look() -> None:
    for number in (1, 2, 3):
        look = Look(PLAN, number)
        found = non_inferiority(FULL, LESS, PHRASES, 0.2, look)
        assert found.verdict.is_competitive == (found.p < look.level(0.05))
        assert found.verdict.is_competitive == (found.at_most < 0.2)
        once = non_inferiority(FULL, LESS, PHRASES, 0.2)
        assert found.at_most > once.at_most


def test_a_share_of_the_gain_has_the_interval_of_the_look() -> None:
    untrained = np.repeat(RNG.binomial(PHRASES, 0.1, (1, 40)), 3, axis=0)
    shares = [retention(LESS, FULL, untrained, PHRASES, look).share for look in (Look(PLAN, 3), ONCE)]
    at_look, once = shares
    assert at_look is not None
    assert once is not None
    assert at_look.low < once.low < once.estimate < once.high < at_look.high


def test_seeds_that_agree_by_chance_are_not_taken_for_many_degrees_of_freedom_before_the_last_look() -> None:
    by_seed, by_image = 0.1, 1.0
    trusting, cautious = (
        degrees_of_freedom(by_seed + by_image, by_seed, by_image, 3, 300, cautious=flag) for flag in (False, True)
    )
    assert trusting > 100
    assert 2 <= cautious < 3
    # Where seeds do dominate, there is nothing to be cautious of.
    assert degrees_of_freedom(1.0, 1.0, 1e-9, 3, 300, cautious=True) == pytest.approx(2.0)
    assert two_way_difference(FULL, LESS, PHRASES, Look(PLAN, 3)).df == two_way_difference(FULL, LESS, PHRASES).df
