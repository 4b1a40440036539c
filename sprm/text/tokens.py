"""Phrases and labels as words: tokens, variants, location words."""

from __future__ import annotations

import re
from functools import lru_cache

from sprm.settings import Rules

LOCATIONS = ("left", "right", "center", "top", "bottom", "middle")
"""Location words in the order of their bits in a flag byte."""

WORD = re.compile(r"[^\W_]+(?:['’\-][^\W_]+)*")
"""A word, with the hyphens and apostrophes inside it."""
_POSSESSIVE = re.compile(r"\s*['’]s\b")
JOINING = frozenset({"and", "or", "&", ","})
"""What joins the parts of a list."""
# Where a word of place is part of another word's name: a top hat, a middle aged man, a tank top shirt.
_COMPOUNDS = frozenset(
    [("top", "hat"), ("top", "hats"), ("middle", "aged"), ("middle", "age"), ("middle", "school"), ("right", "angle")]
    + [(garment, "top") for garment in ("tank", "crop", "halter", "tube", "bikini", "knit", "sleeveless")]
)
# These name things too, a red top or a shopping center, when they end a phrase and nothing before them says "where".
_ALSO_A_THING = frozenset({"top", "bottom", "center"})
_AFTER_A_NAME = JOINING | frozenset({"with", "over", "under"})
_BEFORE_A_PLACE = frozenset("the at on in to of far very upper lower front back".split()) | set(LOCATIONS)


def tokenize(text: str, rules: Rules) -> list[str]:
    """Split a phrase into lower-case words.

    Args:
        text: the phrase, for example `Two young , White males`.
        rules: `corrected` drops punctuation, wherever it stands, and the possessive's `'s`; `official` splits at white
            space only, so that punctuation stays on words and makes them unknown.

    Returns:
        The words; none when the text holds none.
    """
    if rules is Rules.official:
        return text.lower().split()
    return WORD.findall(plain(text))


def plain(text: str) -> str:
    """Return a text in lower case, without the possessive's `'s`."""
    return _POSSESSIVE.sub("", text.lower())


def label_variants(name: str) -> list[list[str]]:
    """Split a detector's class line into variants and those into words.

    `stop sign,stopsign` gives `[["stop", "sign"], ["stopsign"]]`.
    """
    variants = (variant.lower().split() for variant in name.split(","))
    return [words for words in variants if words]


def label_words(name: str) -> list[str]:
    """Return the words of all variants of a detector's class line."""
    return [word for variant in label_variants(name) for word in variant]


@lru_cache(maxsize=2**14)
def locations(text: str, rules: Rules) -> int:
    """Find the location words that a phrase names.

    Args:
        text: the phrase.
        rules: `official` looks for the six words as substrings, minding case, as the authors' code does: `laptop`,
            `stop sign` and `bright` name places there. `corrected` takes whole words of any case that say where:
            not a garment (`a black tank top`, `a red top`), not a building (`a shopping center`), not part of a
            hyphenated word.

    Returns:
        Flags, bit i for `LOCATIONS[i]`; 0 when it names none.
    """
    if rules is Rules.official:
        named = {word for word in LOCATIONS if word in text}
    else:
        words = WORD.findall(plain(text))
        named = {word for i, word in enumerate(words) if word in LOCATIONS and _says_where(words, i)}
    return sum(1 << bit for bit, word in enumerate(LOCATIONS) if word in named)


def _says_where(words: list[str], at: int) -> bool:
    before = words[at - 1] if at > 0 else None
    after = words[at + 1] if at + 1 < len(words) else None
    if (before, words[at]) in _COMPOUNDS or (words[at], after) in _COMPOUNDS:
        return False
    ends_a_name = words[at] in _ALSO_A_THING and (after is None or after in _AFTER_A_NAME) and before is not None
    return not ends_a_name or before in _BEFORE_A_PLACE
