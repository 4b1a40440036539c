"""The regions that look alike are those of the cosines, however few of these are computed."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.nn.functional import normalize

from sprm.model import resemblance
from sprm.model.resemblance import outlines, resembling

NEVER, ALWAYS = 10**9, 0
"""For `LONGER`: whether cosines are computed pair by pair where they may reach what counts."""


def drawn(seed: int, dtype: torch.dtype = torch.float32) -> tuple[Tensor, Tensor]:
    """Draw features of regions, most of which vary in a few directions alone, and their images."""
    generator = torch.Generator().manual_seed(seed)
    spread = torch.randn(400, 20, generator=generator) @ torch.randn(20, 150, generator=generator)
    features = spread + 0.5 * torch.randn(400, 150, generator=generator)
    few, others = torch.randint(400, (2, 200), generator=generator)
    features[few] = 1.5 * features[others] + 1.2 * torch.randn(200, 150, generator=generator)
    features[few[0]] = 0
    images = torch.randint(40, (400,), generator=generator).sort().values
    return features.to(dtype), torch.unique(images, return_inverse=True)[1]


def plainly(features: Tensor, images: Tensor, similarity: float) -> Tensor:
    units = normalize(features, dim=1)
    alike = units @ units.T >= similarity
    return torch.stack([alike[images == image].any(dim=0) for image in range(int(images[-1]) + 1)])


@pytest.mark.parametrize("longer", [NEVER, resemblance.LONGER, ALWAYS])
@pytest.mark.parametrize("at_a_time", [1, 100, 1000])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_what_is_found_is_what_all_cosines_say(
    monkeypatch: pytest.MonkeyPatch, longer: int, at_a_time: int, dtype: torch.dtype
) -> None:
    monkeypatch.setattr(resemblance, "LONGER", longer)
    monkeypatch.setattr(resemblance, "AT_A_TIME", at_a_time)
    for seed in range(5):
        features, images = drawn(seed, dtype)
        expected = plainly(features, images, 0.95)
        own = torch.arange(int(images[-1]) + 1)[:, None] == images
        assert (expected & ~own).any()
        assert not expected[own].all()
        assert torch.equal(resembling(features, images, 0.95), expected)


@pytest.mark.parametrize("longer", [NEVER, ALWAYS])
def test_regions_that_look_alike_are_found_between_and_within_images(
    monkeypatch: pytest.MonkeyPatch, longer: int
) -> None:
    monkeypatch.setattr(resemblance, "LONGER", longer)
    features = torch.tensor([[1.0, 0.0], [0.0, 1.0], [0.1, 3.0], [1.0, 1.0], [0.0, 0.0]])
    images = torch.tensor([0, 1, 2, 2, 2])
    expected = [[True, False, False, False, False], [False, True, True, False, False], [False, True, True, True, False]]
    assert resembling(features, images, 0.95).tolist() == expected
    monkeypatch.setattr(resemblance, "AT_A_TIME", 1)
    assert resembling(features, images, 0.95).tolist() == expected


@pytest.mark.parametrize("regions", [1, 3, 64, 65, 400])
@pytest.mark.parametrize("axes", [2, 64])
def test_outlines_bound_the_cosines_and_closely_where_vectors_vary(
    monkeypatch: pytest.MonkeyPatch, regions: int, axes: int
) -> None:
    monkeypatch.setattr(resemblance, "AXES", axes)
    units = normalize(drawn(0)[0][:regions], dim=1)
    bounds, cosines = (vectors @ vectors.T for vectors in (outlines(units), units))
    assert outlines(units).shape[1] <= axes + 1
    assert (bounds - cosines).min() > -resemblance.ROUNDING / 10
    if axes == 64:
        assert (bounds - cosines).max() < 0.2
