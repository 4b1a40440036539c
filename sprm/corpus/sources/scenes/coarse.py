"""The coarse noise model: what a detector of COCO's eighty classes makes of a picture whose contents are known.

It sees what such detectors see in photographs. Whoever it is, is a person; much of what captions speak of has no class
and is missed, or taken for something else; and after a few sure boxes comes a long tail of unsure ones. Boxes stand in
the order of a score that says something about how well they fit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from sprm.corpus.sources.scenes import tables
from sprm.corpus.sources.scenes.noise import Detection
from sprm.corpus.sources.scenes.scene import Box, PlacedObject, Scene
from sprm.corpus.sources.scenes.tables import Category, Setting

NO_THING = -1
"""Stands for the thing that a box of mere background is about."""


@dataclass(frozen=True)
class CoarseModel:
    """Constants of the detector.

    They were set so that what boxes, labels and scores say without any training is as on photographs of Flickr30k with
    the detections of YOLOX-nano (`docs/data.md` holds both side by side). Nothing that training achieves was looked at.
    """

    boxes_least: int = 12
    """Fewest boxes an image."""
    boxes_most: int = 30
    """Most boxes an image."""
    score_least: float = 0.004
    """Boxes that score less are left out, as long as `boxes_least` remain."""
    same: float = 0.6
    """IoU above which, of two boxes of one class, only the one with the higher score is kept."""
    least_side: float = 5.0
    """Pixels that every box is wide and high at least."""

    seen: float = 0.96
    """Chance that a thing of one of the classes gets a box that fits, with its class."""
    noticed: float = 0.27
    """Chance that a thing of none of them gets one, with a class that it is taken for."""
    jitter: float = 0.04
    """Standard deviation of each edge of such a box, as a share of the thing's width or height."""
    loose: float = 7.0
    """Mean number of further boxes of such a thing, each with one edge far off (Poisson)."""
    loose_by: float = 0.58
    """How far that edge is off at most, to either side, as a share of the thing's width or height."""
    pieces: float = 2.0
    """Mean number of boxes around some piece of a thing (Poisson)."""
    piece_least: float = 0.35
    """Smallest width and height of a piece, as a share of the thing's."""
    piece_most: float = 0.6
    """Largest width and height of a piece."""
    group: float = 0.4
    """Chance of one box around several things of a kind that stand together."""
    clutter: float = 12.0
    """Mean number of boxes of mere background (Poisson)."""
    clutter_size: float = 0.045
    """Median side of such a box, as a share of the picture's side."""
    clutter_spread: float = 0.6
    """Standard deviation of the logarithm of that side."""

    right: float = 0.85
    """Chance that a loose box, a piece or a group has its thing's class; else one that the thing is taken for."""
    around: int = 6
    """Classes of a picture that come of its setting, beside those of its things."""

    unsure: float = -4.6
    """Log odds of a box that shows nothing."""
    sure: float = 8.6
    """What a box of the right class adds for a perfect fit, in proportion to the square of its IoU with the thing."""
    sure_mistaken: float = 5.0
    """What a box of another class adds."""
    size: float = 0.35
    """What each unit of the logarithm of a box's share of the picture adds, against a twentieth of it."""
    spread: float = 0.6
    """Standard deviation of the log odds among the boxes of a thing."""
    spread_things: float = 0.4
    """Standard deviation of the log odds among things."""


@dataclass(frozen=True)
class _Boxes:
    """Boxes before they are named and scored."""

    corners: NDArray[np.float64]
    """(n, 4) xyxy pixels."""
    things: NDArray[np.int64]
    """(n,) positions in `scene.objects` of what they are about, or `NO_THING`."""
    right: NDArray[np.float64]
    """(n,) chances that they have the class of that."""

    @classmethod
    def joined(cls, parts: Sequence[_Boxes]) -> _Boxes:
        """Return the boxes of all parts."""
        return cls(
            np.concatenate([part.corners for part in parts]),
            np.concatenate([part.things for part in parts]),
            np.concatenate([part.right for part in parts]),
        )


@dataclass(frozen=True)
class _Named:
    """Boxes with their classes and scores."""

    corners: NDArray[np.float64]
    """(n, 4) xyxy pixels, inside the picture."""
    labels: list[str]
    log_odds: NDArray[np.float64]
    """(n,) of their scores."""

    def and_others(self, others: _Named) -> _Named:
        """Return these boxes and others."""
        return _Named(
            np.concatenate([self.corners, others.corners]),
            self.labels + others.labels,
            np.concatenate([self.log_odds, others.log_odds]),
        )


