from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.stats import Status, VarianceComponents, two_way_mean, variance_components


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def study(seeds: int = 4, images: int = 30) -> tuple[np.ndarray, np.ndarray]:
    phrases = rng(1).integers(1, 9, images)
    return rng(2).binomial(phrases, rng(3).uniform(0.2, 0.9, images), (seeds, images)), phrases


def numbers(found: VarianceComponents) -> tuple[float, float, float]:
    return found.seed, found.image, found.interaction


def test_two_seeds_and_two_images_agree_with_a_calculation_by_hand() -> None:
    # Shares .8 .2 / .4 .2, mean .4: seed means .5, .3, image means .6, .2, rest +-.1.
    # MS_s = 2 (.1^2 + .1^2) = .04, MS_i = 2 (.2^2 + .2^2) = .16, MS_r = 4 x .01 = .04.
    found = variance_components([[8, 2], [4, 2]], [10, 10])
    assert numbers(found) == pytest.approx((0, math.sqrt(0.12 / 2), 0.2), abs=1e-9)


def test_on_average_the_estimates_are_the_variances_put_in() -> None:
    truth, phrases = np.array([0.02, 0.1, 0.15]), np.full(50, 10)
    found = []
    for number in range(600):
        chance = rng(number).standard_normal
        outcome = 0.5 + truth[0] * chance((6, 1)) + truth[1] * chance(50) + truth[2] * chance((6, 50))
        found.append(np.square(numbers(variance_components(outcome * phrases, phrases))))
    # A negative variance counts as 0, which lifts the mean of the smallest by a little.
    assert np.mean(found, axis=0) == pytest.approx(truth**2, rel=0.15)


def test_the_parts_add_up_to_the_standard_error_of_the_closed_form() -> None:
    correct, phrases = study(seeds=6, images=200)
    correct = np.clip(correct + np.array([[0], [1], [0], [2], [0], [1]]), 0, None)
    part = variance_components(correct, phrases)
    variance = part.seed**2 / 6 + part.image**2 / 200 + part.interaction**2 / 1200
    assert math.sqrt(variance) == pytest.approx(two_way_mean(correct, phrases).se, rel=0.02)


@given(st.integers(0, 2**32 - 1))
def test_the_order_of_images_and_seeds_does_not_matter(order: int) -> None:
    correct, phrases = study()
    seeds, images = rng(order).permutation(4), rng(order).permutation(30)
    shuffled = variance_components(correct[seeds][:, images], phrases[images])
    assert numbers(shuffled) == pytest.approx(numbers(variance_components(correct, phrases)), abs=1e-9)


def test_one_seed_cannot_tell_the_luck_of_a_training_from_the_image() -> None:
    outcomes = rng().integers(0, 2, 50)
    found = variance_components(outcomes[None], np.ones(50))
    assert found.status is Status.one_seed
    assert found.image == pytest.approx(outcomes.std(ddof=1))
    assert math.isnan(found.seed)
    assert math.isnan(found.interaction)


def test_a_system_that_does_not_depend_on_the_seed_varies_by_image_alone() -> None:
    found = variance_components(np.tile(study(seeds=1)[0], (4, 1)), study()[1])
    assert found.status is Status.identical_seeds
    assert (found.seed, found.interaction) == pytest.approx((0, 0), abs=1e-9)
    assert found.image > 0


@pytest.mark.parametrize(
    ("correct", "phrases", "status"),
    [
        ([[2, 2], [2, 2]], [2, 2], Status.constant),
        ([[3, 6, 3], [3, 6, 3]], [3, 6, 3], Status.constant),
        ([[0, 0], [0, 0]], [2, 5], Status.constant),
        ([[2, 2]], [2, 2], Status.constant),
        ([[1], [0]], [2], Status.one_image),
        ([[1, np.nan], [0, 1]], [1, 1], Status.nan),
        (np.zeros((0, 3)), [1, 1, 1], Status.empty),
        (np.zeros((2, 0)), [], Status.empty),
    ],
)
def test_a_pilot_that_carries_no_spread_has_a_named_status_and_no_components(
    correct: object, phrases: object, status: Status
) -> None:
    found = variance_components(correct, phrases)  # type: ignore[arg-type]
    assert found.status is status
    assert all(math.isnan(part) for part in numbers(found))
