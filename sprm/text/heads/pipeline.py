"""Head words by a parser: the roots of a phrase's noun chunks, as the method's authors take them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sprm.errors import DataError
from sprm.text.heads.installed import Pipeline, find_pipeline
from sprm.text.heads.rule import head_words
from sprm.text.tokens import WORD

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.tokens import Doc

_NOT_NEEDED = ["ner", "lemmatizer", "senter", "textcat", "textcat_multilabel", "entity_linker", "spancat"]
_BATCH = 256


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
        self._language = _loaded(find_pipeline(pipeline))

    def heads(self, phrases: Sequence[str]) -> list[list[str]]:
        """Return each phrase's heads in lower case, at least one wherever the phrase has a word."""
        distinct = list(dict.fromkeys(phrases))
        parsed = self._language.pipe(distinct, batch_size=_BATCH)
        heads = {text: _roots(doc) or head_words(text) for text, doc in zip(distinct, parsed, strict=True)}
        return [list(heads[text]) for text in phrases]


def _roots(doc: Doc) -> list[str]:
    """Words of the noun chunks' roots; a root such as `man_woman` is two, one such as `%` none."""
    # A phrase of white space alone is not parsed, and asking for its chunks is an error.
    if not doc.has_annotation("DEP"):
        return []
    return [word for chunk in doc.noun_chunks for word in WORD.findall(chunk.root.text.lower())]


def _loaded(pipeline: Pipeline) -> Language:
    import spacy

    try:
        language = spacy.load(pipeline.folder, exclude=_NOT_NEEDED)
    except (OSError, ValueError) as error:
        raise DataError(f"spaCy cannot load this pipeline: {error}", path=pipeline.folder) from error
    if language.vocab.get_noun_chunks is None:
        raise DataError(f"spaCy knows no noun chunks in the language {language.lang!r}", path=pipeline.folder)
    if not language("a dog").has_annotation("DEP"):
        raise DataError("this pipeline has no parser, which noun chunks need", path=pipeline.folder)
    return language
