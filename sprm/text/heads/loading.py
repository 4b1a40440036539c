"""Loading a spaCy pipeline for its noun chunks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sprm.errors import DataError
from sprm.text.heads.installed import find_pipeline

if TYPE_CHECKING:
    from spacy.language import Language

_NOT_NEEDED = ["ner", "lemmatizer", "senter", "textcat", "textcat_multilabel", "entity_linker", "spancat"]


def loaded(name: str) -> Language:
    """Load a pipeline with what noun chunks need of it.

    Args:
        name: an installed package, or a folder that spaCy saved.

    Raises:
        DataError: spaCy or the pipeline is missing, cannot be loaded, or does not find noun chunks.
    """
    pipeline = find_pipeline(name)
    import spacy

    try:
        language = spacy.load(pipeline.folder, exclude=_NOT_NEEDED)
    except (OSError, ValueError) as error:
        raise DataError(f"spaCy cannot load this pipeline: {error}", path=pipeline.folder) from error
    if language.vocab.get_noun_chunks is None:
        raise DataError(f"spaCy knows no noun chunks in the language {language.lang!r}", path=pipeline.folder)
    if not language("a dog").has_annotation("DEP"):
        raise DataError("this pipeline has no parser, but noun chunks need one", path=pipeline.folder)
    return language