def detect(scene: Scene, rng: np.random.Generator, model: CoarseModel) -> list[Detection]:
    """Detect what is in a picture, as `model` would: boxes with a class of COCO and a score in [0, 1], best first."""
    detector = _Detector(scene, rng, model)
    found = detector.named(_Boxes.joined([detector.of_things(), detector.of_groups(), detector.clutter()]))
    while len(kept := _kept(found, model)) < model.boxes_least:
        found = found.and_others(detector.named(detector.clutter()))
    scores = 1 / (1 + np.exp(-found.log_odds))
    return [Detection(Box(*found.corners[i].tolist()), found.labels[i], float(scores[i])) for i in kept]


class _Detector:
    """Looks at one picture."""

    def __init__(self, scene: Scene, rng: np.random.Generator, model: CoarseModel) -> None:
        self.scene, self.rng, self.model = scene, rng, model
        self.things = np.array([thing.box for thing in scene.objects], dtype=np.float64)
        self.known = [_class_of(thing.category) for thing in scene.objects]
        self.taken_for = [self._taken_for(thing) for thing in scene.objects]
        background = _background(scene.setting)
        picks = rng.integers(len(background), size=model.around).tolist()
        self.shown = [known or other for known, other in zip(self.known, self.taken_for, strict=True)]
        self.pictures = [*self.shown, *(background[pick] for pick in picks)]
        self.sureness = rng.normal(0, model.spread_things, len(self.things))

    def _taken_for(self, thing: PlacedObject) -> str:
        names = _mistaken_for(thing.category) or _background(self.scene.setting)
        return names[int(self.rng.integers(len(names)))]

    def of_things(self) -> _Boxes:
        """Boxes that fit a thing, looser ones, and boxes around pieces of one."""
        rng, model, count = self.rng, self.model, len(self.things)
        chance = np.where([name is not None for name in self.known], model.seen, model.noticed)
        fitting = np.flatnonzero(rng.random(count) < chance)
        loose = np.repeat(fitting, rng.poisson(model.loose, len(fitting)))
        pieces = np.repeat(np.arange(count), rng.poisson(model.pieces, count))
        return _Boxes.joined(
            [
                self._about(fitting, self._jittered(self.things[fitting]), 1.0),
                self._about(loose, self._one_edge_off(self._jittered(self.things[loose])), model.right),
                self._about(pieces, self._parts_of(self.things[pieces]), model.right),
            ]
        )

    def of_groups(self) -> _Boxes:
        """Boxes around several things of a kind that stand together."""
        groups = [positions for positions in self.scene.groups() if self.rng.random() < self.model.group]
        firsts = np.array([positions[0] for positions in groups], dtype=np.int64)
        around = [
            np.concatenate([self.things[list(group), :2].min(axis=0), self.things[list(group), 2:].max(axis=0)])
            for group in groups
        ]
        boxes = self._jittered(np.array(around, dtype=np.float64).reshape(-1, 4))
        return self._about(firsts, boxes, self.model.right)

    def clutter(self) -> _Boxes:
        """Boxes of mere background."""
        rng, model = self.rng, self.model
        shape = (rng.poisson(model.clutter), 2)
        sides = np.minimum(model.clutter_size * np.exp(rng.normal(0, model.clutter_spread, shape)), 0.9)
        corner = rng.random(shape) * (1 - sides)
        boxes = np.concatenate([corner, corner + sides], axis=1) * ((self.scene.width, self.scene.height) * 2)
        return self._about(np.full(len(boxes), NO_THING), boxes, 0.0)

    def named(self, boxes: _Boxes) -> _Named:
        """Move boxes into the picture, and give each a class and a score.

        A box of mere background has any of the picture's classes.
        """
        corners, of_thing = self._inside(boxes.corners), boxes.things != NO_THING
        is_known = np.array([name is not None for name in self.known])
        right = of_thing & is_known[boxes.things] & (self.rng.random(len(corners)) < boxes.right)
        others = self.rng.integers(len(self.pictures), size=len(corners))
        labels = [
            self.pictures[other] if thing == NO_THING else self.shown[thing] if is_right else self.taken_for[thing]
            for thing, is_right, other in zip(boxes.things.tolist(), right.tolist(), others.tolist(), strict=True)
        ]
        return _Named(corners, labels, self._log_odds(corners, boxes.things, right))

    def _log_odds(
        self, corners: NDArray[np.float64], things: NDArray[np.int64], right: NDArray[np.bool_]
    ) -> NDArray[np.float64]:
        model, at_all = self.model, things != NO_THING
        share = _areas(corners) / (self.scene.width * self.scene.height)
        fit = np.where(at_all, _iou(corners, self.things[things]), 0.0)
        odds = model.unsure + fit**2 * np.where(right, model.sure, model.sure_mistaken)
        odds += np.where(at_all, self.sureness[things], 0.0) + model.size * np.log(share / 0.05)
        noisy: NDArray[np.float64] = odds + self.rng.normal(0, model.spread, len(odds))
        return noisy

    def _inside(self, boxes: NDArray[np.float64]) -> NDArray[np.float64]:
        size, side = np.array([self.scene.width, self.scene.height], dtype=np.float64), self.model.least_side
        first = np.clip(boxes[:, :2], 0, size - side)
        return np.concatenate([first, np.clip(boxes[:, 2:], first + side, size)], axis=1)

    def _about(self, things: NDArray[np.int64], boxes: NDArray[np.float64], right: float) -> _Boxes:
        return _Boxes(boxes, things, np.full(len(boxes), right))

    def _jittered(self, boxes: NDArray[np.float64]) -> NDArray[np.float64]:
        moved: NDArray[np.float64] = boxes + self.rng.normal(0, self.model.jitter, boxes.shape) * _sides(boxes)
        return moved

    def _one_edge_off(self, boxes: NDArray[np.float64]) -> NDArray[np.float64]:
        off = self.rng.uniform(-self.model.loose_by, self.model.loose_by, len(boxes))
        edge = np.arange(4) == self.rng.integers(4, size=len(boxes))[:, None]
        moved: NDArray[np.float64] = boxes + off[:, None] * edge * _sides(boxes)
        return moved

    def _parts_of(self, boxes: NDArray[np.float64]) -> NDArray[np.float64]:
        sides = _sides(boxes)[:, :2]
        smaller = self.rng.uniform(self.model.piece_least, self.model.piece_most, sides.shape) * sides
        corner = boxes[:, :2] + self.rng.random(sides.shape) * (sides - smaller)
        return np.concatenate([corner, corner + smaller], axis=1)


