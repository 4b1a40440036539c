from __future__ import annotations

from pathlib import Path

import pytest
from noun_pipeline import write_pipeline

from sprm.errors import DataError, ProtocolError
from sprm.text.phrases import phrase_finder


def test_phrases_are_the_noun_chunks_of_the_pipeline(tmp_path: Path) -> None:
    finder = phrase_finder(f"spacy:{write_pipeline(tmp_path / 'few_nouns')}")
    captions = ["A man and his dog .", "  ", "% people", "nobody here"]
    found = [
        [span.of(caption) for span in spans] for caption, spans in zip(captions, finder.spans(captions), strict=True)
    ]
    assert found == [["man", "dog"], [], ["people"], []]


def test_a_finder_that_is_none_and_a_pipeline_that_is_not_there_are_told() -> None:
    with pytest.raises(ProtocolError, match="unknown setting 'parser'; expected rule, or spacy:"):
        phrase_finder("parser")
    with pytest.raises(DataError, match="there is no spaCy pipeline no_such_pipeline"):
        phrase_finder("spacy:no_such_pipeline")
