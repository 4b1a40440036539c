from __future__ import annotations

import math
from dataclasses import astuple
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.stats import CrossedComponents, Status, crossed_components, variance_components

SHAPE = (4, 3, 25)
PHRASES = np.random.default_rng(1).integers(1, 9, SHAPE[2])


def study(seed: int = 0) -> np.ndarray:
    """Counts of phrases (subsets, initialisations, images) in which all that can vary does."""
    rng = np.random.default_rng(seed)
    a, b, i = SHAPE
    effects = (rng.normal(0, 0.1, shape) for shape in ((a, 1, 1), (1, b, 1), (a, b, 1), (a, 1, i), (1, b, i)))
    chance = np.clip(rng.uniform(0.2, 0.9, i) + sum(effects, np.zeros(SHAPE)), 0, 1)
    return rng.binomial(PHRASES, chance)


def parts(found: CrossedComponents) -> tuple[float, ...]:
    return found.subset, found.initialisation, found.pair, found.image, found.rest


def mean_squares(outcomes: np.ndarray) -> dict[tuple[int, ...], float]:
    """The analysis of variance by its definition: by how much each term lessens the sum of squares, after all below it.

    Each term is a least-squares fit on indicator columns of its cells.
    """
    levels = np.indices(outcomes.shape).reshape(3, -1)
    y = outcomes.reshape(-1)
    columns: dict[tuple[int, ...], np.ndarray] = {(): np.ones((y.size, 1))}
    for size in (1, 2, 3):
        for term in combinations(range(3), size):
            _, cell = np.unique(levels[list(term)], axis=1, return_inverse=True)
            columns[term] = np.eye(cell.max() + 1)[cell]
    found = {}
    for term in columns:
        below = np.hstack([columns[other] for other in columns if set(other) < set(term)] or [np.zeros((y.size, 1))])
        both = np.hstack([below, columns[term]])
        without, with_it = (y - model @ np.linalg.lstsq(model, y, rcond=None)[0] for model in (below, both))
        degrees = math.prod(outcomes.shape[factor] - 1 for factor in term)
        found[term] = float((without**2).sum() - (with_it**2).sum()) / degrees
    return found


@pytest.mark.parametrize("seed", range(4))
def test_the_components_are_those_of_a_direct_analysis_of_variance(seed: int) -> None:
    correct = study(seed)
    a, b, i = SHAPE
    share = correct.sum() / (a * b * PHRASES.sum())
    square = mean_squares((correct - share * PHRASES) * i / PHRASES.sum())
    left = square[0, 1, 2]
    variances = [
        (square[0,] - square[0, 1] - square[0, 2] + left) / (b * i),
        (square[1,] - square[0, 1] - square[1, 2] + left) / (a * i),
        (square[0, 1] - left) / i,
        (square[2,] - square[0, 2] - square[1, 2] + left) / (a * b),
        max(square[0, 2] - left, 0) / b + max(square[1, 2] - left, 0) / a + left,
    ]
    expected = [math.sqrt(max(variance, 0)) for variance in variances]
    assert parts(crossed_components(correct, PHRASES)) == pytest.approx(expected, rel=1e-9, abs=1e-9)


def test_two_by_two_by_two_agrees_with_a_calculation_by_hand() -> None:
    # Shares .9 .5 / .7 .5 of the first subset, .5 .3 / .3 .3 of the second: mean .5, subsets +-.15, initialisations
    # +-.05, images +-.1, an image with a subset +-.05, with an initialisation +-.05, and nothing else.
    found = crossed_components([[[9, 5], [7, 5]], [[5, 3], [3, 3]]], [10, 10])
    assert found.pair == pytest.approx(0, abs=1e-9)
    # MS_a = 8 x .0225, MS_b = 8 x .0025, MS_ab = 0, MS_i = 8 x .01, MS_ai = 8 x .0025, MS_bi = 8 x .0025, MS_abi = 0.
    assert found.subset == pytest.approx(math.sqrt((0.18 - 0 - 0.02 + 0) / 4))
    assert found.initialisation == pytest.approx(math.sqrt((0.02 - 0 - 0.02 + 0) / 4), abs=1e-9)
    assert found.image == pytest.approx(math.sqrt((0.08 - 0.02 - 0.02 + 0) / 4))
    assert found.rest == pytest.approx(math.sqrt(0.02 / 2 + 0.02 / 2 + 0))


