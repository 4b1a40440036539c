"""Captions: sentences from a small grammar about what a picture shows, with their phrases marked."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from sprm.corpus.sources.scenes import tables
from sprm.corpus.sources.scenes.chances import pick
from sprm.corpus.sources.scenes.facts import relations
from sprm.corpus.sources.scenes.references import DEFINITE_CHANCE, Claims, refer, with_article
from sprm.corpus.sources.scenes.scene import Box, Scene
from sprm.corpus.sources.scenes.tables import Part

CAPTIONS_AN_IMAGE = 5
PHRASES = {2: 0.3, 3: 0.4, 4: 0.3}
"""Chance of each number of phrases with boxes in a sentence, as far as the picture offers them."""
PART_CHANCE = 0.3
"""Chance that a thing is mentioned with a part of it: "a man in a red shirt"."""
BAND_CHANCE = 0.16
"""Chance that a sentence ends with a stretch of background that has a box: "on the grass"."""
SETTING_CHANCE = 0.22
"""Chance that a sentence names the setting, which is never boxed."""
UNBOXED_CHANCE = 0.02
"""Chance that annotators gave a thing no box although it is mentioned."""
NOT_VISUAL = ("a picture", "a photo", "a view", "an image")
NOT_VISUAL_CHANCE = 0.05
"""Chance that a sentence opens with a phrase that is not visual: "a picture of"."""
CONNECTIVES = ("and", "with", "and", ",")


@dataclass(frozen=True)
class Mention:
    """A phrase of a caption."""

    entity: int
    """0 for a phrase that is not visual."""
    types: str
    text: str
    things: tuple[int, ...] = ()
    """Positions in `scene.objects` of the things it names whole."""
    claims: Claims | None = None


@dataclass(frozen=True)
class Caption:
    """A sentence: words and phrases in turn."""

    pieces: tuple[str | Mention, ...]


@dataclass
class Entities:
    """What the captions of one picture mention, each with its number and its boxes."""

    first: int
    boxes: dict[int, tuple[Box, ...]] = field(default_factory=dict)
    """By number; empty for an entity without box."""
    scenes: set[int] = field(default_factory=set)
    """Numbers of the settings, which Flickr30k marks as scenes without box."""
    _numbers: dict[object, int] = field(default_factory=dict)

    def number(self, key: object, boxes: tuple[Box, ...]) -> int:
        """Return the number of an entity, giving it one at its first mention."""
        if key not in self._numbers:
            self._numbers[key] = self.first + len(self._numbers)
            self.boxes[self._numbers[key]] = boxes
        return self._numbers[key]


@dataclass(frozen=True)
class Narrator:
    """Writes the captions of one picture."""

    scene: Scene
    rng: np.random.Generator
    entities: Entities

    def captions(self) -> list[Caption]:
        """Write `CAPTIONS_AN_IMAGE` captions."""
        return [self._caption() for _ in range(CAPTIONS_AN_IMAGE)]

    def _caption(self) -> Caption:
        budget = list(PHRASES)[pick(self.rng, tuple(PHRASES.values()))]
        units = self._units()
        pieces: list[str | Mention] = []
        if self.rng.random() < NOT_VISUAL_CHANCE:
            text = NOT_VISUAL[self.rng.integers(len(NOT_VISUAL))]
            pieces += [Mention(0, "notvisual", text), "of"]
        ground = budget > 2 and self.rng.random() < BAND_CHANCE * 2
        budget -= ground
        pieces += self._chain(units, budget)
        if ground:
            pieces += self._ground()
        elif self.rng.random() < SETTING_CHANCE:
            pieces += self._setting()
        return Caption((*_capitalised(pieces), "."))

    def _units(self) -> list[tuple[int, ...]]:
        """What a sentence may speak of: single things, or several of a kind together; in random order."""
        groups: dict[int, list[int]] = {}
        for position, thing in enumerate(self.scene.objects):
            groups.setdefault(thing.group, []).append(position)
        units: list[tuple[int, ...]] = []
        for members in groups.values():
            if len(members) > 1 and self.rng.random() < 0.8:
                units.append(tuple(members))
            else:
                units += [(member,) for member in members]
        order = [units[i] for i in self.rng.permutation(len(units))]
        lead = {"people": 0, "animals": 1, "vehicles": 1}
        if self.rng.random() < 0.75:
            order.sort(key=lambda unit: lead.get(self.scene.objects[unit[0]].category.kind, 2))
            head, rest = order[:1], order[1:]
            return head + [rest[i] for i in self.rng.permutation(len(rest))]
        return order

    def _chain(self, units: list[tuple[int, ...]], budget: int) -> list[str | Mention]:
        """The first unit, then others joined to the one before by what is true of both."""
        pieces: list[str | Mention] = []
        before: tuple[int, ...] | None = None
        for unit in units:
            if budget <= 0:
                break
            if before is not None:
                pieces.append(self._joined(before, unit))
            pieces.append(self._mention(unit))
            budget -= 1
            if budget > 0 and len(unit) == 1:
                part = self._part(unit[0])
                pieces += part
                budget -= bool(part)
            if before is None:
                pieces += self._doing(unit)
            before = unit
        return pieces

    def _joined(self, before: tuple[int, ...], unit: tuple[int, ...]) -> str:
        true = set.intersection(*(set(relations(self.scene, a, b)) for a in before for b in unit))
        options = sorted(true)
        if not options or self.rng.random() < 0.25:
            return CONNECTIVES[self.rng.integers(len(CONNECTIVES))]
        return options[self.rng.integers(len(options))]

    def _mention(self, unit: tuple[int, ...]) -> Mention:
        reference = refer(self.rng, self.scene, unit)
        unboxed = self.rng.random() < UNBOXED_CHANCE
        boxes = () if unboxed else tuple(self.scene.objects[i].box for i in unit)
        number = self.entities.number(unit, boxes)
        types = self.scene.objects[unit[0]].category.entity_type
        return Mention(number, types, reference.text, unit, reference.claims)

    def _part(self, position: int) -> list[str | Mention]:
        thing = self.scene.objects[position]
        options = tables.parts_of(thing.category.name)
        if not options or self.rng.random() >= PART_CHANCE:
            return []
        part = options[self.rng.integers(len(options))]
        boxes = tuple(thing.box.share(*box, mirrored=thing.mirrored) for box in part.boxes)
        number = self.entities.number((position, part.words[0].singular), boxes)
        return [part.joiner, Mention(number, part.entity_type, self._part_text(position, part))]

    def _part_text(self, position: int, part: Part) -> str:
        noun = part.words[self.rng.integers(len(part.words))]
        colour = self.scene.objects[position].colour
        name = noun.singular
        if part.painted and colour is not None and self.rng.random() < 0.7:
            word = colour.words[self.rng.integers(len(colour.words))]
            if part.joiner == "in" and self.rng.random() < 0.15:
                return word
            name = f"{word} {name}"
        return with_article(self.rng, name, countable=noun.countable, definite=DEFINITE_CHANCE)

    def _doing(self, unit: tuple[int, ...]) -> list[str | Mention]:
        word = self.scene.objects[unit[0]].category.doing
        if not word or self.rng.random() < 0.45:
            return []
        if self.rng.random() < 0.5:
            return [word]
        return ["are" if len(unit) > 1 else "is", word]

    def _ground(self) -> list[str | Mention]:
        at = len(self.scene.bands) - 1 if self.rng.random() < 0.7 else 0
        placed = self.scene.bands[at]
        number = self.entities.number(("band", at), (placed.box,))
        word = placed.band.words[self.rng.integers(len(placed.band.words))]
        joiner = "on" if at else ("against" if placed.band.name in ("wall", "curtain") else "under")
        return [joiner, Mention(number, "scene", f"the {word}")]

    def _setting(self) -> list[str | Mention]:
        words = self.scene.setting.words
        word = words[self.rng.integers(len(words))]
        number = self.entities.number("setting", ())
        self.entities.scenes.add(number)
        article = "the" if self.rng.random() < 0.4 else "an" if word[0] in "aeiou" else "a"
        return ["in", Mention(number, "scene", f"{article} {word}")]


def _capitalised(pieces: list[str | Mention]) -> list[str | Mention]:
    first, rest = pieces[0], pieces[1:]
    if isinstance(first, str):
        return [first.capitalize(), *rest]
    text = first.text[0].upper() + first.text[1:]
    return [Mention(first.entity, first.types, text, first.things, first.claims), *rest]
