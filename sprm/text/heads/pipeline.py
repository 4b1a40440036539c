"""Head words by a parser: the roots of a phrase's noun chunks, as the method's authors take them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sprm.text.heads.loading import loaded
from sprm.text.heads.rule import head_words
from sprm.text.tokens import WORD

if TYPE_CHECKING:
    from spacy.tokens import Doc

BATCH = 256
"""Texts that are parsed together."""


class PipelineHeads:
    """Parses each phrase by itself; its heads are the roots of its noun chunks, in order.

    `a group of people` has the heads `group people`. A phrase in which the parser finds no noun chunk, where the
    authors' code divides by zero, has the rule's heads.

    Args:
        pipeline: an installed spaCy pipeline, or a folder that spaCy saved.

    Raises:
        DataError: spaCy or the pipeline is missing, cannot be loaded, or does not find noun chunks.
    """

    def __init__(self, pipeline: str) -> None:
        self.name = f"spacy:{pipeline}"
        self._language = loaded(pipeline)

    def heads(self, phrases: Sequence[str]) -> list[list[str]]:
        """Return each phrase's heads in lower case, at least one wherever the phrase has a word."""
        distinct = list(dict.fromkeys(phrases))
        parsed = self._language.pipe(distinct, batch_size=BATCH)
        heads = {text: _roots(doc) or head_words(text) for text, doc in zip(distinct, parsed, strict=True)}
        return [list(heads[text]) for text in phrases]


def _roots(doc: Doc) -> list[str]:
    """Words of the noun chunks' roots; a root such as `man_woman` is two, one such as `%` none."""
    # A phrase of white space alone is not parsed, and asking for its chunks is an error.
    if not doc.has_annotation("DEP"):
        return []
    return [word for chunk in doc.noun_chunks for word in WORD.findall(chunk.root.text.lower())]
