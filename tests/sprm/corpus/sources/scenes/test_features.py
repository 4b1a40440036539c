from __future__ import annotations

import numpy as np
import torch
from torchvision.models import resnet18
from torchvision.ops import roi_align

from sprm.corpus.sources.scenes.drawing import draw
from sprm.corpus.sources.scenes.features import CALIBRATION_PICTURES, FEATURE_SIZE, extract
from sprm.corpus.sources.scenes.layout import compose
from sprm.seeding import generator, seed_of


def plain_maps(pictures: list[torch.Tensor]) -> list[torch.Tensor]:
    """The stem as ResNet-18 has it: convolution, normalisation, ReLU and pooling, one after the other."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed_of("scenes", "backbone"))
        whole = resnet18(weights=None)
    stem = torch.nn.Sequential(whole.conv1, whole.bn1, whole.relu, whole.maxpool)
    whole.bn1.momentum = None
    calibration = []
    for number in range(CALIBRATION_PICTURES):
        rng = generator("scenes", "calibration", number)
        calibration.append(pixels(draw(compose(rng), rng)))
    with torch.inference_mode():
        stem.train()
        for picture in calibration:
            stem(picture)
        stem.eval()
        squares = [float(stem(picture).square().mean()) for picture in calibration]
        return [stem(picture) / (sum(squares) / len(squares)) ** 0.5 for picture in pictures]


def pixels(picture: object) -> torch.Tensor:
    return (torch.from_numpy(np.array(picture)).permute(2, 0, 1)[None].float() - 128) / 64


def test_features_are_those_of_the_plain_stem_to_the_bit() -> None:
    boxes = np.array([[0, 0, 300, 200], [10.5, 20.25, 33, 90], [100, 100, 105, 105]], dtype=np.float32)
    pictures = []
    for number in range(3):
        rng = generator("pictures", number)
        pictures.append(draw(compose(rng), rng))
    for picture, maps in zip(pictures, plain_maps([pixels(picture) for picture in pictures]), strict=True):
        expected = roi_align(maps, [torch.from_numpy(boxes)], 4, 0.25, aligned=True).flatten(1).numpy()
        found = extract(picture, boxes)
        assert found.shape == (3, FEATURE_SIZE)
        assert np.array_equal(found, expected)