def _kept(found: _Named, model: CoarseModel) -> list[int]:
    """Return the positions of the boxes that class-wise suppression and the least score leave, best first."""
    # Torch takes seconds to import: only where pictures are made.
    import torch
    from torchvision.ops import batched_nms

    number = {label: i for i, label in enumerate(dict.fromkeys(found.labels))}
    labels = torch.tensor([number[label] for label in found.labels])
    log_odds = torch.from_numpy(found.log_odds)
    order = batched_nms(torch.from_numpy(found.corners), log_odds, labels, model.same)[: model.boxes_most]
    good_enough = int((torch.sigmoid(log_odds[order]) >= model.score_least).sum())
    kept: list[int] = order[: max(good_enough, model.boxes_least)].tolist()
    return kept


@cache
def _class_of(category: Category) -> str | None:
    named = (label.name for label in tables.coarse_labels() if label.shows & {category.name, category.kind})
    return next(named, None)


@cache
def _mistaken_for(category: Category) -> tuple[str, ...]:
    others = {category.name, category.kind}
    return tuple(label.name for label in tables.coarse_labels() if label.mistaken & others)


@cache
def _background(setting: Setting) -> tuple[str, ...]:
    return tuple(label.name for label in tables.coarse_labels() if label.clutter & setting.tags)


def _sides(boxes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Width and height of boxes, twice, (n, 4), so that they fit their corners."""
    return np.tile(boxes[:, 2:] - boxes[:, :2], 2)


def _areas(boxes: NDArray[np.float64]) -> NDArray[np.float64]:
    areas: NDArray[np.float64] = (boxes[:, 2:] - boxes[:, :2]).prod(axis=1)
    return areas


def _iou(one: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.float64]:
    """IoU of boxes with others, row by row, (n,)."""
    sides = np.minimum(one[:, 2:], other[:, 2:]) - np.maximum(one[:, :2], other[:, :2])
    overlap = np.maximum(sides, 0).prod(axis=1)
    iou: NDArray[np.float64] = overlap / (_areas(one) + _areas(other) - overlap)
    return iou
