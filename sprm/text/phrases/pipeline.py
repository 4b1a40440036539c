"""Noun phrases of a caption by a parser: the noun chunks that a spaCy pipeline finds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from sprm.text.heads.loading import loaded
from sprm.text.heads.pipeline import BATCH
from sprm.text.phrases.span import Span
from sprm.text.tokens import WORD

if TYPE_CHECKING:
    from spacy.tokens import Doc


class PipelinePhrases:
    """Parses captions; their phrases are the noun chunks that are no pronoun and hold a word.

    `a group of people` is two chunks, `a group` and `people`.

    Args:
        pipeline: an installed spaCy pipeline, or a folder that spaCy saved.

    Raises:
        DataError: spaCy or the pipeline is missing, cannot be loaded, or does not find noun chunks.
    """

    def __init__(self, pipeline: str) -> None:
        self._language = loaded(pipeline)

    def spans(self, captions: Sequence[str]) -> list[list[Span]]:
        """Return where each caption's noun phrases stand, in order."""
        return [list(_chunks(doc)) for doc in self._language.pipe(captions, batch_size=BATCH)]


def _chunks(doc: Doc) -> Iterator[Span]:
    # A caption of white space alone is not parsed, and asking for its chunks is an error.
    if not doc.has_annotation("DEP"):
        return
    for chunk in doc.noun_chunks:
        if chunk.root.pos_ != "PRON" and WORD.search(chunk.text):
            yield Span(chunk.start_char, chunk.end_char)