def test_on_average_the_estimates_are_the_variances_put_in() -> None:
    truth, phrases = np.array([0.03, 0.02, 0.03, 0.1]), np.full(60, 10)
    luck = np.array([0.05, 0.04, 0.08])
    shapes = (6, 1, 1), (1, 5, 1), (6, 5, 1), (1, 1, 60)
    together = (6, 1, 60), (1, 5, 60), (6, 5, 60)
    found = []
    for number in range(500):
        rng = np.random.default_rng(number)
        effects = [
            sd * rng.standard_normal(shape) for sd, shape in zip((*truth, *luck), shapes + together, strict=True)
        ]
        found.append(
            np.square(parts(crossed_components((0.5 + sum(effects, np.zeros((6, 5, 60)))) * phrases, phrases)))
        )
    # A negative variance counts as 0, which lifts the mean of the smallest by a little.
    assert np.mean(found, axis=0) == pytest.approx([*truth**2, (luck**2).sum()], rel=0.15)


def test_the_parts_of_seeds_add_up_to_the_variance_between_seeds_that_share_nothing() -> None:
    trainings = [study(seed) for seed in range(200)]
    split = [np.square(parts(crossed_components(correct, PHRASES))[:3]).sum() for correct in trainings]
    diagonal = [correct[[0, 1, 2], [0, 1, 2]] for correct in trainings]
    whole = [variance_components(correct, PHRASES).seed ** 2 for correct in diagonal]
    assert np.mean(split) == pytest.approx(np.mean(whole), rel=0.1)


@given(st.integers(0, 2**32 - 1))
def test_the_order_of_subsets_initialisations_and_images_does_not_matter(order: int) -> None:
    correct, rng = study(), np.random.default_rng(order)
    subsets, initialisations, images = (rng.permutation(size) for size in SHAPE)
    shuffled = correct[np.ix_(subsets, initialisations, images)]
    expected = parts(crossed_components(correct, PHRASES))
    assert parts(crossed_components(shuffled, PHRASES[images])) == pytest.approx(expected, abs=1e-9)


def test_subsets_and_initialisations_change_places_when_their_axes_do() -> None:
    found, turned = crossed_components(study(), PHRASES), crossed_components(study().transpose(1, 0, 2), PHRASES)
    assert (turned.subset, turned.initialisation) == pytest.approx((found.initialisation, found.subset))
    assert (turned.pair, turned.image, turned.rest) == pytest.approx((found.pair, found.image, found.rest))


def test_where_the_subset_changes_nothing_all_of_the_spread_of_trainings_is_that_of_initialisations() -> None:
    correct = np.repeat(study()[:1], 4, axis=0)
    found = crossed_components(correct, PHRASES)
    assert (found.subset, found.pair) == (0, 0)
    assert found.initialisation == pytest.approx(variance_components(correct[0], PHRASES).seed)
    assert found.rest == pytest.approx(variance_components(correct[0], PHRASES).interaction)


def test_trainings_that_agree_leave_all_of_the_spread_to_the_images() -> None:
    found = crossed_components(np.broadcast_to(study()[0, 0], SHAPE), PHRASES)
    assert found.status is Status.identical_seeds
    assert parts(found)[:3] == (0, 0, 0)
    assert found.rest == pytest.approx(0, abs=1e-9)
    assert found.image > 0


@pytest.mark.parametrize(
    ("correct", "phrases", "status"),
    [
        (np.full((2, 2, 2), 2), [2, 2], Status.constant),
        (np.arange(4).reshape(1, 2, 2), [3, 3], Status.one_seed),
        (np.arange(4).reshape(2, 1, 2), [3, 3], Status.one_seed),
        (np.arange(4).reshape(2, 2, 1), [3], Status.one_image),
        ([[[1, 0], [0, 1]], [[1, 1], [np.nan, 0]]], [1, 1], Status.nan),
        (np.zeros((0, 2, 3)), [1, 1, 1], Status.empty),
    ],
)
def test_what_cannot_be_split_has_a_named_status_and_no_components(
    correct: object, phrases: object, status: Status
) -> None:
    found = crossed_components(correct, phrases)  # type: ignore[arg-type]
    assert found.status is status
    assert all(math.isnan(part) for part in astuple(found)[:-1])


def test_outcomes_that_are_not_crossed_are_refused() -> None:
    with pytest.raises(ValueError, match=r"expected correct: \(subsets, initialisations, images\), got shape \(4, 3\)"):
        crossed_components(np.zeros((4, 3)), [1, 1, 1])
