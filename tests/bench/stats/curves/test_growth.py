from __future__ import annotations

from math import inf, isnan

import numpy as np
import pytest
from simulated_curve import AMOUNTS, LAW, drawn, exact

from bench.stats.curves.amount_needed import NeededStatus, amount_within_margin, drawn_amounts_within_margin
from bench.stats.curves.curve_bootstrap import crossed_resamples
from bench.stats.curves.growth import GrowthStatus, growth
from bench.stats.curves.learning_curve import LearningCurve, learning_curve
from bench.stats.curves.power_law import PowerLaw

SIZES = AMOUNTS[3:].tolist()
FULL = SIZES[-1]


def on(law: PowerLaw, seeds: int = 5) -> LearningCurve:
    """The curve through points exactly on a law."""
    counts, phrases = exact(law, seeds=seeds)
    return learning_curve(counts, AMOUNTS, crossed_resamples(seeds, phrases, np.random.default_rng(7), 300))


def through(accuracies: tuple[float, ...], amounts: tuple[int, ...]) -> LearningCurve:
    """A curve that measured these accuracies; too few for a law."""
    counts, phrases = exact(PowerLaw(0.5, 0.0, 1.0))
    shifted = counts[: len(amounts)] + phrases * (np.array(accuracies) - 0.5)[:, None, None]
    return learning_curve(shifted, amounts, crossed_resamples(5, phrases, np.random.default_rng(7), 300))


ITSELF = on(LAW)


def test_the_images_within_a_margin_are_those_whose_accuracy_is_the_margin_below_that_of_the_reference() -> None:
    for size in SIZES:
        found = amount_within_margin(ITSELF, size, 0.02)
        level = float(LAW.predict(size)) - 0.02
        assert found.status is NeededStatus.ok
        assert found.accuracy == pytest.approx(level, abs=1e-6)
        assert found.value == pytest.approx(LAW.amount_for(level), rel=1e-4)
        assert found.value < size


def test_without_a_law_they_are_interpolated_in_the_logarithm() -> None:
    found = amount_within_margin(through((0.3, 0.4, 0.5), (100, 1000, 10_000)), 10_000, 0.05)
    assert found.status is NeededStatus.interpolated
    assert found.value == pytest.approx(1000 * 10**0.5)


def test_the_smallest_amount_that_is_enough_already_is_a_bound() -> None:
    found = amount_within_margin(through((0.49, 0.495, 0.5), (100, 1000, 10_000)), 10_000, 0.02)
    assert found.status is NeededStatus.already
    assert isnan(found.value)
    assert (found.interval.low, found.interval.high) == (0, 100)


def test_a_margin_of_nothing_takes_all() -> None:
    assert amount_within_margin(ITSELF, FULL, 0.0).value == pytest.approx(FULL)


def test_what_is_no_amount_or_no_margin_is_refused() -> None:
    with pytest.raises(ValueError, match="expected amounts of the curve"):
        amount_within_margin(ITSELF, 17.0, 0.02)
    with pytest.raises(ValueError, match=r"expected a margin in \[0, 1\), got 1"):
        growth(ITSELF, SIZES, 1.0)
    with pytest.raises(ValueError, match="expected each size once"):
        growth(ITSELF, [FULL, FULL], 0.02)


def test_the_exponent_is_the_slope_of_the_needed_images_over_the_sizes() -> None:
    needed = [LAW.amount_for(float(LAW.predict(size)) - 0.02) for size in SIZES]
    found = growth(ITSELF, SIZES, 0.02)
    assert found.status is GrowthStatus.ok
    assert found.exponent == pytest.approx(np.polyfit(np.log(SIZES), np.log(needed), 1)[0], abs=1e-3)
    assert 0 < found.exponent < 1


