from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import least_squares

from bench.stats.curves.power_law import PowerLaw, fit_power_law, fit_power_laws

AMOUNTS = np.array([298.0, 1489, 2978, 7446, 14892, 29783])
SE = np.array([0.02, 0.015, 0.012, 0.01, 0.01, 0.01])
LAWS = [
    PowerLaw(0.6, 1.2, 0.4),
    PowerLaw(0.9, 0.5, 0.05),
    PowerLaw(0.5, 30.0, 0.9),
    PowerLaw(0.6, 1e3, 1.8),
    PowerLaw(0.55, 0.0, 0.5),
]
ACCURACIES = st.lists(st.floats(0, 1), min_size=len(AMOUNTS), max_size=len(AMOUNTS))


def squared_error(law: PowerLaw, accuracy: np.ndarray) -> float:
    return float((((accuracy - law.predict(AMOUNTS)) / SE) ** 2).sum())


@pytest.mark.parametrize("law", LAWS)
def test_a_curve_is_recovered_from_points_on_it(law: PowerLaw) -> None:
    found = fit_power_law(AMOUNTS, law.predict(AMOUNTS), SE)
    assert (found.c, found.a) == pytest.approx((law.c, law.a), rel=1e-8, abs=1e-12)
    assert found.b == pytest.approx(law.b, rel=1e-8) or law.a == 0


def test_no_start_of_a_general_optimiser_finds_a_better_fit() -> None:
    rng = np.random.default_rng(5)
    for law in LAWS[:3]:
        accuracy = np.clip(law.predict(AMOUNTS) + rng.normal(0, SE), 0, 1)

        def residuals(at: np.ndarray, accuracy: np.ndarray = accuracy) -> np.ndarray:
            return np.asarray((accuracy - at[0] + at[1] * (AMOUNTS / AMOUNTS[0]) ** -at[2]) / SE)

        found = squared_error(fit_power_law(AMOUNTS, accuracy, SE), accuracy)
        for start in (0.02, 0.1, 0.3, 1.0, 1.7):
            other = least_squares(residuals, [0.5, 0.1, start], bounds=([0, 0, 0.01], [1, 10, 2]))
            assert found <= 2 * other.cost * (1 + 1e-9)


def test_a_point_with_a_small_standard_error_is_met_more_closely() -> None:
    accuracy = np.array([0.30, 0.45, 0.42, 0.52, 0.50, 0.56])
    sure = SE.copy()
    sure[2] = 1e-4
    alike, drawn = fit_power_law(AMOUNTS, accuracy, SE), fit_power_law(AMOUNTS, accuracy, sure)
    assert abs(drawn.predict(AMOUNTS)[2] - 0.42) < 1e-4 < abs(alike.predict(AMOUNTS)[2] - 0.42)


@given(ACCURACIES)
def test_whatever_the_points_the_fitted_curve_rises_and_stays_between_the_bounds(points: list[float]) -> None:
    law = fit_power_law(AMOUNTS, points, SE)
    assert 0 <= law.c <= 1
    assert law.a >= 0
    assert 0.01 <= law.b <= 2
    predicted = law.predict(np.geomspace(AMOUNTS[0], 2 * AMOUNTS[-1], 40))
    assert (np.diff(predicted) >= -1e-12).all()
    assert (predicted <= law.c + 1e-12).all()


@given(ACCURACIES, st.permutations(range(len(AMOUNTS))))
def test_the_order_of_the_amounts_does_not_matter(points: list[float], order: list[int]) -> None:
    accuracy = np.array(points)
    assert fit_power_law(AMOUNTS[order], accuracy[order], SE[order]) == fit_power_law(AMOUNTS, accuracy, SE)


@given(ACCURACIES)
def test_a_falling_or_level_sequence_is_fitted_by_a_level_line(points: list[float]) -> None:
    law = fit_power_law(AMOUNTS, sorted(points, reverse=True), SE)
    assert law.a == pytest.approx(0, abs=1e-9)
    assert law.c == pytest.approx(np.average(sorted(points, reverse=True), weights=SE**-2))


@given(st.floats(0.2, 1), st.floats(0.01, 2), st.floats(0.01, 1), st.floats(1, 1e5))
def test_the_amount_for_an_accuracy_inverts_the_prediction(c: float, b: float, share: float, amount: float) -> None:
    # A shortfall of `share` of c at 100 images; where next to none is left, no inverse can tell amounts apart.
    law = PowerLaw(c, share * c * 100**b, b)
    accuracy = float(law.predict(amount))
    if c - accuracy > 1e-6:
        assert law.amount_for(accuracy) == pytest.approx(amount, rel=1e-6)


def test_an_accuracy_at_or_above_the_limit_takes_infinite_data() -> None:
    law = PowerLaw(0.6, 1.2, 0.4)
    assert law.amount_for(0.6) == law.amount_for(0.7) == math.inf
    assert PowerLaw(0.6, 0.0, 0.4).amount_for(0.5) == 0


def test_many_curves_are_fitted_as_each_would_be_alone() -> None:
    rng = np.random.default_rng(6)
    accuracies = np.clip(LAWS[0].predict(AMOUNTS) + rng.normal(0, 0.02, (50, len(AMOUNTS))), 0, 1)
    together = fit_power_laws(AMOUNTS, accuracies, SE)
    for accuracy, (c, a, b) in zip(accuracies, together, strict=True):
        alone = fit_power_law(AMOUNTS, accuracy, SE)
        assert (alone.c, alone.a, alone.b) == pytest.approx((c, a, b), rel=1e-6, abs=1e-9)


@pytest.mark.parametrize(
    ("amounts", "accuracy", "se", "message"),
    [
        ([1, 2], [0.1, 0.2], [0.1, 0.1], "at least three amounts"),
        ([1, 2, 2], [0.1, 0.2, 0.2], [0.1] * 3, "each once"),
        ([0, 1, 2], [0.1, 0.2, 0.3], [0.1] * 3, "above 0"),
        ([1, 2, math.nan], [0.1, 0.2, 0.3], [0.1] * 3, "above 0"),
        ([1, 2, 3], [0.1, 0.2, 0.3], [0.1, 0.1, 0], "above 0"),
        ([1, 2, 3], [0.1, 0.2, math.nan], [0.1] * 3, r"in \[0, 1\]"),
        ([1, 2, 3], [0.1, 0.2, 1.3], [0.1] * 3, r"in \[0, 1\]"),
        ([1, 2, 3], [0.1, 0.2], [0.1] * 3, "got shapes"),
    ],
)
def test_points_that_cannot_be_fitted_are_refused(
    amounts: list[float], accuracy: list[float], se: list[float], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        fit_power_law(amounts, accuracy, se)
