from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.stats import crossed_draws, two_way_mean


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def study(seeds: int = 5, images: int = 60, systems: int = 2) -> tuple[list[np.ndarray], np.ndarray]:
    phrases = rng(1).integers(1, 9, images)
    chance = rng(2).uniform(0.2, 0.9, images) + rng(3).normal(0, 0.03, (systems, seeds, 1))
    return list(rng(4).binomial(phrases, np.clip(chance, 0, 1), (systems, seeds, images))), phrases


def ends(drawn: np.ndarray) -> tuple[float, float]:
    low, high = np.quantile(drawn, [0.025, 0.975])
    return low, high


def by_hand(correct: np.ndarray, phrases: np.ndarray, seeds: list[int], images: list[int]) -> float:
    return correct[np.ix_(seeds, images)].sum() / (len(seeds) * phrases[images].sum())


def test_every_draw_is_the_accuracy_of_seeds_and_images_drawn_with_replacement() -> None:
    correct, phrases = np.array([[3, 0], [2, 1]]), np.array([4, 1])
    pairs = [[0, 0], [0, 1], [1, 1]]
    possible = {round(by_hand(correct, phrases, s, i), 9) for s in pairs for i in pairs}
    drawn = crossed_draws([correct], phrases, rng(), 500)
    assert {round(value, 9) for value in drawn[:, 0]} == possible


def test_each_way_to_draw_comes_up_as_often_as_it_should() -> None:
    # Two images of one phrase, one right: accuracy 0, 1/2, 1 with chance 1/4, 1/2, 1/4.
    drawn = crossed_draws([[[1, 0]]], [1, 1], rng(), 20_000)[:, 0]
    assert [np.mean(drawn == value) for value in (0, 0.5, 1)] == pytest.approx([0.25, 0.5, 0.25], abs=0.015)


def test_systems_are_drawn_together_so_what_they_share_cancels() -> None:
    (a, _), phrases = study()
    found = crossed_draws([a, a], phrases, rng(), 200)
    assert (found[:, 0] == found[:, 1]).all()


def test_the_spread_of_draws_is_that_of_images_and_seeds_and_thrice_their_interaction() -> None:
    # Owen 2007: this is why the interval is somewhat wide.
    (a, _), phrases = study(seeds=6, images=80)
    total = a.shape[0] * phrases.sum()
    residuals = (a - a.sum() / total * phrases) / total
    by_seed, by_image = (residuals.sum(axis=1) ** 2).sum(), (residuals.sum(axis=0) ** 2).sum()
    expected = (1 - 1 / 80) * by_seed + (1 - 1 / 6) * by_image + (residuals**2).sum()
    assert np.var(crossed_draws([a], phrases, rng(), 20_000)) == pytest.approx(expected, rel=0.05)


def test_the_central_95_percent_of_draws_are_about_the_interval_of_the_closed_form() -> None:
    (a, _), phrases = study(seeds=30, images=400)
    closed = two_way_mean(a, phrases)
    assert ends(crossed_draws([a], phrases, rng(), 10_000)) == pytest.approx(
        (closed.low, closed.high), abs=0.15 * (closed.high - closed.low)
    )


def test_the_same_generator_gives_the_same_draws() -> None:
    systems, phrases = study()
    assert (crossed_draws(systems, phrases, rng(5), 99) == crossed_draws(systems, phrases, rng(5), 99)).all()
    assert (crossed_draws(systems, phrases, rng(5), 99) != crossed_draws(systems, phrases, rng(6), 99)).any()


def test_draws_do_not_depend_on_how_many_are_held_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    systems, phrases = study()
    whole = crossed_draws(systems, phrases, rng(), 101)
    monkeypatch.setattr("bench.stats.outcomes.bootstrap.BLOCK", 7 * len(phrases))
    assert (crossed_draws(systems, phrases, rng(), 101) == whole).all()


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_the_order_of_images_and_seeds_does_not_matter_beyond_the_noise_of_draws(order: int) -> None:
    (a, _), phrases = study()
    seeds, images = rng(order).permutation(a.shape[0]), rng(order).permutation(a.shape[1])
    low, high = ends(crossed_draws([a], phrases, rng(), 4000))
    again = ends(crossed_draws([a[seeds][:, images]], phrases[images], rng(), 4000))
    assert again == pytest.approx((low, high), abs=0.1 * (high - low))


def test_images_without_phrases_are_left_out() -> None:
    systems, phrases = study()
    padded = crossed_draws([np.pad(x, ((0, 0), (0, 4))) for x in systems], np.pad(phrases, (0, 4)), rng(), 99)
    assert (padded == crossed_draws(systems, phrases, rng(), 99)).all()


@pytest.mark.parametrize(
    ("systems", "phrases", "message"),
    [
        ([], [1, 1], "paired by seed and image"),
        ([np.ones((3, 2)), np.ones((3, 4))], [1, 1], r"\(3, 2\), \(3, 4\)"),
        ([[1, 0]], [1, 1], r"got shapes \(2,\)"),
        ([[[1, 0, 1]]], [1, 1], r"\(1, 3\) and \(2,\)"),
        ([[[1, 0]]], [1, -1], "fewer than no phrases"),
    ],
)
def test_systems_that_do_not_fit_are_refused(systems: list[object], phrases: list[int], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        crossed_draws(systems, phrases, rng(), 9)  # type: ignore[arg-type]


def test_systems_with_unequal_seeds_are_not_drawn() -> None:
    systems, phrases = study()
    assert np.isnan(crossed_draws([systems[0], systems[1][:3]], phrases, rng(), 50)).all()
