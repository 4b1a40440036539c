"""The closed classes of words that the rule knows, and how it tells a participle."""

from __future__ import annotations

from sprm.text.tokens import LOCATIONS

DETERMINERS = frozenset("a an the his her its their my our your every".split())
"""A noun, perhaps with adjectives, must follow these."""
ARTICLES = DETERMINERS | frozenset(
    """
    this that these those some any another each both all several many few most other one two three four five six seven
    eight nine ten he she it they him them dozens hundreds thousands lots
    """.split()
)
"""These begin a noun phrase, or are one by themselves."""
PRONOUNS = frozenset("he she it they him them himself herself itself themselves who someone".split())
"""These are a noun phrase by themselves."""
PREPOSITIONS = frozenset(
    """
    of in on at by with w from for to into onto under near behind beside besides between among around above below
    against along across through toward towards next without within during per about while as like than via
    who whom whose which that where when is are was were has have
    """.split()
)
"""Prepositions, relative pronouns and verbs: whatever follows is about the noun before them."""
PARTICLES = frozenset("over down up off out outside inside".split())
"""Prepositions that also are part of an adjective, as in `a washed out bridge`."""
ADVERBS = frozenset("ahead away alone together not".split())
"""Adverbs that follow a noun."""
PARTICIPLES = frozenset(
    """
    wearing holding carrying riding sitting standing playing walking running looking working using making doing having
    being facing pushing pulling showing overlooking
    """.split()
)
"""Participles that have or need no article after them, as in `a man wearing glasses`."""
PLACES = frozenset("far upper lower very".split()) | frozenset(LOCATIONS)
"""Words that say where in the picture."""
ORDINALS = frozenset("first second third fourth fifth sixth 1st 2nd 3rd 4th 5th 6th".split())
"""Words that count from one side, as in `man second from left`."""

_IRREGULAR = frozenset("made built held worn shown taken drawn hung lit full closest nearest farthest".split())
_NOT_PARTICIPLES = frozenset(
    """
    thing nothing something anything everything king ring wing string spring swing sling building painting drawing
    ceiling railing clothing awning wedding evening morning earring pudding sibling crossing landing opening icing
    frosting stocking lighting carving covering gathering parking lining siding flooring meeting dressing filling
    topping stuffing bedding wrapping setting seating fencing rigging scaffolding roofing bunting netting clearing
    dwelling bed red shed sled moped
    """.split()
)


def is_participle(word: str, after: str | None) -> bool:
    """Whether a word that follows a noun is a participle that describes it, by its ending and the word after it.

    `a cat sleeping on a sofa`, `children building a castle`, `girl jumping`, `a car covered in snow`, `a jar full of
    buttons`; but not `a brick building with a clock`, `a metal bed in a corner`, `a swimming pool`.
    """
    if word.endswith("ing"):
        ends = after is None or after in PREPOSITIONS | PARTICLES | ADVERBS
        return after in ARTICLES or (ends and word not in _NOT_PARTICIPLES)
    past = word.endswith("ed") and not word.endswith("eed") and word not in _NOT_PARTICIPLES
    return (past or word in _IRREGULAR) and after in PREPOSITIONS
