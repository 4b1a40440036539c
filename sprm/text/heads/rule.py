"""Head words by rule: the last word of what stands before a phrase begins to describe."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import dropwhile

from sprm.text.heads.coordination import conjuncts
from sprm.text.heads.vocabulary import (
    ADVERBS,
    ARTICLES,
    DETERMINERS,
    ORDINALS,
    PARTICIPLES,
    PARTICLES,
    PLACES,
    PREPOSITIONS,
    PRONOUNS,
    is_participle,
)
from sprm.text.tokens import WORD, plain

_TOKEN = re.compile(r"[,&\-]|" + WORD.pattern)
_DESCRIBING = PREPOSITIONS | PARTICLES | ADVERBS | PARTICIPLES


class RuleHeads:
    """Finds heads by `head_words`; needs nothing but the phrase."""

    name = "rule"

    def heads(self, phrases: Sequence[str]) -> list[list[str]]:
        """Return each phrase's heads in lower case, at least one wherever the phrase has a word."""
        return [head_words(phrase) for phrase in phrases]


def head_words(text: str) -> list[str]:
    """Find the words that name the thing a noun phrase speaks of, by rule.

    The phrase is cut before the first preposition, relative pronoun or participle that follows a noun, and before
    words of place at its end; what is left is split where `and`, `or` and commas join noun phrases, and the last word
    of each part is a head: `a man in a black tank top` gives `man`, `a group of people` gives `group`, `red shirt guy
    left` gives `guy`, `a man and a woman` gives `man woman`. A list of adjectives (`a red , white and blue flag`) has
    the one head at its end. A phrase of nothing but articles, numbers and pronouns keeps its last word.
    """
    words = _TOKEN.findall(plain(text))
    named = list(dropwhile(lambda word: word in _DESCRIBING, words)) or words
    end = next((at for at in range(len(named)) if _describes(named, at)), len(named))
    parts = conjuncts([word for word in _without_place(named[:end]) if word != "-"])
    heads = [part[-1] for part in parts if part]
    things = [head for head in heads if head not in ARTICLES or head in PRONOUNS]
    return things or heads[-1:] or WORD.findall(plain(text))[-1:]


def _describes(words: list[str], at: int) -> bool:
    """Whether a word, given its neighbours, begins what describes the noun before it."""
    word, before, after = words[at], words[at - 1] if at else None, words[at + 1] if at + 1 < len(words) else None
    if before is None or before == "-" or before in DETERMINERS:
        return False
    if before in ARTICLES:
        return word in PREPOSITIONS and word != "of"
    before_a_noun = after is not None and after not in _DESCRIBING | ARTICLES | PLACES
    # A washed out bridge, an upside down car, a sad looking dog: these belong to the adjective.
    if word == "looking" or (word in PARTICLES and before.endswith(("ed", "upside"))):
        return not before_a_noun
    return word in _DESCRIBING or is_participle(word, after)


def _without_place(words: list[str]) -> list[str]:
    """Drop what says where or which at the end (`sky top right`, `man second` from left), if a noun is left."""
    if not words or words[-1] not in {"left", "right", "middle"} | ORDINALS:
        return words
    end = len(words)
    while end and (words[end - 1] in PLACES or words[end - 1] in ORDINALS):
        end -= 1
    return words[:end] if any(word not in ARTICLES for word in words[:end]) else words
