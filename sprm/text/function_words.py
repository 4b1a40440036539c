"""Words that tell how others belong together, and not what is seen."""

from __future__ import annotations

from sprm.text.heads.vocabulary import ADVERBS, ARTICLES, PARTICLES, PREPOSITIONS, PRONOUNS
from sprm.text.phrases.vocabulary import COPULAS, OPENERS
from sprm.text.tokens import JOINING

FUNCTION_WORDS = ARTICLES | OPENERS | PRONOUNS | PREPOSITIONS | PARTICLES | ADVERBS | COPULAS | JOINING
"""Articles, numbers, pronouns, prepositions, forms of `be` and `have`, conjunctions."""


def is_function_word(word: str) -> bool:
    """Whether a word in lower case is a function word, a number in digits or no word at all."""
    return word in FUNCTION_WORDS or not any(map(str.isalpha, word))
