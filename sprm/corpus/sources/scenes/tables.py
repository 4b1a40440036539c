"""What Scenes is made of: the tables beside this file, as records."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files

UNCOUNTABLE = "-"
"""Written in place of a plural in the tables: the word takes no "a" and no number, as in `grass/-`."""


@dataclass(frozen=True)
class Noun:
    """A name that a caption may use."""

    singular: str
    plural: str
    countable: bool


@dataclass(frozen=True)
class Colour:
    """A colour word with the paint it stands for."""

    name: str
    words: tuple[str, ...]
    rgb: tuple[int, int, int]
    palettes: frozenset[str]


@dataclass(frozen=True)
class Category:
    """A kind of thing that stands in a picture."""

    name: str
    entity_type: str
    """Flickr30k's type; several are joined by a slash, as in its captions."""
    weight: float
    """How often it is drawn, relative to others of its type."""
    pictograms: tuple[str, ...]
    """Code points joined by hyphens; T stands for a skin tone."""
    words: tuple[Noun, ...]
    hypernyms: tuple[Noun, ...]
    labels: tuple[str, ...]
    """Detector classes that name it rightly, most usual first."""
    confusions: tuple[str, ...]
    """Detector classes that it is taken for."""
    paint: str
    """Which of the pictogram's own colours is replaced; empty when it is drawn as it is."""
    from_row: float
    """Paint starts at this share of the pictogram's height (a head keeps its colour)."""
    colours: str
    """The palette it is painted from; without paint, the colour it has, or empty."""
    height: float
    """Usual height in pixels in a picture 240 pixels high."""
    stand: str
    """Where it is put: ground, horizon, table, water, sky or wall."""
    places: frozenset[str]
    doing: str
    mirror: bool

    @cached_property
    def kind(self) -> str:
        """The first of its entity types."""
        return self.entity_type.split("/")[0]

    @cached_property
    def names(self) -> frozenset[str]:
        """Every singular by which a caption may call it."""
        return frozenset(noun.singular for noun in self.words + self.hypernyms)


@dataclass(frozen=True)
class Part:
    """A part of a thing that captions speak of and detectors find."""

    owners: frozenset[str]
    words: tuple[Noun, ...]
    entity_type: str
    labels: tuple[str, ...]
    confusions: tuple[str, ...]
    boxes: tuple[tuple[float, float, float, float], ...]
    """Shares of its owner's box, xyxy."""
    painted: bool
    """It has the colour that its owner is painted with."""
    joiner: str


@dataclass(frozen=True)
class Band:
    """A stretch of background from side to side."""

    name: str
    words: tuple[str, ...]
    labels: tuple[str, ...]
    colours: tuple[tuple[int, int, int], ...]
    texture: str


@dataclass(frozen=True)
class Setting:
    """A kind of place: its background, and which things are found there."""

    name: str
    weight: float
    words: tuple[str, ...]
    tags: frozenset[str]
    bands: tuple[tuple[str, float, float], ...]
    """Name of the band, its top and bottom as shares of the picture's height."""
    clutter: tuple[str, ...]
    """Detector classes that its background is taken for."""


@cache
def colours() -> tuple[Colour, ...]:
    """Every colour word."""
    return tuple(
        Colour(row["name"], _split(row["words"]), _rgb(row["rgb"]), frozenset(_split(row["palettes"])))
        for row in _rows("colours.csv")
    )


@cache
def categories() -> tuple[Category, ...]:
    """Every category."""
    return tuple(
        Category(
            name=row["name"],
            entity_type=row["type"],
            weight=float(row["weight"]),
            pictograms=_split(row["pictograms"]),
            words=_nouns(row["words"]),
            hypernyms=_nouns(row["hypernyms"]),
            labels=_split(row["labels"]),
            confusions=_split(row["confusions"]),
            paint=row["paint"],
            from_row=float(row["from_row"]),
            colours=row["colours"],
            height=float(row["height"]),
            stand=row["stand"],
            places=frozenset(_split(row["places"])),
            doing=row["doing"],
            mirror=row["mirror"] == "yes",
        )
        for row in _rows("categories.csv")
    )


