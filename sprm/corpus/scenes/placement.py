"""Finding a place for each thing: feet on the ground, wings in the air, boats on the water."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np

from sprm.corpus.scenes.glyphs import glyph
from sprm.corpus.scenes.scene import Box, PlacedBand, PlacedObject

if TYPE_CHECKING:
    from sprm.corpus.scenes.layout import Looks

TRIES = 40
"""Places tried for a thing before it is left out."""
MAX_HIDDEN = 0.3
"""Largest share of any thing that the box of another may cover."""
MARGIN = 3
"""Pixels left free at the picture's edge."""
_REFERENCE = 240
_AIRY = defaultdict[str, frozenset[str]](
    frozenset,
    sky=frozenset({"sky", "evening sky", "wall", "curtain"}),
    # Out of doors there is nothing to hang a coat on: it lies on the ground.
    wall=frozenset({"wall", "curtain"}),
)
_LAYERS = {"sky": 0, "wall": 0, "horizon": 1, "water": 2, "ground": 3, "table": 3}


def placed(
    rng: np.random.Generator, things: list[Looks], bands: tuple[PlacedBand, ...], width: int, height: int
) -> tuple[PlacedObject, ...]:
    """Place things one by one; one that finds no free place is left out.

    Returns:
        The placed things, farthest first.
    """
    shrink = min(width, height, _REFERENCE) / _REFERENCE
    done: list[PlacedObject] = []
    for thing in things:
        companions = [other for other in done if other.group == thing.group]
        for _ in range(TRIES):
            box = _attempt(rng, thing, bands, width, height, shrink, companions)
            if box is not None and _free(box, [other.box for other in done]):
                done.append(_object(thing, box))
                break
    return tuple(sorted(done, key=lambda one: (_LAYERS[one.category.stand], one.box.bottom)))


def _object(thing: Looks, box: Box) -> PlacedObject:
    return PlacedObject(
        thing.category, thing.pictogram, thing.tone, thing.colour, thing.scale, thing.mirrored, box, thing.group
    )


def _attempt(
    rng: np.random.Generator,
    thing: Looks,
    bands: tuple[PlacedBand, ...],
    width: int,
    height: int,
    shrink: float,
    companions: list[PlacedObject],
) -> Box | None:
    pixels = glyph(thing.pictogram, thing.tone)
    tall = round(thing.category.height * thing.scale * shrink)
    wide = round(tall * pixels.shape[1] / pixels.shape[0])
    low, high = _range_of_bottom(thing.category.stand, bands, tall, height)
    if wide > width - 2 * MARGIN or low > high:
        return None
    bottom = round(float(rng.uniform(low, high)))
    left = round(float(rng.uniform(MARGIN, width - MARGIN - wide)))
    if companions:
        beside = companions[rng.integers(len(companions))].box
        step = round(wide * float(rng.uniform(0.85, 1.15)))
        left = round(beside.left) + (step if rng.random() < 0.5 else -step)
        bottom = round(min(max(beside.bottom + float(rng.uniform(-6, 6)), low), high))
    if left < MARGIN or left + wide > width - MARGIN or bottom - tall < MARGIN:
        return None
    return Box(left, bottom - tall, left + wide, bottom)


def _range_of_bottom(stand: str, bands: tuple[PlacedBand, ...], tall: int, height: int) -> tuple[float, float]:
    """Between which heights, in pixels from above, the lower edge of a thing may lie."""
    ground = bands[-1].box
    air = next((band.box for band in bands if band.band.name in _AIRY[stand]), None)
    if air is not None:
        high = air.bottom - MARGIN if stand == "wall" else max(air.bottom, air.top + tall + 3 * MARGIN)
        return air.top + tall + MARGIN, high
    if stand == "water":
        water = next((band.box for band in bands if band.band.name == "water"), ground)
        return water.top + min(tall, water.height) * 0.5, water.bottom - 2
    if stand == "horizon":
        return ground.top + 2, min(ground.top + 14, height - MARGIN)
    return max(ground.top + min(10.0, ground.height / 3), tall + MARGIN), height - MARGIN


def _free(box: Box, others: list[Box]) -> bool:
    return all(box.overlap(other) <= MAX_HIDDEN * min(box.area, other.area) for other in others)
