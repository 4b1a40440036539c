"""Phrases of captions that nobody marked."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from sprm.corpus.annotation import PhraseRecord, SentenceRecord
from sprm.corpus.warnings import Tally
from sprm.settings import Rules
from sprm.text.phrases import PhraseFinder, phrase_finder
from sprm.text.tokens import locations

FOUND = "found"
"""Category of a phrase that was found: nobody has said what it speaks of."""


def found_sentences(captions: Mapping[str, str], setting: str, rules: Rules, tally: Tally) -> list[SentenceRecord]:
    """Find the noun phrases of an image's captions; they have no target and all one category.

    Args:
        captions: plain text, by the sentence's id.
        setting: how phrases are found, `rule` or `spacy:` and a pipeline.
        rules: how location words are looked for.
        tally: told of captions without a phrase, which are left out.

    Raises:
        DataError: the pipeline is missing or cannot be loaded.
    """
    sentences = []
    spans = _finder(setting).spans(list(captions.values()))
    for (sentence_id, caption), own in zip(captions.items(), spans, strict=True):
        texts = [span.of(caption) for span in own]
        phrases = [PhraseRecord(text, FOUND, locations(text, rules), target=None) for text in texts]
        if phrases:
            sentences.append(SentenceRecord(sentence_id, phrases))
        else:
            tally.add("captions left out for want of a noun phrase", sentence_id)
    return sentences


@cache
def _finder(setting: str) -> PhraseFinder:
    # A pipeline takes a second to load, and a worker reads many images.
    return phrase_finder(setting)