@cache
def parts() -> tuple[Part, ...]:
    """Every part."""
    return tuple(
        Part(
            owners=frozenset(_split(row["owners"])),
            words=_nouns(row["words"]),
            entity_type=row["type"],
            labels=_split(row["labels"]),
            confusions=_split(row["confusions"]),
            boxes=tuple(_four(box) for box in _split(row["boxes"])),
            painted=row["painted"] == "yes",
            joiner=row["joiner"],
        )
        for row in _rows("parts.csv")
    )


@cache
def parts_of(owner: str) -> tuple[Part, ...]:
    """Every part of a category, given by its name."""
    return tuple(part for part in parts() if owner in part.owners)


@cache
def bands() -> dict[str, Band]:
    """Every band of background, by name."""
    return {
        row["name"]: Band(
            name=row["name"],
            words=_split(row["words"]),
            labels=_split(row["labels"]),
            colours=tuple(_rgb(colour) for colour in _split(row["colours"])),
            texture=row["texture"],
        )
        for row in _rows("bands.csv")
    }


@cache
def settings() -> tuple[Setting, ...]:
    """Every setting."""
    return tuple(
        Setting(
            name=row["name"],
            weight=float(row["weight"]),
            words=_split(row["words"]),
            tags=frozenset(_split(row["tags"])),
            bands=tuple(_stretch(band) for band in _split(row["bands"])),
            clutter=_split(row["clutter"]),
        )
        for row in _rows("settings.csv")
    )


@dataclass(frozen=True)
class CoarseLabel:
    """A class of a coarse detector."""

    name: str
    shows: frozenset[str]
    """What it names rightly: categories, all of an entity type, or parts by their first word."""
    mistaken: frozenset[str]
    """What is taken for it: categories, or all of an entity type."""
    clutter: frozenset[str]
    """Tags of the settings in whose background it is seen where nothing is."""


@cache
def coarse_labels() -> tuple[CoarseLabel, ...]:
    """Every class of a coarse detector: the eighty of COCO (Lin et al., ECCV 2014), in its order."""
    return tuple(
        CoarseLabel(
            name=row["label"],
            shows=frozenset(_split(row["shows"])),
            mistaken=frozenset(_split(row["mistaken"])),
            clutter=frozenset(_split(row["clutter"])),
        )
        for row in _rows("coarse.csv")
    )


def _rows(name: str) -> Iterator[dict[str, str]]:
    text = (files(__package__) / name).read_text(encoding="utf-8")
    return csv.DictReader(text.splitlines(), delimiter=";")


def _split(field: str) -> tuple[str, ...]:
    return tuple(part for part in field.split("|") if part)


def _rgb(field: str) -> tuple[int, int, int]:
    red, green, blue = map(int, field.split(","))
    return red, green, blue


def _four(field: str) -> tuple[float, float, float, float]:
    first, second, third, fourth = map(float, field.split())
    return first, second, third, fourth


def _stretch(field: str) -> tuple[str, float, float]:
    name, top, bottom = field.rsplit(" ", 2)
    return name, float(top), float(bottom)


def _nouns(field: str) -> tuple[Noun, ...]:
    return tuple(_noun(word) for word in _split(field))


def _noun(word: str) -> Noun:
    singular, _, plural = word.partition("/")
    if plural == UNCOUNTABLE:
        return Noun(singular, singular, countable=False)
    return Noun(singular, plural or _regular_plural(singular), countable=True)


def _regular_plural(word: str) -> str:
    if word.endswith(("s", "x", "ch", "sh")):
        return word + "es"
    if word.endswith("y") and word[-2] not in "aeiou":
        return word[:-1] + "ies"
    return word + "s"
