from __future__ import annotations

import pytest

from sprm.text.function_words import is_function_word


@pytest.mark.parametrize(
    "word", ["a", "the", "his", "three", "he", "themselves", "in", "over", "is", "and", "2", ",", "&"]
)
def test_what_only_joins_or_counts_is_a_function_word(word: str) -> None:
    assert is_function_word(word)


@pytest.mark.parametrize("word", "man red t-shirt left 5k wooden".split())
def test_what_names_or_describes_is_none(word: str) -> None:
    assert not is_function_word(word)
