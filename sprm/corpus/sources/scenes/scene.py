"""A composed picture before it is drawn: what stands where, in which colour and size."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from sprm.corpus.sources.scenes.tables import Band, Category, Colour, Setting


class Box(NamedTuple):
    """Pixels from the upper left corner of the picture."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        """Pixels from left to right."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """Pixels from top to bottom."""
        return self.bottom - self.top

    @property
    def area(self) -> float:
        """Square pixels."""
        return max(self.width, 0.0) * max(self.height, 0.0)

    @property
    def centre(self) -> tuple[float, float]:
        """Its x and y."""
        return (self.left + self.right) / 2, (self.top + self.bottom) / 2

    def overlap(self, other: Box) -> float:
        """Square pixels that both cover."""
        wide = min(self.right, other.right) - max(self.left, other.left)
        tall = min(self.bottom, other.bottom) - max(self.top, other.top)
        return max(wide, 0.0) * max(tall, 0.0)

    def share(self, left: float, top: float, right: float, bottom: float, *, mirrored: bool) -> Box:
        """A part of it, given in shares of its width and height."""
        if mirrored:
            left, right = 1 - right, 1 - left
        return Box(
            self.left + left * self.width,
            self.top + top * self.height,
            self.left + right * self.width,
            self.top + bottom * self.height,
        )


@dataclass(frozen=True)
class PlacedBand:
    """A stretch of background in a picture."""

    band: Band
    rgb: tuple[int, int, int]
    box: Box


@dataclass(frozen=True)
class Looks:
    """A thing before it has a place."""

    category: Category
    pictogram: str
    """One of its category's."""
    tone: str
    """Skin tone, for pictograms that have one."""
    colour: Colour | None
    """The colour it visibly has, painted or its own; None when no one word names it."""
    scale: float
    """Its height over the category's usual height."""
    mirrored: bool
    group: int
    """Things put down together as several of one kind share a number."""


@dataclass(frozen=True)
class PlacedObject(Looks):
    """A thing in a picture."""

    box: Box
    """All of it, also what is hidden behind others; it never leaves the picture."""


@dataclass(frozen=True)
class Scene:
    """A composed picture."""

    width: int
    height: int
    setting: Setting
    bands: tuple[PlacedBand, ...]
    objects: tuple[PlacedObject, ...]
    """Farthest first: later ones are drawn over earlier ones."""

    def groups(self) -> list[tuple[int, ...]]:
        """Positions of the things that were put down together, for each several of them."""
        members: dict[int, list[int]] = {}
        for position, thing in enumerate(self.objects):
            members.setdefault(thing.group, []).append(position)
        return [tuple(members[group]) for group in sorted(members) if len(members[group]) > 1]
