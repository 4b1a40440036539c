"""Phrases and labels as words: tokens, head words, location words."""

from __future__ import annotations

import re
from itertools import takewhile

from sprm.settings import Rules

LOCATIONS = ("left", "right", "center", "top", "bottom", "middle")
"""Location words in the order of their bits in a flag byte."""

_WORD = re.compile(r"[^\W_]+(?:['’\-][^\W_]+)*")
_POSSESSIVE = re.compile(r"\s*['’]s\b")
_AFTER_A_NOUN_PHRASE = frozenset(
    """
    of in on at by with from for to into onto over under near behind beside besides between among around above below
    against along across through toward towards outside inside next down up off out about without within during while
    as like than via per who whom whose which that where when wearing holding carrying riding sitting standing playing
    walking running looking working using making doing having being is are was were has have
    """.split()
)
_ARTICLES = frozenset(
    """
    a an the this that these those his her its their my our your some any another each every both all several many few
    other one two three four five six seven eight nine ten he she it they him them
    """.split()
)
_PRONOUNS = frozenset("he she it they him them himself herself itself themselves who someone".split())
_JOINING = frozenset({"and", "or", "&", ","})
# Where a word of place is part of another word's name: a top hat, a middle aged man, a tank top shirt.
_COMPOUNDS = frozenset(
    [("top", "hat"), ("top", "hats"), ("middle", "aged"), ("middle", "age"), ("middle", "school"), ("right", "angle")]
    + [(garment, "top") for garment in ("tank", "crop", "halter", "tube", "bikini", "knit", "sleeveless")]
)
# These name things too, a red top or a shopping center, when they end a phrase and nothing before them says "where".
_ALSO_A_THING = frozenset({"top", "bottom", "center"})
_AFTER_A_NAME = _JOINING | frozenset({"with", "over", "under"})
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
    return _WORD.findall(_plain(text))


def _plain(text: str) -> str:
    return _POSSESSIVE.sub("", text.lower())


def label_variants(name: str) -> list[list[str]]:
    """Split a detector's class line into variants and those into words.

    `stop sign,stopsign` gives `[["stop", "sign"], ["stopsign"]]`.
    """
    variants = (variant.lower().split() for variant in name.split(","))
    return [words for words in variants if words]


def head_words(text: str) -> list[str]:
    """Find the words that name the thing a noun phrase speaks of, by rule.

    The phrase is cut before the first preposition, relative pronoun or participle that follows a noun; what is left is
    split at `and`, `or` and commas that join noun phrases, and the last word of each part is a head: `a man in a
    black tank top` gives `man`, `a group of people` gives `group`, `a man and a woman` gives `man woman`. A list of
    adjectives (`a red , white and blue flag`) has the one head at its end. A phrase of nothing but articles, numbers
    and pronouns keeps its last word.
    """
    words = re.findall(r",|&|" + _WORD.pattern, _plain(text))
    core = list(takewhile(lambda pair: not _ends_at(*pair), zip(words, [None, *words], strict=False)))
    parts = _conjuncts([word for word, _ in core] or words)
    heads = [part[-1] for part in parts if part]
    return heads or [word for word in words if word not in _JOINING][-1:]


def _ends_at(word: str, before: str | None) -> bool:
    return before is not None and before not in _ARTICLES and word in _AFTER_A_NOUN_PHRASE


def _conjuncts(words: list[str]) -> list[list[str]]:
    """Split at joining words, but only where a new noun phrase starts: with an article, number or pronoun."""
    parts: list[list[str]] = [[]]
    for position, word in enumerate(words):
        if word not in _JOINING:
            parts[-1].append(word)
            continue
        following = next((other for other in words[position + 1 :] if other not in _JOINING), None)
        two_nouns = len(words) == 3 and position == 1
        if parts[-1] and (following in _ARTICLES or following in _PRONOUNS or two_nouns):
            parts.append([])
    return parts


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
        words = _WORD.findall(_plain(text))
        named = {word for i, word in enumerate(words) if word in LOCATIONS and _says_where(words, i)}
    return sum(1 << bit for bit, word in enumerate(LOCATIONS) if word in named)


def _says_where(words: list[str], at: int) -> bool:
    before = words[at - 1] if at > 0 else None
    after = words[at + 1] if at + 1 < len(words) else None
    if (before, words[at]) in _COMPOUNDS or (words[at], after) in _COMPOUNDS:
        return False
    ends_a_name = words[at] in _ALSO_A_THING and (after is None or after in _AFTER_A_NAME) and before is not None
    return not ends_a_name or before in _BEFORE_A_PLACE
