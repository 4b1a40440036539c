from __future__ import annotations

import math
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from bench.stats import Status, sign_flip_test


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_three_images_agree_with_a_calculation_by_hand() -> None:
    # d = 2, 1, 1: of the 8 ways to flip, only none and all reach |4|.
    found = sign_flip_test([[2, 1, 1]], [[0, 0, 0]], [2, 2, 2], rng())
    assert (found.p, found.status) == (0.25, Status.ok)
    assert found.estimate == pytest.approx(4 / 6)


@settings(deadline=None)
@given(st.lists(st.integers(-5, 5), min_size=2, max_size=8).filter(any))
def test_with_few_images_the_p_value_counts_every_way_to_flip(by_image: list[int]) -> None:
    d = np.array(by_image)
    found = sign_flip_test(np.maximum(d, 0)[None], np.maximum(-d, 0)[None], np.full(d.size, 5), rng())
    flipped = [abs(np.dot(signs, d)) for signs in product([-1, 1], repeat=d.size)]
    assert found.p == pytest.approx(np.mean(np.array(flipped) >= abs(d.sum())))


def test_with_one_phrase_an_image_it_is_the_sign_test() -> None:
    a, b = rng(1).integers(0, 2, (2, 1, 12))
    better, decided = int((a > b).sum()), int((a != b).sum())
    assert sign_flip_test(a, b, np.ones(12), rng()).p == pytest.approx(stats.binomtest(better, decided).pvalue)


def test_with_many_images_random_flips_come_near_the_normal_approximation() -> None:
    phrases = rng(1).integers(1, 9, 400)
    a, b = rng(2).binomial(phrases, 0.62, (5, 400)), rng(3).binomial(phrases, 0.6, (5, 400))
    d = (a - b).sum(axis=0)
    normal = 2 * stats.norm.sf(abs(d.sum()) / np.sqrt((d**2).sum()))
    assert sign_flip_test(a, b, phrases, rng()).p == pytest.approx(normal, abs=0.01)


def test_a_p_value_from_random_flips_is_never_zero_and_depends_on_nothing_but_the_generator() -> None:
    a, b = np.full((2, 50), 3), np.zeros((2, 50))
    b[0, :3] = 1
    found = sign_flip_test(a, b, np.full(50, 3), rng(7))
    assert found.p == pytest.approx(2 / 10_000)
    assert found == sign_flip_test(a, b, np.full(50, 3), rng(7))


def test_swapping_systems_and_reordering_images_and_seeds_changes_no_exact_p_value() -> None:
    phrases = rng(1).integers(1, 9, 12)
    a, b = rng(2).binomial(phrases, 0.8, (3, 12)), rng(3).binomial(phrases, 0.5, (3, 12))
    images, seeds = rng(4).permutation(12), rng(5).permutation(3)
    found = sign_flip_test(a, b, phrases, rng())
    swapped = sign_flip_test(b[seeds][:, images], a[seeds][:, images], phrases[images], rng(1))
    assert swapped.p == pytest.approx(found.p)
    assert swapped.estimate == pytest.approx(-found.estimate)


def test_one_seed_is_enough_because_the_models_are_fixed() -> None:
    assert sign_flip_test([[1, 0, 1]], [[0, 0, 0]], [1, 1, 1], rng()).status is Status.ok


@pytest.mark.parametrize(
    ("a", "b", "phrases", "status"),
    [
        ([[2, 1], [0, 1]], [[2, 1], [0, 1]], [2, 2], Status.constant),
        ([[1, 2], [2, 1]], [[2, 1], [1, 2]], [2, 2], Status.constant),
        ([[2, 2]], [[2, 2]], [2, 2], Status.constant),
        ([[2]], [[0]], [2], Status.one_image),
        ([[np.nan, 1]], [[0, 1]], [2, 2], Status.nan),
        (np.zeros((0, 2)), np.zeros((0, 2)), [1, 1], Status.empty),
        (np.zeros((2, 0)), np.zeros((2, 0)), [], Status.empty),
    ],
)
def test_outcomes_that_allow_no_test_have_a_named_status_and_no_p_value(
    a: object, b: object, phrases: object, status: Status
) -> None:
    found = sign_flip_test(a, b, phrases, rng())  # type: ignore[arg-type]
    assert found.status is status
    assert math.isnan(found.p)


def test_systems_of_unequal_seeds_are_not_paired_and_other_images_are_an_error() -> None:
    found = sign_flip_test(np.ones((3, 2)), np.ones((5, 2)), [1, 1], rng())
    assert found.status is Status.unequal_seeds
    assert math.isnan(found.p)
    with pytest.raises(ValueError, match="paired by seed and image"):
        sign_flip_test(np.ones((3, 2)), np.ones((3, 3)), [1, 1], rng())


def test_with_as_many_flips_as_there_are_it_is_the_permutation_test_of_scipy() -> None:
    phrases = rng(1).integers(1, 9, 12)
    a, b = rng(2).binomial(phrases, 0.7, (3, 12)), rng(3).binomial(phrases, 0.5, (3, 12))
    expected = stats.permutation_test(
        (a.sum(axis=0), b.sum(axis=0)), lambda x, y: (x - y).sum(), permutation_type="samples", n_resamples=10_000
    )
    assert sign_flip_test(a, b, phrases, rng()).p == pytest.approx(expected.pvalue)
