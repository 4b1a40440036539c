"""The ways to find noun phrases, by the name that a protocol gives them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from sprm.text.heads import pipeline_of
from sprm.text.phrases.pipeline import PipelinePhrases
from sprm.text.phrases.rule import RulePhrases
from sprm.text.phrases.span import Span


class PhraseFinder(Protocol):
    """Finds the noun phrases of captions."""

    def spans(self, captions: Sequence[str]) -> list[list[Span]]:
        """Return where each caption's noun phrases stand, in order; they hold a word each and do not overlap."""
        ...


def phrase_finder(setting: str) -> PhraseFinder:
    """Make the finder that a setting names.

    Args:
        setting: `rule`, or `spacy:` and a pipeline: the name of an installed package, or a folder that spaCy saved.

    Raises:
        ProtocolError: the setting is neither.
        DataError: spaCy or the pipeline is missing, or it does not find noun chunks.
    """
    pipeline = pipeline_of(setting)
    return RulePhrases() if pipeline is None else PipelinePhrases(pipeline)
