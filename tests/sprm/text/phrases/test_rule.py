from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sprm.text.phrases.rule import noun_phrases
from sprm.text.tokens import WORD


def found(caption: str) -> list[str]:
    return [span.of(caption) for span in noun_phrases(caption)]


@pytest.mark.parametrize(
    ("caption", "phrases"),
    [
        ("A man in a blue shirt throws a ball to his dog .", ["A man", "a blue shirt", "a ball", "his dog"]),
        ("Two young , white males stand near many bushes.", ["Two young , white males", "many bushes"]),
        ("A boy plays at the playground", ["A boy", "the playground"]),
        ("Several people ride up an escalator .", ["Several people", "an escalator"]),
        ("Man holding three signs while a crowd watches .", ["Man", "three signs", "a crowd"]),
        ("A woman wearing a hat is sitting on a bench .", ["A woman", "a hat", "a bench"]),
        ("The kids, the dog and the cat sleep.", ["The kids", "the dog", "the cat"]),
        ("There is a truck stuck in mud .", ["a truck", "mud"]),
    ],
)
def test_phrases_end_at_verbs_prepositions_and_marks(caption: str, phrases: list[str]) -> None:
    assert found(caption) == phrases


@pytest.mark.parametrize(
    ("caption", "phrases"),
    [
        ("A black and white dog barks .", ["A black and white dog"]),
        ("a red , white and blue flag", ["a red , white and blue flag"]),
        ("A boy and a girl", ["A boy", "a girl"]),
        ("boy and girl", ["boy", "girl"]),
        ("A group of people on top of a hill", ["A group of people", "a hill"]),
        ("the side of a large building", ["the side of a large building"]),
        ("A dog in front of a fence", ["A dog", "a fence"]),
        ("the man 's hat and the woman's coat", ["the man 's hat", "the woman's coat"]),
    ],
)
def test_adjectives_and_what_of_joins_stay_together_and_nouns_are_parted(caption: str, phrases: list[str]) -> None:
    assert found(caption) == phrases


@pytest.mark.parametrize(
    ("caption", "phrases"),
    [
        ("a swing hangs from a tree", ["a swing", "a tree"]),
        ("A child swings from a branch", ["A child", "a branch"]),
        ("his fishing pole", ["his fishing pole"]),
        ("A man fishing on a pier", ["A man", "a pier"]),
        ("A boy in swimming trunks", ["A boy", "swimming trunks"]),
        ("A snow covered hill", ["A snow covered hill"]),
        ("a car covered in snow", ["a car", "snow"]),
        ("A girl in blue smiles at a dog", ["A girl", "blue", "a dog"]),
        ("a back flip", ["a back flip"]),
    ],
)
def test_a_word_that_may_be_a_verb_or_a_noun_is_told_by_its_neighbours(caption: str, phrases: list[str]) -> None:
    assert found(caption) == phrases


@pytest.mark.parametrize(
    "caption", ["", " . ,", "of", "'s", "They chase each other .", "He is wet .", "the", "and of the"]
)
def test_pronouns_adjectives_after_is_and_marks_are_no_phrases(caption: str) -> None:
    assert found(caption) == []


@given(
    st.text(max_size=80)
    | st.lists(
        st.sampled_from(
            "a the two man men dog red black and , of in 's runs run running smiles his is who . on top".split()
        ),
        max_size=14,
    ).map(" ".join)
)
@example("A  man\tin a hat")
@example("a , and")
def test_spans_hold_a_word_lie_in_the_caption_and_do_not_overlap(caption: str) -> None:
    spans = noun_phrases(caption)
    for span in spans:
        assert 0 <= span.start < span.end <= len(caption)
        assert WORD.search(caption[span.start : span.end])
        assert caption[span.start] == caption[span.start].strip()
    assert all(first.end <= second.start for first, second in pairwise(spans))
