from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
import torchvision
from PIL import Image
from random_backbone import save_random_backbone
from torch import nn

from sprm.corpus.detectors.backbone import FAMILIES, Backbone
from sprm.corpus.settings import BackboneSource
from sprm.errors import DataError

NAME = "resnet18"
CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_random_backbone(NAME, tmp_path_factory.mktemp("weights"))


def backbone(weights: Path, name: str = NAME, side: int = 128) -> Backbone:
    return Backbone(BackboneSource(name=name, weights=weights, side=side), CPU)


def picture(number: int, width: int = 160, height: int = 128) -> Image.Image:
    pixels = np.random.default_rng(number).integers(0, 256, (height // 8, width // 8, 3), dtype=np.uint8)
    return Image.fromarray(pixels).resize((width, height), Image.Resampling.NEAREST)


def boxes(*rows: tuple[float, float, float, float]) -> np.ndarray:
    return np.array(rows, dtype=np.float32).reshape(-1, 4)


def places(network: Backbone, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the last map tell where it is: its first numbers are a cell's centre, in pixels of the resized image."""
    last_map = network._last_map

    def telling(images: torch.Tensor) -> torch.Tensor:
        found = last_map(images).clone()
        rows, columns = found.shape[-2:]
        found[:, 0] = (torch.arange(columns) + 0.5) * images.shape[-1] / columns
        found[:, 1] = ((torch.arange(rows) + 0.5) * images.shape[-2] / rows)[:, None]
        return found

    monkeypatch.setattr(network, "_last_map", telling)


def test_every_box_of_every_image_gets_a_feature(weights: Path) -> None:
    found = backbone(weights).features(
        [picture(0), picture(1, 60, 90), picture(2)],
        [boxes((0, 0, 160, 128), (10, 10, 60, 50)), boxes((5, 5, 50, 80)), boxes()],
    )
    assert [own.shape for own in found] == [(2, 512), (1, 512), (0, 512)]
    assert all(own.dtype == np.float16 and np.isfinite(own).all() for own in found)
    assert len({row.tobytes() for own in found for row in own}) == 3


@pytest.mark.parametrize("shape", [(320, 256), (640, 512), (320, 1024), (1000, 256)])
def test_a_feature_is_the_mean_over_the_place_of_its_box(
    weights: Path, shape: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    network = backbone(weights, side=256)
    places(network, monkeypatch)
    width, height = shape
    # Away from the sides, where the outermost cells are all that is known.
    share = np.array([[0.3, 0.4, 0.5, 0.7], [0.25, 0.25, 0.75, 0.75], [0.6, 0.3, 0.62, 0.32]])
    given = (share * [width, height, width, height]).astype(np.float32)
    (found,) = network.features([picture(0, width, height)], [given])
    scale = min(256 / min(shape), round(256 * 5 / 3) / max(shape))
    centres = (share[:, :2] + share[:, 2:]) / 2 * [width * scale, height * scale]
    np.testing.assert_allclose(found[:, :2], centres, atol=0.75)


def test_the_whole_image_gives_what_the_network_averages(weights: Path) -> None:
    image = picture(3, 128, 128)
    (found,) = backbone(weights).features([image], [boxes((0, 0, 128, 128))])
    model = torchvision.models.get_model(NAME)
    model.load_state_dict(torch.load(weights, weights_only=True))
    model.eval().fc = nn.Identity()
    pixels = torch.from_numpy(np.array(image)).permute(2, 0, 1)[None] / 255
    mean, deviation = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
    with torch.inference_mode():
        whole = model((pixels - mean[:, None, None]) / deviation[:, None, None])[0].numpy()
    # RoIAlign weighs the outermost cells a little more.
    assert np.corrcoef(whole, found[0].astype(np.float32))[0, 1] > 0.98


def test_what_reaches_outside_its_image_is_pooled_from_the_part_inside(weights: Path) -> None:
    given = boxes((-50, -50, 80, 64), (0, 0, 80, 64), (100, 90, 900, 900), (100, 90, 160, 128))
    (found,) = backbone(weights).features([picture(0)], [given])
    np.testing.assert_array_equal(found[0], found[1])
    np.testing.assert_array_equal(found[2], found[3])


def test_boxes_without_area_or_outside_give_numbers_all_the_same(weights: Path) -> None:
    (found,) = backbone(weights).features([picture(0)], [boxes((5, 5, 5, 5), (-9, -9, -3, -3), (500, 500, 600, 600))])
    assert np.isfinite(found).all()


def test_an_image_gives_the_same_alone_and_beside_others(weights: Path) -> None:
    network, given = backbone(weights), boxes((10, 10, 60, 50))
    (alone,) = network.features([picture(0)], [given])
    together = network.features([picture(0), picture(1)], [given, given])
    np.testing.assert_allclose(alone, together[0], rtol=1e-2, atol=1e-3)


@pytest.mark.parametrize(
    "name", ["convnext_tiny", "efficientnet_b0", "mobilenet_v3_small", "regnet_y_400mf", "resnext50_32x4d"]
)
def test_every_family_gives_features(tmp_path: Path, name: str) -> None:
    path = tmp_path / "state.pth"
    torch.save(torchvision.models.get_model(name).state_dict(), path)
    (found,) = backbone(path, name, side=64).features([picture(0)], [boxes((10, 10, 60, 50))])
    assert found.shape[0] == 1
    assert found.shape[1] > 300
    assert name.startswith(FAMILIES)


def test_an_unknown_name_is_told_with_the_nearest_and_all_there_are(weights: Path) -> None:
    with pytest.raises(DataError, match=r"no backbone 'resnet51'; did you mean 'resnet\d+'\? Valid: convnext_base,"):
        backbone(weights, "resnet51")
    with pytest.raises(DataError, match="no backbone 'vit_b_16'"):
        backbone(weights, "vit_b_16")


def test_the_weights_of_another_architecture_are_refused(weights: Path) -> None:
    with pytest.raises(DataError, match=rf"{NAME}\.pth: not the state of a resnet34 with ImageNet's 1,000 classes: "):
        backbone(weights, "resnet34")


def test_a_file_that_holds_no_state_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "some.pth"
    for content, problem in (
        (b"no weights", "not a file of weights alone"),
        (b"", r"the backbone's weights cannot be read \(it ends early\)"),
        (b"<!doctype html><p>Sign in", "is a web page, saved in place of the file"),
        (b"version https://git-lfs.github.com/spec/v1\n", "is a pointer of git-lfs"),
    ):
        path.write_bytes(content)
        with pytest.raises(DataError, match=rf"some\.pth: {problem}"):
            backbone(path)
    torch.save({"epoch": 3}, path)
    with pytest.raises(DataError, match=r"some\.pth: expected a backbone's state, a tensor for each name"):
        backbone(path)
