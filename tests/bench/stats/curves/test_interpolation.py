from __future__ import annotations

import math
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import ArrayLike
from scipy.optimize import isotonic_regression

from bench.stats.curves.interpolation import Interpolation, interpolate

N = (10.0, 100.0, 1000.0)
ACCURACY = st.floats(0, 1)


@st.composite
def measured(draw: st.DrawFn) -> tuple[list[float], list[float]]:
    """Amounts, ascending, and the accuracies measured after each."""
    images = draw(st.lists(st.integers(1, 10**6), min_size=2, max_size=8, unique=True))
    return sorted(map(float, images)), draw(st.lists(ACCURACY, min_size=len(images), max_size=len(images)))


def read(levels: list[float], amounts: tuple[float, ...], accuracies: list[float]) -> list[float]:
    """The amounts at which one curve has each of some levels."""
    curves = interpolate(amounts, [accuracies] * len(levels))
    return curves.amounts_for(levels).tolist()


def accuracy_at(curve: Interpolation, images: float) -> float:
    """What the first of the curves has after so many images."""
    return float(np.interp(math.log(images), np.log(curve.amounts), curve.accuracies[0]))


def test_an_accuracy_between_two_points_is_read_off_the_line_in_the_logarithm() -> None:
    # A third of the way from 0.3 to 0.6 is a third of the way from 10 to 100 in the exponent, and so on.
    found = read([0.4, 0.5, 0.65], N, [0.3, 0.6, 0.7])
    assert found == pytest.approx([10 ** (4 / 3), 10 ** (5 / 3), 10**2.5])


def test_accuracies_that_fall_are_pooled_before_the_curve_is_read() -> None:
    curve = interpolate((10, 20, 40, 80), [[0.2, 0.6, 0.4, 0.8]])
    assert curve.accuracies[0].tolist() == pytest.approx([0.2, 0.5, 0.5, 0.8])
    assert curve.amounts_for([0.35])[0] == pytest.approx(10 * 2**0.5)
    assert curve.amounts_for([0.65])[0] == pytest.approx(40 * 2**0.5)


def test_a_level_at_a_measured_accuracy_is_at_its_amount() -> None:
    assert read([0.3, 0.6, 0.7], N, [0.3, 0.6, 0.7]) == pytest.approx(N)


def test_below_the_first_accuracy_is_nothing_and_above_the_last_without_end() -> None:
    assert read([0.29, 0.71], N, [0.3, 0.6, 0.7]) == [0, math.inf]


def test_on_a_flat_stretch_the_smallest_amount_counts() -> None:
    assert read([0.3, 0.3], N, [0.3, 0.3, 0.7])[0] == 10
    assert read([0.6], N, [0.3, 0.6, 0.6]) == pytest.approx([100])
    assert read([0.6], (10, 20, 40, 80), [0.3, 0.7, 0.5, 0.9]) == pytest.approx([20])


def test_a_curve_that_is_level_throughout_has_its_accuracy_before_the_smallest_amount() -> None:
    assert read([0.3, 0.4, 0.5], N, [0.4, 0.4, 0.4]) == [0, 0, math.inf]
    assert read([0.0], N, [0.0, 0.0, 0.0]) == [0]
    assert read([0.5], N, [0.6, 0.5, 0.4]) == [0]


def test_each_curve_is_read_at_a_level_of_its_own() -> None:
    curves = interpolate(N, [[0.3, 0.6, 0.7], [0.1, 0.2, 0.3], [0.5, 0.4, 0.9]])
    assert curves.amounts_for([0.6, 0.9, 0.675]).tolist() == pytest.approx([100, math.inf, 10**2.5])


@given(measured())
def test_the_points_are_those_of_scipys_isotonic_regression(points: tuple[list[float], list[float]]) -> None:
    amounts, accuracies = points
    found = interpolate(amounts, [accuracies]).accuracies[0]
    assert found == pytest.approx(isotonic_regression(accuracies).x, abs=1e-12)
    assert (np.diff(found) >= 0).all()


@given(measured(), st.floats(0, 1))
def test_a_level_within_the_curve_is_what_the_curve_has_at_the_amount(
    points: tuple[list[float], list[float]], share: float
) -> None:
    curve = interpolate(points[0], [points[1]])
    first, last = curve.accuracies[0, 0], curve.accuracies[0, -1]
    level = first + share * (last - first)
    amount = float(curve.amounts_for([level])[0])
    if last - first <= 1e-12:
        assert amount in (0, math.inf)
    else:
        assert points[0][0] <= amount <= points[0][-1] * (1 + 1e-9)
        assert accuracy_at(curve, amount) == pytest.approx(level, abs=1e-9)


@given(measured(), st.floats(0, 1))
def test_no_smaller_amount_has_the_level(points: tuple[list[float], list[float]], level: float) -> None:
    curve = interpolate(points[0], [points[1]])
    amount = float(curve.amounts_for([level])[0])
    if points[0][0] < amount < math.inf:
        assert accuracy_at(curve, 0.99 * amount) <= level + 1e-12


@given(measured(), ACCURACY, ACCURACY)
def test_a_higher_level_never_takes_fewer_images(
    points: tuple[list[float], list[float]], one: float, other: float
) -> None:
    low, high = read(sorted((one, other)), tuple(points[0]), points[1])
    assert low <= high * (1 + 1e-12)


@given(measured(), ACCURACY, st.randoms(use_true_random=False))
def test_the_order_of_the_amounts_changes_nothing(
    points: tuple[list[float], list[float]], level: float, random: Random
) -> None:
    pairs = list(zip(*points, strict=True))
    random.shuffle(pairs)
    amounts, accuracies = zip(*pairs, strict=True)
    assert read([level], amounts, list(accuracies)) == read([level], tuple(points[0]), points[1])


@given(measured(), ACCURACY, st.floats(0.01, 100))
def test_another_unit_of_the_amounts_is_another_unit_of_the_answer(
    points: tuple[list[float], list[float]], level: float, unit: float
) -> None:
    (found,) = read([level], tuple(points[0]), points[1])
    (scaled,) = read([level], tuple(unit * n for n in points[0]), points[1])
    assert scaled == pytest.approx(unit * found)


@pytest.mark.parametrize(
    ("amounts", "accuracies", "message"),
    [
        ([10], [[0.5]], "at least two amounts"),
        ([10, 10], [[0.5, 0.6]], "each once"),
        ([0, 10], [[0.5, 0.6]], "above 0"),
        ([10, math.nan], [[0.5, 0.6]], "above 0"),
        ([10, 20], [[0.5, 1.1]], r"accuracies in \[0, 1\]"),
        ([10, 20], [[0.5, math.nan]], r"accuracies in \[0, 1\]"),
        ([10, 20], [0.5, 0.6], r"got \(2,\) and \(2,\)"),
        ([10, 20], [[0.5, 0.6, 0.7]], r"got \(2,\) and \(1, 3\)"),
    ],
)
def test_what_cannot_be_interpolated_is_refused_by_name(
    amounts: ArrayLike, accuracies: ArrayLike, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        interpolate(amounts, accuracies)
