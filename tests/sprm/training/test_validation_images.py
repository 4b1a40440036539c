from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sprm.training.validation_images import validation_images


@pytest.mark.parametrize(
    ("subset", "train", "val", "size"),
    [
        (100, 1000, 50, 5),
        (1000, 1000, 50, 50),
        (1, 1000, 50, 2),
        (25, 1000, 60, 2),
        (125, 1000, 20, 2),
        (175, 1000, 20, 4),
    ],
)
def test_they_are_in_the_proportion_of_the_subset_and_at_least_two(
    subset: int, train: int, val: int, size: int
) -> None:
    assert len(validation_images(np.arange(subset), train, val)) == size


def test_a_validation_split_of_one_image_has_no_two() -> None:
    assert validation_images(np.arange(3), 30, 1).tolist() == [0]


@given(st.sets(st.integers(0, 199), min_size=1), st.integers(2, 40))
def test_they_are_some_of_all_ascending_and_the_same_for_the_same_subset(subset: set[int], val: int) -> None:
    images = np.array(sorted(subset))
    found = validation_images(images, 200, val)
    assert found.tolist() == sorted(set(found.tolist()) & set(range(val)))
    assert np.array_equal(found, validation_images(images[::-1], 200, val))


def test_subsets_of_one_size_have_images_of_their_own() -> None:
    drawn = {tuple(validation_images(np.arange(first, first + 20), 200, 100).tolist()) for first in range(10)}
    assert len(drawn) == 10
