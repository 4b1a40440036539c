from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.subsets.stratified import stratified_folds, subset_size, subsets
from sprm.errors import DataError
from sprm.seeding import generator

TYPES = ("people", "clothing", "bodyparts", "animals", "vehicles", "instruments", "scene", "other")
STRATA = st.lists(st.frozensets(st.sampled_from(TYPES)), min_size=1, max_size=60)


@st.composite
def strata_and_sizes(draw: st.DrawFn) -> tuple[list[frozenset[str]], list[int]]:
    strata = draw(STRATA)
    sizes = draw(st.sets(st.integers(1, len(strata)), min_size=1, max_size=6))
    return strata, sorted({*sizes, len(strata)})


def lifelike(images: int) -> list[frozenset[str]]:
    """Sets of entity types about as frequent as in Flickr30k Entities."""
    frequency = np.array([0.9, 0.6, 0.15, 0.2, 0.12, 0.02, 0.35, 0.5])
    shown = generator("lifelike", images).random((images, len(TYPES))) < frequency
    return [frozenset(np.array(TYPES)[row].tolist()) for row in shown]


@given(strata_and_sizes(), st.integers(0, 5))
def test_subsets_are_nested_of_exact_size_without_repeats_and_end_in_everything(
    case: tuple[list[frozenset[str]], list[int]], seed: int
) -> None:
    strata, sizes = case
    drawn = subsets(strata, sizes, generator("subset", seed))
    assert [len(subset) for subset in drawn] == sizes
    for smaller, larger in pairwise(drawn):
        assert set(smaller) <= set(larger)
    for subset in drawn:
        assert (np.diff(subset) > 0).all()
    assert drawn[-1].tolist() == list(range(len(strata)))


@given(strata_and_sizes())
def test_the_same_seed_draws_the_same_subsets(case: tuple[list[frozenset[str]], list[int]]) -> None:
    first, second = (subsets(*case, generator("subset", 7)) for _ in range(2))
    assert [subset.tolist() for subset in first] == [subset.tolist() for subset in second]


@given(st.lists(st.booleans(), min_size=4, max_size=80), st.integers(1, 79), st.integers(0, 3))
def test_a_single_stratum_is_divided_to_within_one_image(shown: list[bool], size: int, seed: int) -> None:
    size = min(size, len(shown))
    strata = [frozenset({"people"}) if here else frozenset[str]() for here in shown]
    (subset,) = subsets(strata, [size], generator("subset", seed))
    expected = sum(shown) * size / len(shown)
    assert abs(sum(shown[image] for image in subset) - expected) < 1.0


@given(st.lists(st.integers(0, 9), min_size=1, max_size=6), st.integers(0, 3))
def test_folds_hold_as_many_images_as_asked(sizes: list[int], seed: int) -> None:
    if sum(sizes) == 0:
        sizes[0] = 1
    strata = lifelike(sum(sizes))
    fold = stratified_folds(strata, np.array(sizes), generator("folds", seed))
    assert np.bincount(fold, minlength=len(sizes)).tolist() == sizes


def test_seeds_draw_independently() -> None:
    strata = lifelike(200)
    chosen = [set(subsets(strata, [100], generator("subset", seed))[0].tolist()) for seed in range(20)]
    overlaps = [len(a & b) for i, a in enumerate(chosen) for b in chosen[:i]]
    # Two independent halves of 200 share 50 images on average.
    assert abs(np.mean(overlaps) - 50) < 2


def test_every_image_is_equally_likely_to_be_chosen_when_there_are_no_strata() -> None:
    strata = [frozenset[str]()] * 50
    times = np.zeros(50)
    for seed in range(400):
        times[subsets(strata, [10], generator("subset", seed))[0]] += 1
    # A count is binomial(400, 0.2): mean 80, standard deviation 8.
    assert times.min() > 80 - 5 * 8
    assert times.max() < 80 + 5 * 8


@pytest.mark.parametrize("fraction", [0.01, 0.05, 0.1, 0.25, 0.5])
def test_shares_stay_closer_to_the_whole_than_in_random_subsets(fraction: float) -> None:
    images = 1000
    strata = lifelike(images)
    shown = np.array([[name in image for name in TYPES] for image in strata])
    size = subset_size(fraction, images)

    def distance(chosen: np.ndarray) -> float:
        return float(np.abs(shown[chosen].sum(axis=0) - shown.mean(axis=0) * size).mean())

    sizes = [subset_size(share, images) for share in (0.01, 0.05, 0.1, 0.25, 0.5, 1.0)]
    stratified = [distance(subsets(strata, sizes, generator("subset", seed))[sizes.index(size)]) for seed in range(10)]
    drawn_at_random = [distance(generator("r", seed).permutation(images)[:size]) for seed in range(10)]
    assert np.mean(stratified) < 0.6 * np.mean(drawn_at_random)
    assert max(stratified) < 3


def test_a_rare_type_reaches_the_subsets_in_profraction() -> None:
    strata = [frozenset({"people", "animals"}) if i < 20 else frozenset({"people"}) for i in range(1000)]
    drawn = subsets(strata, [100, 500], generator("subset", 0))
    assert [int((subset < 20).sum()) for subset in drawn] == [2, 10]


@pytest.mark.parametrize(
    ("fraction", "images", "size"),
    [(0.01, 1000, 10), (0.5, 3, 2), (1.0, 7, 7), (16, 1000, 16), (0.004, 250, 1)],
)
def test_a_fraction_selects_its_rounded_share_or_its_count(fraction: float, images: int, size: int) -> None:
    assert subset_size(fraction, images) == size


@pytest.mark.parametrize(
    ("fraction", "told"), [(0.001, "0.001 of 300 training images selects no image"), (301, "301 training images")]
)
def test_a_fraction_of_no_image_or_of_more_than_there_are_is_refused(fraction: float, told: str) -> None:
    with pytest.raises(DataError, match=told):
        subset_size(fraction, 300)


def test_a_stratum_of_less_than_half_an_image_is_left_out_of_the_smallest_subset_for_every_seed() -> None:
    strata = [frozenset({"people", "rare"} if i < 3 else {"people"}) for i in range(100)]
    for seed in range(20):
        smallest, _ = subsets(strata, [10, 50], np.random.default_rng(seed))
        assert all("rare" not in strata[image] for image in smallest)
