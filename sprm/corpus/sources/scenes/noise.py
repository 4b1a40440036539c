"""The fine noise model: what a detector of many classes makes of a picture whose contents are known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sprm.corpus.sources.scenes import tables
from sprm.corpus.sources.scenes.scene import Box, PlacedObject, Scene


@dataclass(frozen=True)
class NoiseModel:
    """Constants of the detector.

    They were set so that the inputs look like Flickr30k Entities with the detections of Wang et al. (2020): boxes an
    image, how many boxes share a label, the upper bound of the proposals, and the accuracy of the untrained prior.
    Nothing that training achieves was looked at.
    """

    boxes_mean: float = 34.0
    """Boxes an image that boxes of mere background fill up to; some images have more, for all that they show."""
    boxes_spread: float = 6.0
    """Standard deviation of that number."""
    boxes_least: int = 14
    """Fewest boxes an image."""
    boxes_most: int = 70
    """Most boxes an image."""
    miss: float = 0.105
    """Chance that a thing gets no box of its own, only what overlaps it by accident."""
    jitter: float = 0.06
    """Standard deviation of each side of a good box, as a share of the thing's width or height."""
    right: float = 0.5
    """Chance that a good box is labelled rightly."""
    usual: float = 0.75
    """Chance that a right label is the most usual of its category."""
    confused: float = 0.35
    """Chance that a good box is labelled as something its category is taken for; the rest gets any label."""
    duplicates: float = 2.9
    """Mean number of further, looser boxes of a thing (Poisson)."""
    duplicate_jitter: float = 0.12
    """Standard deviation of each side of a looser box."""
    duplicate_right: float = 0.3
    """Chance that a looser box has a right label. Else it has one of those that the category is taken for, each once:
    detectors suppress overlapping boxes of one class."""
    fragments: float = 0.6
    """Mean number of boxes around some piece of a thing (Poisson)."""
    fragment_same: float = 0.05
    """Chance that such a piece has the label of the thing; else background's."""
    part: float = 0.6
    """Chance that a part named in the table of parts is found."""
    part_right: float = 0.7
    """Chance that a found part is labelled rightly."""
    group: float = 0.6
    """Chance of one box around several things of a kind that stand together."""
    band: float = 0.8
    """Chance that a stretch of background is found."""
    band_pieces: float = 1.0
    """Mean number of boxes around some piece of a stretch of background (Poisson), with another of its labels."""
    clutter_size: float = 0.16
    """Median side of a background box, as a share of the picture's side."""
    clutter_spread: float = 0.7
    """Standard deviation of the logarithm of that side."""
    least_side: float = 5.0
    """Pixels that every box is wide and high at least."""


@dataclass(frozen=True)
class Detection:
    """A detected box."""

    box: Box
    label: str
    """Its class name, a whole line of the detector's vocabulary."""
    score: float | None = None
    """How sure the detector is, in [0, 1]; None from one that does not say."""


def detect(scene: Scene, rng: np.random.Generator, model: NoiseModel) -> list[Detection]:
    """Detect what is in a picture, as `model` would; the order of the boxes carries no meaning."""
    detections: list[Detection] = []
    for thing in scene.objects:
        detections += _of_thing(thing, scene, rng, model)
    detections += _of_groups(scene, rng, model)
    detections += _of_bands(scene, rng, model)
    wanted = round(rng.normal(model.boxes_mean, model.boxes_spread))
    wanted = min(max(wanted, model.boxes_least), model.boxes_most)
    detections = [detections[i] for i in rng.permutation(len(detections))]
    detections = detections[: model.boxes_most] + _clutter(scene, rng, model, wanted - len(detections))
    return [detections[i] for i in rng.permutation(len(detections))]


def _of_thing(thing: PlacedObject, scene: Scene, rng: np.random.Generator, model: NoiseModel) -> list[Detection]:
    category = thing.category
    label = _label(category.labels, category.confusions, scene, rng, model)
    detections = []
    if rng.random() >= model.miss:
        detections.append(_detection(_jittered(thing.box, model.jitter, rng), label, scene, model))
        names = [name for name in category.confusions if name != label]
        for name in rng.permutation(names)[: rng.poisson(model.duplicates)]:
            other = _pick(category.labels, rng) if rng.random() < model.duplicate_right else str(name)
            looser = _jittered(thing.box, model.duplicate_jitter, rng)
            detections.append(_detection(looser, other, scene, model))
    for _ in range(rng.poisson(model.fragments)):
        same = rng.random() < model.fragment_same
        piece = label if same else _pick(scene.setting.clutter, rng)
        detections.append(_detection(_piece(thing.box, rng, 0.35, 0.65), piece, scene, model))
    for part in tables.parts_of(category.name):
        for box in part.boxes:
            if rng.random() < model.part:
                name = part.labels if rng.random() < model.part_right else part.confusions
                whole = thing.box.share(*box, mirrored=thing.mirrored)
                detections.append(_detection(_jittered(whole, model.jitter, rng), _pick(name, rng), scene, model))
    return detections


