from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from random_split import random_split

from sprm.batches.encoding import EncodedSplit
from sprm.batches.region_features import MappedRegions, Regions, ResidentRegions, regions_of
from sprm.settings import Rules

CPU = torch.device("cpu")
WIDE = 3000
"""Features of a region, enough for a file of several pages."""


@pytest.fixture(params=["in memory", "mapped"])
def split(request: pytest.FixtureRequest, tmp_path: Path) -> EncodedSplit:
    """Five images, the last one's regions at the end of the file."""
    made = random_split(3, Rules.corrected, heads=True, locations=True)
    assert len(made.region_offsets) == 6
    features = np.random.default_rng(0).standard_normal((len(made.features), WIDE)).astype(np.float16)
    if request.param == "in memory":
        return replace(made, features=features)
    np.save(tmp_path / "features.npy", features)
    np.save(tmp_path / "coordinates.npy", made.coordinates)
    mapped = {name: np.load(tmp_path / f"{name}.npy", mmap_mode="r") for name in ("features", "coordinates")}
    return replace(made, **mapped)


def from_the_map(split: EncodedSplit) -> Regions:
    return MappedRegions(split, CPU)


def from_memory(split: EncodedSplit) -> Regions:
    return ResidentRegions(split, np.arange(5), CPU)


def rows(split: EncodedSplit, images: list[int]) -> np.ndarray:
    """Features and coordinates of the images' regions, one image after the other."""
    spans = [slice(*split.region_offsets[image : image + 2]) for image in images]
    return np.concatenate([np.concatenate([split.features[s], split.coordinates[s]], axis=1) for s in spans])


@pytest.mark.parametrize("source", [from_the_map, from_memory])
@pytest.mark.parametrize("images", [[0], [4], [1, 3], [0, 1, 2, 3, 4], [3, 0]])
def test_the_regions_of_images_are_their_rows_in_single_precision(
    split: EncodedSplit, source: Callable[[EncodedSplit], Regions], images: list[int]
) -> None:
    found = source(split).read(np.array(images))
    assert found.dtype == torch.float32
    np.testing.assert_array_equal(found.numpy(), rows(split, images))


@pytest.mark.parametrize("source", [from_the_map, from_memory])
def test_one_reading_after_another_is_right_whichever_is_larger(
    split: EncodedSplit, source: Callable[[EncodedSplit], Regions]
) -> None:
    regions = source(split)
    for images in ([1], [0, 1, 2], [2], [0, 1, 2, 3, 4], [4]):
        np.testing.assert_array_equal(regions.read(np.array(images)).numpy(), rows(split, images))


@pytest.mark.parametrize("source", [from_the_map, from_memory])
def test_expecting_images_changes_nothing_even_when_others_are_read(
    split: EncodedSplit, source: Callable[[EncodedSplit], Regions]
) -> None:
    regions = source(split)
    for expected in ([0], [4], [0, 2, 4], [0, 1, 2, 3, 4]):
        regions.expect(np.array(expected))
        np.testing.assert_array_equal(regions.read(np.array([1, 4])).numpy(), rows(split, [1, 4]))


def test_a_reading_is_valid_until_the_next_one(split: EncodedSplit) -> None:
    """The one buffer is used again as long as it is large enough; who keeps a reading copies it."""
    regions = from_the_map(split)
    first = regions.read(np.array([0, 1, 2, 3, 4]))
    kept = first.clone()
    second = regions.read(np.array([4]))
    assert second.data_ptr() == first.data_ptr()
    assert not torch.equal(first, kept)


def test_some_images_can_be_kept_and_are_found_in_any_order(split: EncodedSplit) -> None:
    regions = ResidentRegions(split, np.array([4, 1, 4]), CPU)
    for images in ([1], [4], [4, 1]):
        np.testing.assert_array_equal(regions.read(np.array(images)).numpy(), rows(split, images))


def test_on_a_cpu_regions_are_read_from_the_map(split: EncodedSplit) -> None:
    assert isinstance(regions_of(split, np.arange(5), CPU), MappedRegions)
