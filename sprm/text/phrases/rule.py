"""Noun phrases of a caption by rule: what stands between verbs, prepositions and marks."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from sprm.text.heads.vocabulary import ARTICLES, PARTICLES, PREPOSITIONS, PRONOUNS, is_participle
from sprm.text.phrases.span import Span
from sprm.text.phrases.vocabulary import (
    ADJECTIVES,
    BASE,
    COPULAS,
    GERUNDS,
    IRREGULAR_PLURALS,
    MANNERS,
    NO_PHRASES,
    NOT_ADVERBS,
    NOUNS_TOO,
    NUMBERS,
    OPENERS,
    PAST,
    SEVERAL_WORDS,
    SINGULAR,
    THIRD_PERSON,
)
from sprm.text.tokens import WORD

_TOKEN = re.compile(r"['’]s\b|" + WORD.pattern + r"|[^\s\w]")
_POSSESSIVES = frozenset({"'s", "’s"})
_PLACING = frozenset("in on with near".split())
"""After these, a form in `-ing` belongs to a noun: `in swimming trunks`."""
_BEFORE_A_VERB = frozenset("to who that which not and as while".split())
_OBJECTS = frozenset(OPENERS | PRONOUNS) - {"other", "all", "that", "who"}
"""After a noun, a word before these is a verb: `a man throws a ball`."""


class RulePhrases:
    """Finds phrases by `noun_phrases`; needs nothing but the caption."""

    def spans(self, captions: Sequence[str]) -> list[list[Span]]:
        """Return where each caption's noun phrases stand, in order."""
        return [noun_phrases(caption) for caption in captions]


def noun_phrases(caption: str) -> list[Span]:
    """Find the noun phrases of a caption, by rule.

    A phrase begins with an article, a number, a possessive or any word that is neither preposition, pronoun, adverb
    nor verb, and ends before the next of these: `A man in a blue shirt throws a ball` gives `A man`, `a blue shirt` and
    `a ball`. `and` and commas part nouns (`a boy`, `a girl`) and join adjectives (`a black and white dog`), and `of`
    joins two phrases (`a group of people`). Whether a word is a verb is told by a list of the verbs of captions and by
    the words beside it. Pronouns are no phrases, and neither is a bare adjective after `is`.

    Returns:
        Where the phrases stand, in order; they do not overlap, and begin and end within the caption.
    """
    tokens = [_Token(match[0].lower(), match.start(), match.end()) for match in _TOKEN.finditer(caption)]
    words = [token.text for token in tokens]
    chunks: list[tuple[int, int]] = []
    at = 0
    while at < len(words):
        if skipped := _several_words(words, at):
            at += skipped
            continue
        end = _end(words, at)
        if end > at and _names(words[at:end]) and not _is_predicate(words, at, end):
            chunks.append((at, end))
        # What ends a phrase is none of its own, unless it begins the next.
        begins = end < len(words) and (words[end] in OPENERS or _several_words(words, end) > 0)
        at = end if end > at and begins else end + 1
    return [Span(tokens[start].start, tokens[end - 1].end) for start, end in _joined_by_of(chunks, words)]


@dataclass(frozen=True)
class _Token:
    text: str
    """In lower case."""
    start: int
    end: int


def _several_words(words: Sequence[str], at: int) -> int:
    """Count the words of a preposition of several words that stands here; 0 where none does."""
    return next((len(each) for each in SEVERAL_WORDS if tuple(words[at : at + len(each)]) == each), 0)


def _end(words: Sequence[str], start: int) -> int:
    """Return where the phrase that starts at a word ends; the start itself where none does."""
    end = start
    while end < len(words) and not _ends_before(words, start, end):
        end += 1
    # A comma that waits for another adjective belongs to the phrase only when that comes.
    while end > start and not _is_word(words[end - 1]) and words[end - 1] not in _POSSESSIVES:
        end -= 1
    return end


def _ends_before(words: Sequence[str], start: int, at: int) -> bool:
    word, own = words[at], words[start:at]
    before, after = words[start - 1] if start else None, words[at + 1] if at + 1 < len(words) else None
    only_opened = bool(own) and all(each in OPENERS for each in own)
    if word in _POSSESSIVES:
        return not own
    if word in (",", "and", "&"):
        return not (own and own[-1] in ADJECTIVES and after in ADJECTIVES)
    if only_opened and word == "back":
        return False
    if only_opened and word in PARTICLES:
        # An outside wall, but `two outside of a house`.
        return after is None or after in PREPOSITIONS
    if not _is_word(word) or word in NO_PHRASES or _is_adverb(word) or _several_words(words, at):
        return True
    if word in OPENERS:
        return bool(own) and not (only_opened and word in NUMBERS)
    return _is_verb(word, own, before, after) if own else _begins_as_verb(word, before, after)


def _is_word(text: str) -> bool:
    return text[-1].isalnum() and text not in _POSSESSIVES


def _is_adverb(word: str) -> bool:
    return word.endswith("ly") and word not in NOT_ADVERBS


def _is_verb(word: str, own: Sequence[str], before: str | None, after: str | None) -> bool:
    """Tell whether a word is a verb, given the words of the phrase so far and those beside phrase and word."""
    if own[-1] in ADJECTIVES and own[0] not in OPENERS and before in ("in", "wearing") and word in THIRD_PERSON:
        # A girl in blue smiles at a dog; but `in blue slides`.
        return after in PREPOSITIONS | PARTICLES | _OBJECTS
    if own[-1] in OPENERS | ADJECTIVES | _POSSESSIVES:
        # A noun has to come: a run, the player's watch, a red swing.
        return False
    if after in _OBJECTS or word in GERUNDS or word in PAST or is_participle(word, after):
        return True
    if word in THIRD_PERSON:
        is_clear = THIRD_PERSON[word] not in NOUNS_TOO or own[0] in SINGULAR
        return is_clear or after in PREPOSITIONS | PARTICLES
    is_plural = own[-1].endswith("s") or own[-1] in IRREGULAR_PLURALS or before == "and"
    return word in BASE and is_plural


def _begins_as_verb(word: str, before: str | None, after: str | None) -> bool:
    """Tell whether a word that no phrase stands before is a verb, given those beside it."""
    if word in GERUNDS:
        names_next = after is not None and _is_word(after) and after not in NO_PHRASES | OPENERS
        return not (before in _PLACING and names_next)
    if word in PAST:
        return True
    if word in THIRD_PERSON or word in BASE:
        is_clear = THIRD_PERSON.get(word, word) not in NOUNS_TOO
        return is_clear or before in _BEFORE_A_VERB or before in PRONOUNS or after in _OBJECTS
    return word.endswith("ed") and (after is None or after in PREPOSITIONS)


def _names(words: Sequence[str]) -> bool:
    """Tell whether a phrase names something: not all of its words are articles, numbers or adverbs of manner."""
    return any(word not in OPENERS | ARTICLES | MANNERS | _POSSESSIVES for word in words)


def _is_predicate(words: Sequence[str], start: int, end: int) -> bool:
    """Tell whether a phrase without an article follows a form of `be`, and nothing says that something is there."""
    bare = not any(word in OPENERS for word in words[start:end])
    return bare and start > 0 and words[start - 1] in COPULAS and words[start - 2 : start - 1] != ["there"]


def _joined_by_of(chunks: Sequence[tuple[int, int]], words: Sequence[str]) -> list[tuple[int, int]]:
    """Join the phrases between which only `of` stands."""
    joined = list(chunks[:1])
    for (_, before), (start, end) in pairwise(chunks):
        if words[before:start] == ["of"]:
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    return joined
