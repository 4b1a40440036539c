"""Finding a place for each thing: feet on the ground, wings in the air, boats on the water."""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from sprm.corpus.sources.scenes.glyphs import glyph
from sprm.corpus.sources.scenes.scene import Box, Looks, PlacedObject, Scene

TRIES = 40
"""Places tried for a thing before it is left out."""
MAX_HIDDEN = 0.3
"""Largest share of any thing that the box of another may cover."""
MARGIN = 3
"""Pixels left free at the picture's edge."""
USUAL_SIDE = 240
"""The picture height, in pixels, that the heights in the table of categories are meant for."""
_AIRY = defaultdict[str, frozenset[str]](
    frozenset,
    sky=frozenset({"sky", "evening sky", "wall", "curtain"}),
    # Out of doors there is nothing to hang a coat on: it lies on the ground.
    wall=frozenset({"wall", "curtain"}),
)
_LAYERS = {"sky": 0, "wall": 0, "horizon": 1, "water": 2, "ground": 3, "table": 3}


def placed(rng: np.random.Generator, things: list[Looks], empty: Scene) -> tuple[PlacedObject, ...]:
    """Place things one by one; one that finds no free place is left out.

    Args:
        rng: draws the places.
        things: what is to be placed.
        empty: the picture without them.

    Returns:
        The placed things, farthest first.
    """
    done: list[PlacedObject] = []
    for thing in things:
        companions = [other.box for other in done if other.group == thing.group]
        for _ in range(TRIES):
            box = _attempt(rng, thing, empty, companions)
            if box is not None and _free(box, [other.box for other in done]):
                done.append(PlacedObject(**vars(thing), box=box))
                break
    return tuple(sorted(done, key=lambda thing: (_LAYERS[thing.category.stand], thing.box.bottom)))


def _attempt(rng: np.random.Generator, thing: Looks, picture: Scene, companions: list[Box]) -> Box | None:
    """Draw one place, beside a companion if there is any; None when it does not fit into the picture."""
    pixels = glyph(thing.pictogram, thing.tone)
    shrink = min(picture.width, picture.height, USUAL_SIDE) / USUAL_SIDE
    tall = round(thing.category.height * thing.scale * shrink)
    wide = round(tall * pixels.shape[1] / pixels.shape[0])
    low, high = _range_of_bottom(thing.category.stand, picture, tall)
    if wide > picture.width - 2 * MARGIN or low > high:
        return None
    bottom = round(float(rng.uniform(low, high)))
    left = round(float(rng.uniform(MARGIN, picture.width - MARGIN - wide)))
    if companions:
        beside = companions[rng.integers(len(companions))]
        step = round(wide * float(rng.uniform(0.85, 1.15)))
        left = round(beside.left) + (step if rng.random() < 0.5 else -step)
        bottom = round(min(max(beside.bottom + float(rng.uniform(-6, 6)), low), high))
    if left < MARGIN or left + wide > picture.width - MARGIN or bottom - tall < MARGIN:
        return None
    return Box(left, bottom - tall, left + wide, bottom)


def _range_of_bottom(stand: str, picture: Scene, tall: int) -> tuple[float, float]:
    """Between which heights, in pixels from above, the lower edge of a thing may lie."""
    ground = picture.bands[-1].box
    lowest = picture.height - MARGIN
    air = next((band.box for band in picture.bands if band.band.name in _AIRY[stand]), None)
    if air is not None:
        high = air.bottom - MARGIN if stand == "wall" else max(air.bottom, air.top + tall + 3 * MARGIN)
        return air.top + tall + MARGIN, high
    if stand == "water":
        water = next((band.box for band in picture.bands if band.band.name == "water"), ground)
        return water.top + min(tall, water.height) * 0.5, water.bottom - 2
    if stand == "horizon":
        return ground.top + 2, min(ground.top + 14, lowest)
    return max(ground.top + min(10.0, ground.height / 3), tall + MARGIN), lowest


def _free(box: Box, others: list[Box]) -> bool:
    return all(box.overlap(other) <= MAX_HIDDEN * min(box.area, other.area) for other in others)
