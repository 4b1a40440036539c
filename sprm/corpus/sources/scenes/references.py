"""Noun phrases for things in a picture, with what it takes to tell each from its like."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sprm.corpus.sources.scenes.facts import colour_apart, places_among, rivals, size_against
from sprm.corpus.sources.scenes.scene import PlacedObject, Scene
from sprm.corpus.sources.scenes.tables import Noun

SYNONYM_CHANCE = 0.3
"""Chance of a name other than the usual one."""
HYPERNYM_CHANCE = 0.2
"""Chance of a wider name: "vehicle" for a bus."""
TELL_APART_CHANCE = 0.9
"""Chance that a thing with its like in the picture is told apart from it."""
IDLE_COLOUR_CHANCE = 0.4
"""Chance of a colour word that nothing asks for."""
IDLE_SIZE_CHANCE = 0.45
"""Chance of a size word for a thing of unusual size that nothing asks for."""
DEFINITE_CHANCE = 0.12
"""Chance of "the" before what there is one of."""
TOLD_APART_DEFINITE_CHANCE = 0.5
"""Chance of "the" before what its colour tells apart."""
SIZE_WORDS = {"large": ("large", "big", "huge"), "small": ("small", "little", "tiny")}
SIZE_WORDS_OF_PEOPLE = {"large": ("tall", "big"), "small": ("small", "short")}
PLACE_PATTERNS = {
    "left": ("the left {}", "the {} on the left", "the {} on the left side"),
    "right": ("the right {}", "the {} on the right", "the {} on the right side"),
    "top": ("the top {}", "the {} at the top"),
    "bottom": ("the bottom {}", "the {} at the bottom"),
    "center": ("the center {}", "the {} in the center"),
    "middle": ("the middle {}", "the {} in the middle"),
}
COUNTS = {2: ("two",), 3: ("three",), 4: ("four",)}


@dataclass(frozen=True)
class Claims:
    """What a noun phrase says of the things it names, for whoever wants to check it."""

    name: str
    colour: str | None = None
    size: str | None = None
    place: str | None = None
    count: int = 1


@dataclass(frozen=True)
class Reference:
    """A noun phrase and what it claims."""

    text: str
    claims: Claims


def refer(rng: np.random.Generator, scene: Scene, things: Sequence[int]) -> Reference:
    """Name one thing, or several of one category together.

    Args:
        rng: chooses among true phrases.
        scene: the picture.
        things: positions in `scene.objects`.
    """
    members = [scene.objects[i] for i in things]
    noun = _noun(rng, members[0])
    others = rivals(scene, things, noun.singular)
    if len(members) > 1:
        return _several(rng, members, noun, others)
    if others and rng.random() < TELL_APART_CHANCE:
        return _told_apart(rng, members[0], noun, others)
    return _plain(rng, members[0], noun, alone=not others)


def with_article(rng: np.random.Generator, words: str, *, countable: bool, definite: float) -> str:
    """Put "a", "an", "some" or, with the chance `definite`, "the" before a noun phrase."""
    if rng.random() < definite:
        return f"the {words}"
    if not countable:
        return f"some {words}" if rng.random() < 0.5 else words
    return f"an {words}" if words[0] in "aeio" or words.startswith(("um", "un")) else f"a {words}"


def _noun(rng: np.random.Generator, thing: PlacedObject) -> Noun:
    words, hypernyms = thing.category.words, thing.category.hypernyms
    draw = rng.random()
    if draw < HYPERNYM_CHANCE:
        return hypernyms[rng.integers(len(hypernyms))]
    if draw < HYPERNYM_CHANCE + SYNONYM_CHANCE and len(words) > 1:
        return words[rng.integers(1, len(words))]
    return words[0]


def _plain(rng: np.random.Generator, thing: PlacedObject, noun: Noun, *, alone: bool) -> Reference:
    """Describe a thing idly; "the" stays for what there is one of."""
    size = size_against(thing, []) if rng.random() < IDLE_SIZE_CHANCE else None
    colour = thing.colour is not None and rng.random() < IDLE_COLOUR_CHANCE
    text = _described(rng, thing, noun.singular, colour=colour, size=size)
    claims = Claims(noun.singular, thing.colour.name if colour and thing.colour else None, size)
    definite = DEFINITE_CHANCE if alone else 0
    return Reference(with_article(rng, text, countable=noun.countable, definite=definite), claims)


def _told_apart(rng: np.random.Generator, thing: PlacedObject, noun: Noun, others: Sequence[PlacedObject]) -> Reference:
    """Use one property that none of the others has; without any, the phrase stays ambiguous, as people's do."""
    size = size_against(thing, others)
    options = [f"place {word}" for word in places_among(thing, others)]
    options += ["colour"] * 2 if colour_apart(thing, others) else []
    options += ["size"] * 2 if size else []
    if not options:
        return _plain(rng, thing, noun, alone=False)
    choice = options[rng.integers(len(options))]
    if choice.startswith("place "):
        place = choice.removeprefix("place ")
        pattern = PLACE_PATTERNS[place][rng.integers(len(PLACE_PATTERNS[place]))]
        return Reference(pattern.format(noun.singular), Claims(noun.singular, place=place))
    if choice == "size":
        text = _described(rng, thing, noun.singular, colour=False, size=size)
        return Reference(f"the {text}", Claims(noun.singular, size=size))
    text = _described(rng, thing, noun.singular, colour=True, size=None)
    colour = thing.colour.name if thing.colour else None
    text = with_article(rng, text, countable=noun.countable, definite=TOLD_APART_DEFINITE_CHANCE)
    return Reference(text, Claims(noun.singular, colour=colour))


def _several(
    rng: np.random.Generator, members: Sequence[PlacedObject], noun: Noun, others: Sequence[PlacedObject]
) -> Reference:
    first = members[0]
    tell = bool(others) and colour_apart(first, others)
    colour = first.colour is not None and (tell or rng.random() < IDLE_COLOUR_CHANCE / 2)
    words = _described(rng, first, noun.plural, colour=colour, size=None)
    count = COUNTS[len(members)][0]
    claims = Claims(noun.singular, first.colour.name if colour and first.colour else None, count=len(members))
    if not noun.countable:
        return Reference(f"some {words}", claims)
    if len(members) > 2 and rng.random() < 0.25:
        return Reference(f"several {words}", claims)
    if rng.random() < 0.12:
        return Reference(f"a group of {words}" if len(members) > 2 else f"a pair of {words}", claims)
    return Reference(f"{count} {words}", claims)


def _described(rng: np.random.Generator, thing: PlacedObject, name: str, *, colour: bool, size: str | None) -> str:
    of_people = thing.category.kind == "people"
    if size is not None:
        words = (SIZE_WORDS_OF_PEOPLE if of_people else SIZE_WORDS)[size]
        name_with_size = f"{words[rng.integers(len(words))]} "
    else:
        name_with_size = ""
    if not colour or thing.colour is None:
        return name_with_size + name
    word = thing.colour.words[rng.integers(len(thing.colour.words))]
    return f"{name_with_size}{name} in {word}" if of_people else f"{name_with_size}{word} {name}"
