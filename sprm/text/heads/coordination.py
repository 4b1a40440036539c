"""Which joining words join noun phrases, and which join adjectives."""

from __future__ import annotations

from sprm.text.heads.vocabulary import ARTICLES, PRONOUNS
from sprm.text.tokens import JOINING

_COLOURS = frozenset(
    """
    black white red blue green yellow orange pink purple brown gray grey tan beige gold silver maroon navy turquoise
    teal khaki blond blonde dark light
    """.split()
)


def conjuncts(words: list[str]) -> list[list[str]]:
    """Split words at `and`, `or`, `&` and commas where a new noun phrase starts.

    One starts with an article, number or pronoun (`a man and a woman`); with a colour, where what is before `and` is
    none (`a blue helmet and purple pants`); and everywhere in a list whose later parts are single words and no
    colours (`mom , dad and kids`, `a shirt and tie`). Otherwise adjectives are joined, and the words stay together.
    """
    is_list = _is_list(words)
    parts: list[list[str]] = [[]]
    for position, word in enumerate(words):
        if word not in JOINING:
            parts[-1].append(word)
        elif parts[-1] and (is_list or _starts_anew(words, position)):
            parts.append([])
    return parts


def _starts_anew(words: list[str], position: int) -> bool:
    following = next((word for word in words[position + 1 :] if word not in JOINING), None)
    before = next(word for word in reversed(words[:position]) if word not in JOINING)
    another_colour = words[position] != "," and following in _COLOURS and before not in _COLOURS
    return following in ARTICLES or following in PRONOUNS or another_colour


def _is_list(words: list[str]) -> bool:
    """Whether single words, and no colours, follow the joining words."""
    runs: list[list[str]] = [[]]
    for word in words:
        if word in JOINING:
            runs.append([])
        else:
            runs[-1].append(word)
    later = [run for run in runs[1:] if run]
    return bool(later) and all(len(run) == 1 and run[0] not in _COLOURS for run in later)
