"""How well feature vectors tell categories apart: a linear probe on the training split, and nothing of the test split.

`python tests/manual/scenes_probe.py` compares layers and grids. A property of the input: no grounding
model is trained.
"""

from __future__ import annotations

import sys
import time

import numpy as np
from numpy.typing import NDArray

from sprm.corpus.sources.scenes.drawing import draw
from sprm.corpus.sources.scenes.features import extract
from sprm.corpus.sources.scenes.layout import compose
from sprm.corpus.sources.scenes.noise import NoiseModel, detect
from sprm.corpus.sources.scenes.scene import Box, Scene
from sprm.corpus.sources.scenes.writer import FIRST_IMAGE_ID
from sprm.seeding import generator

COMPARED = [(0, 2), (0, 4), (1, 2), (1, 3), (1, 4), (2, 2), (3, 2)]
"""Stages after the stem, and cells on a side; at most 1,024 numbers a box."""
FITTED, CHOOSING, HELD_OUT = 700, 100, 200
"""Images that the probe is fitted on, that choose its ridge weight, and that it is tried on."""
RIDGE_WEIGHTS = (30.0, 100.0, 300.0, 1000.0, 3000.0)
SHOWS = 0.6
"""IoU with a thing from which on a detected box is taken to show it."""


def shown(scene: Scene, boxes: list[Box]) -> list[tuple[Box, str]]:
    """Pair the boxes that show a thing with its category."""
    pairs = []
    for box in boxes:
        overlaps = [(_iou(box, thing.box), thing.category.name) for thing in scene.objects]
        best, name = max(overlaps)
        if best >= SHOWS:
            pairs.append((box, name))
    return pairs


def accuracy(features: NDArray[np.float32], names: NDArray[np.str_], images: NDArray[np.int64]) -> float:
    """Share of the held-out boxes whose category ridge regression on one-hot categories names."""
    _, classes = np.unique(names, return_inverse=True)
    fitted, choosing = images < FITTED, (images >= FITTED) & (images < FITTED + CHOOSING)
    mean, spread = features[fitted].mean(axis=0), features[fitted].std(axis=0) + 1e-3
    inputs = np.hstack([(features - mean) / spread, np.ones((len(features), 1), dtype=np.float32)])
    targets = np.eye(classes.max() + 1, dtype=np.float32)[classes]
    gram, moments = inputs[fitted].T @ inputs[fitted], inputs[fitted].T @ targets[fitted]

    def right(weight: float, where: NDArray[np.bool_]) -> float:
        solution = np.linalg.solve(gram + weight * np.eye(len(gram), dtype=np.float32), moments)
        return float(((inputs[where] @ solution).argmax(axis=1) == classes[where]).mean())

    weight = max(RIDGE_WEIGHTS, key=lambda candidate: right(candidate, choosing))
    return right(weight, images >= FITTED + CHOOSING)


def main() -> None:
    """Print a table of layers and grids."""
    scenes = []
    for number in range(FITTED + CHOOSING + HELD_OUT):
        image_id = FIRST_IMAGE_ID["train"] + number
        scene = compose(generator("scenes", 0, image_id, "layout"))
        found = detect(scene, generator("scenes", 0, image_id, "detections"), NoiseModel())
        picture = draw(scene, generator("scenes", 0, image_id, "texture"))
        scenes.append((picture, shown(scene, [detection.box for detection in found])))
    names = np.array([name for _, pairs in scenes for _, name in pairs])
    images = np.repeat(np.arange(len(scenes)), [len(pairs) for _, pairs in scenes])
    sys.stdout.write(f"{len(names):,} boxes, {len(np.unique(names))} categories\nstages cells size accuracy seconds\n")
    for stages, cells in COMPARED:
        started = time.perf_counter()
        features = np.concatenate(
            [
                extract(picture, np.array([box for box, _ in pairs], dtype=np.float32), stages, cells)
                for picture, pairs in scenes
                if pairs
            ]
        )
        seconds = time.perf_counter() - started
        found_right = accuracy(features, names, images)
        sys.stdout.write(f"{stages:6} {cells:5} {features.shape[1]:4} {found_right:8.3f} {seconds:7.0f}\n")


def _iou(first: Box, second: Box) -> float:
    overlap = first.overlap(second)
    return overlap / (first.area + second.area - overlap)


if __name__ == "__main__":
    main()