def _of_groups(scene: Scene, rng: np.random.Generator, model: NoiseModel) -> list[Detection]:
    detections = []
    for group in scene.groups():
        members = [scene.objects[position] for position in group]
        if rng.random() < model.group:
            left, top = (min(thing.box[i] for thing in members) for i in (0, 1))
            right, bottom = (max(thing.box[i] for thing in members) for i in (2, 3))
            box = _jittered(Box(left, top, right, bottom), model.jitter, rng)
            category = members[0].category
            plurals = {noun.plural for noun in category.words if noun.countable}
            names = [name for name in category.labels + category.confusions if name in plurals]
            detections.append(_detection(box, _pick(names or category.labels, rng), scene, model))
    return detections


def _of_bands(scene: Scene, rng: np.random.Generator, model: NoiseModel) -> list[Detection]:
    detections = []
    for placed in scene.bands:
        first, *others = (str(name) for name in rng.permutation(placed.band.labels))
        if rng.random() < model.band:
            detections.append(_detection(_jittered(placed.box, model.jitter, rng), first, scene, model))
        for _ in range(rng.poisson(model.band_pieces)):
            piece = _piece(placed.box, rng, 0.2, 0.6)
            detections.append(_detection(piece, _pick(others, rng), scene, model))
    return detections


def _clutter(scene: Scene, rng: np.random.Generator, model: NoiseModel, count: int) -> list[Detection]:
    names = scene.setting.clutter
    order = rng.permutation(len(names))
    detections = []
    for i in range(max(count, 0)):
        side = model.clutter_size * np.exp(rng.normal(0, model.clutter_spread, 2))
        wide, tall = (float(min(share, 0.9)) for share in side)
        left, top = float(rng.uniform(0, 1 - wide)), float(rng.uniform(0, 1 - tall))
        box = Box(left, top, left + wide, top + tall)
        whole = Box(*(edge * size for edge, size in zip(box, (scene.width, scene.height) * 2, strict=True)))
        detections.append(_detection(whole, names[order[i % len(names)]], scene, model))
    return detections


def _label(
    labels: Sequence[str],
    confusions: Sequence[str],
    scene: Scene,
    rng: np.random.Generator,
    model: NoiseModel,
) -> str:
    draw = rng.random()
    if draw < model.right:
        return labels[0] if rng.random() < model.usual else _pick(labels, rng)
    if draw < model.right + model.confused:
        return _pick(confusions, rng)
    return _pick(scene.setting.clutter, rng)


def _jittered(box: Box, spread: float, rng: np.random.Generator) -> Box:
    left, top, right, bottom = rng.normal(0, spread, 4).tolist()
    return Box(
        box.left + left * box.width,
        box.top + top * box.height,
        box.right + right * box.width,
        box.bottom + bottom * box.height,
    )


def _piece(box: Box, rng: np.random.Generator, least: float, most: float) -> Box:
    width, height = rng.uniform(least, most, 2).tolist()
    wide, tall = width * box.width, height * box.height
    left = box.left + rng.uniform(0, 1) * (box.width - wide)
    top = box.top + rng.uniform(0, 1) * (box.height - tall)
    return Box(left, top, left + wide, top + tall)


def _detection(box: Box, label: str, scene: Scene, model: NoiseModel) -> Detection:
    """Keep a box inside the picture and no smaller than the model's least side."""
    side = model.least_side
    left = min(max(box.left, 0.0), scene.width - side)
    top = min(max(box.top, 0.0), scene.height - side)
    right = min(max(box.right, left + side), float(scene.width))
    bottom = min(max(box.bottom, top + side), float(scene.height))
    return Detection(Box(left, top, right, bottom), label)


def _pick(names: Sequence[str], rng: np.random.Generator) -> str:
    return names[int(rng.integers(len(names)))]
