"""What is true of a picture: how things lie towards each other, and what tells one from its like."""

from __future__ import annotations

from collections.abc import Sequence

from sprm.corpus.sources.scenes.scene import PlacedObject, Scene

MUCH_LARGER = 1.35
"""Ratio of heights from which one of two alike is called large or small against the other."""
CLEARLY_APART = 14.0
"""Pixels between centres from which one thing is said to be to the left of, or above, another."""
LONE_LARGE, LONE_SMALL = 1.25, 0.76
"""Scales against the usual height from which a thing without its like is called large or small."""


def rivals(scene: Scene, things: Sequence[int], name: str) -> list[PlacedObject]:
    """Everything else in the picture that may be called by the same name."""
    return [other for i, other in enumerate(scene.objects) if i not in things and name in other.category.names]


def size_against(thing: PlacedObject, others: Sequence[PlacedObject]) -> str | None:
    """Return `large` or `small` when that sets it apart from all others, or, alone, from its usual size."""
    if not others:
        if thing.scale >= LONE_LARGE:
            return "large"
        return "small" if thing.scale <= LONE_SMALL else None
    heights = [other.box.height for other in others]
    if thing.box.height >= MUCH_LARGER * max(heights):
        return "large"
    return "small" if thing.box.height * MUCH_LARGER <= min(heights) else None


def colour_apart(thing: PlacedObject, others: Sequence[PlacedObject]) -> bool:
    """Tell whether its colour is known and none of the others has it, or a colour no word names."""
    return thing.colour is not None and all(
        other.colour is not None and other.colour is not thing.colour for other in others
    )


def places_among(thing: PlacedObject, others: Sequence[PlacedObject]) -> list[str]:
    """Return the location words that hold for it, and for none of the others.

    `left`, `right`, `top` and `bottom` are the outermost centre, by a clear distance; `center` lies between others
    sideways, and `middle` both sideways and upwards.
    """
    if not others:
        return []
    x, y = thing.box.centre
    across = [other.box.centre[0] for other in others]
    down = [other.box.centre[1] for other in others]
    words = []
    if x <= min(across) - CLEARLY_APART:
        words.append("left")
    if x >= max(across) + CLEARLY_APART:
        words.append("right")
    if y <= min(down) - 2 * CLEARLY_APART:
        words.append("top")
    if y >= max(down) + 2 * CLEARLY_APART:
        words.append("bottom")
    if len(others) == 2 and min(across) + CLEARLY_APART <= x <= max(across) - CLEARLY_APART:
        words.append("center")
        if min(down) < y < max(down):
            words.append("middle")
    return words


def relations(scene: Scene, first: int, second: int) -> list[str]:
    """Return phrases that truly join the first thing to the second, as in `a dog NEXT TO a tree`."""
    box1, box2 = scene.objects[first].box, scene.objects[second].box
    (x1, y1), (x2, y2) = box1.centre, box2.centre
    gap = max(box1.left, box2.left) - min(box1.right, box2.right)
    level = min(box1.bottom, box2.bottom) - max(box1.top, box2.top) > 0.4 * min(box1.height, box2.height)
    distance = ((x1 - x2) ** 2 + (y1 - y2) ** 2) ** 0.5
    phrases = []
    if level and -0.2 * min(box1.width, box2.width) < gap < 22:
        phrases += ["next to", "beside"]
    if distance < 0.32 * scene.width:
        phrases += ["near", "close to"]
    if gap > 6 and level:
        phrases.append("to the left of" if x1 < x2 else "to the right of")
    if box1.bottom < box2.top + 6 and gap < 0:
        phrases += ["above", "over"]
    if box2.bottom < box1.top + 6 and gap < 0:
        phrases += ["below", "under"]
    if box1.overlap(box2) > 0.1 * min(box1.area, box2.area):
        phrases.append("in front of" if first > second else "behind")
    if distance > 0.55 * scene.width:
        phrases.append("far from")
    return phrases