@pytest.mark.parametrize("margin", [0.005, 0.05])
def test_of_a_power_law_the_exponent_is_that_of_its_formula_for_the_margin(margin: float) -> None:
    sizes = np.array(SIZES)
    needed = (sizes**-LAW.b + margin / LAW.a) ** (-1 / LAW.b)
    slope = np.polyfit(np.log(sizes), np.log(needed), 1)[0]
    assert growth(ITSELF, SIZES, margin).exponent == pytest.approx(slope, abs=1e-3)
    # What the sizes lack to the limit, beside the margin, has the slope between its ends.
    lacking = LAW.a * sizes**-LAW.b
    low, high = sorted((lacking / (lacking + margin))[[0, -1]])
    assert low < slope < high


def test_the_same_curve_has_an_exponent_nearer_to_1_the_smaller_the_margin() -> None:
    exponents = [growth(ITSELF, SIZES, margin).exponent for margin in (1e-4, 0.005, 0.02, 0.05)]
    assert exponents == sorted(exponents, reverse=True)
    assert exponents[0] > 0.95


def test_without_a_margin_no_growth_is_told() -> None:
    for curve in (ITSELF, through((0.3, 0.4, 0.5), (100, 1000, 10_000))):
        found = growth(curve, curve.amounts[1:], 0.0)
        assert found.status is GrowthStatus.no_margin
        assert isnan(found.exponent)
        assert isnan(found.interval.low)
        assert isnan(found.interval.high)


def test_the_same_number_of_images_for_every_corpus_is_an_exponent_of_0() -> None:
    # Flat from 1,000 images on.
    found = growth(through((0.3, 0.5, 0.5, 0.5), (100, 1000, 10_000, 100_000)), [1000, 10_000, 100_000], 0.1)
    assert found.exponent == pytest.approx(0, abs=1e-9)


def test_the_same_fraction_of_every_corpus_is_an_exponent_of_1() -> None:
    # A straight line over the logarithm: 0.1 less is a tenth of the images.
    found = growth(through((0.2, 0.3, 0.4, 0.5), (100, 1000, 10_000, 100_000)), [10_000, 100_000], 0.1)
    assert found.exponent == pytest.approx(1, abs=1e-6)


def test_every_draw_of_the_exponent_has_the_same_images_and_seeds_for_all_sizes() -> None:
    counts, phrases = drawn(np.random.default_rng(3))
    curve = learning_curve(counts, AMOUNTS, crossed_resamples(5, phrases, np.random.default_rng(7), 300))
    amounts = drawn_amounts_within_margin(curve, SIZES, 0.02)
    assert amounts is not None
    slopes = [float(np.polyfit(np.log(SIZES), np.log(row), 1)[0]) for row in amounts]
    found = growth(curve, SIZES, 0.02)
    assert found.exponent == pytest.approx(slopes[0])
    low, *_, high = sorted(slopes[1:])[7:-7]
    assert [found.interval.low, found.interval.high] == pytest.approx([low, high])


@pytest.mark.parametrize(
    ("accuracies", "low", "high"),
    [
        # Of 1,000 images 100 are enough or fewer, of 10,000 it takes 1,000 times the root of 10.
        ((0.45, 0.5, 0.7), 1.5, inf),
        # Of neither it takes more than 100.
        ((0.5, 0.5, 0.51), -inf, inf),
    ],
)
def test_where_the_fewest_are_enough_the_exponent_is_bounded_at_most(
    accuracies: tuple[float, ...], low: float, high: float
) -> None:
    found = growth(through(accuracies, (100, 1000, 10_000)), [1000, 10_000], 0.1)
    assert (found.status, isnan(found.exponent)) == (GrowthStatus.already, True)
    assert [found.interval.low, found.interval.high] == pytest.approx([low, high])


def test_one_corpus_or_no_curve_shows_no_growth() -> None:
    assert growth(ITSELF, [FULL], 0.02).status is GrowthStatus.one_size
    counts, phrases = exact()
    missing = np.where(np.arange(len(AMOUNTS))[:, None, None] == 2, np.nan, counts)
    curve = learning_curve(missing, AMOUNTS, crossed_resamples(5, phrases, np.random.default_rng(7), 300))
    assert growth(curve, SIZES, 0.02).status is GrowthStatus.no_curve
    assert amount_within_margin(curve, FULL, 0.02).status is NeededStatus.no_curve
    assert drawn_amounts_within_margin(curve, SIZES, 0.02) is None
