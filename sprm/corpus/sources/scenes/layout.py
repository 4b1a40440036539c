"""Choosing what a picture shows: its setting, its things, their looks and their places."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np

from sprm.corpus.sources.scenes import tables
from sprm.corpus.sources.scenes.chances import pick
from sprm.corpus.sources.scenes.glyphs import SKIN_TONES
from sprm.corpus.sources.scenes.placement import placed
from sprm.corpus.sources.scenes.scene import Box, Looks, PlacedBand, Scene
from sprm.corpus.sources.scenes.tables import Category, Colour, Setting

PICTURE_SIZES = ((320, 240), (320, 240), (320, 214), (300, 240), (240, 320))
OBJECTS = {3: 0.13, 4: 0.23, 5: 0.24, 6: 0.19, 7: 0.11, 8: 0.06, 9: 0.04}
"""Chance of each number of things in a picture."""
TYPE_SHARES = {
    "people": 0.34,
    "clothing": 0.11,
    "bodyparts": 0.05,
    "animals": 0.13,
    "vehicles": 0.1,
    "instruments": 0.06,
    "scene": 0.08,
    "other": 0.26,
}
"""How often a thing is of each entity type, where the setting has any of it."""
GROUP_CHANCE = 0.085
"""Chance that a thing comes as two to four alike."""
RIVAL_CHANCE = 0.07
"""Chance that a thing has a rival: another of its category, told apart by colour, size or place only."""
SIZES = ((0.68, 0.18), (1.0, 0.62), (1.36, 0.2))
"""Scales against the usual height, with their chances; each varies by a twentieth."""


def compose(rng: np.random.Generator) -> Scene:
    """Compose one picture, of one thing at least."""
    picture = _attempt(rng)
    # Once in ten thousands, nothing that is drawn finds a place, and there would be nothing to tell of.
    while not picture.objects:
        picture = _attempt(rng)
    return picture


def _attempt(rng: np.random.Generator) -> Scene:
    width, height = PICTURE_SIZES[rng.integers(len(PICTURE_SIZES))]
    every = tables.settings()
    setting = every[pick(rng, tuple(setting.weight for setting in every))]
    bands = _bands(rng, setting, width, height)
    empty = Scene(width, height, setting, bands, ())
    return replace(empty, objects=placed(rng, _things(rng, setting), empty))


def _bands(rng: np.random.Generator, setting: Setting, width: int, height: int) -> tuple[PlacedBand, ...]:
    shift = float(rng.uniform(-0.04, 0.04))
    result = []
    for name, top, bottom in setting.bands:
        band = tables.bands()[name]
        upper, lower = (edge if edge in (0, 1) else edge + shift for edge in (top, bottom))
        rgb = band.colours[rng.integers(len(band.colours))]
        result.append(PlacedBand(band, rgb, Box(0, upper * height, width, lower * height)))
    return tuple(result)


def _things(rng: np.random.Generator, setting: Setting) -> list[Looks]:
    kinds = _found(setting.tags)
    shares = tuple(TYPE_SHARES[kind] for kind in kinds)
    wanted = list(OBJECTS)[pick(rng, tuple(OBJECTS.values()))]
    things: list[Looks] = []
    while len(things) < wanted:
        choice = kinds[list(kinds)[pick(rng, shares)]]
        category = choice[pick(rng, tuple(category.weight for category in choice))]
        first = _looks(rng, category, group=len(things))
        things.append(first)
        room = wanted - len(things)
        if room and rng.random() < GROUP_CHANCE:
            things += _copies(rng, first, min(room, int(rng.choice([1, 2, 3]))))
        elif room and rng.random() < RIVAL_CHANCE:
            count = min(room, int(rng.choice([1, 1, 2, 3])))
            things += [_rival(rng, first, len(things) + i) for i in range(count)]
    return things


@cache
def _found(tags: frozenset[str]) -> dict[str, tuple[Category, ...]]:
    """Return the categories that are found in settings with these tags, by the first of their entity types."""
    allowed = [category for category in tables.categories() if "any" in category.places or category.places & tags]
    kinds = {kind: tuple(category for category in allowed if category.kind == kind) for kind in TYPE_SHARES}
    return {kind: choice for kind, choice in kinds.items() if choice}


def _looks(rng: np.random.Generator, category: Category, group: int) -> Looks:
    scale, _ = SIZES[pick(rng, tuple(chance for _, chance in SIZES))]
    return Looks(
        category=category,
        pictogram=category.pictograms[rng.integers(len(category.pictograms))],
        tone=SKIN_TONES[rng.integers(len(SKIN_TONES))],
        colour=_colour(rng, category),
        scale=scale * float(rng.uniform(0.95, 1.05)),
        mirrored=category.mirror and bool(rng.random() < 0.5),
        group=group,
    )


def _colour(rng: np.random.Generator, category: Category, other_than: Colour | None = None) -> Colour | None:
    if not category.paint:
        return next((colour for colour in tables.colours() if colour.name == category.colours), None)
    palette = [
        colour for colour in tables.colours() if category.colours in colour.palettes and colour is not other_than
    ]
    return palette[rng.integers(len(palette))]


def _copies(rng: np.random.Generator, first: Looks, count: int) -> list[Looks]:
    return [
        replace(
            first,
            tone=SKIN_TONES[rng.integers(len(SKIN_TONES))],
            scale=first.scale * float(rng.uniform(0.95, 1.05)),
            mirrored=first.category.mirror and bool(rng.random() < 0.5),
        )
        for _ in range(count)
    ]


def _rival(rng: np.random.Generator, first: Looks, group: int) -> Looks:
    """Another of the same category that differs in one thing: colour, size, or nothing but its place."""
    difference = ("colour", "size", "place")[pick(rng, (0.45, 0.2, 0.35))]
    rival = replace(_looks(rng, first.category, group), colour=first.colour, scale=first.scale)
    if difference == "colour" and first.category.paint:
        return replace(rival, colour=_colour(rng, first.category, other_than=first.colour))
    if difference == "size":
        return replace(rival, scale=1.36 if first.scale < 1 else 0.66)
    return rival
