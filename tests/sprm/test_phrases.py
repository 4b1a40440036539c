from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sprm.phrases import LOCATIONS, head_words, label_variants, locations, tokenize
from sprm.settings import Rules


def named(text: str, rules: Rules = Rules.corrected) -> set[str]:
    flags = locations(text, rules)
    return {word for bit, word in enumerate(LOCATIONS) if flags >> bit & 1}


@pytest.mark.parametrize(
    ("text", "heads"),
    [
        ("a man in a black tank top", ["man"]),
        ("Two young guys", ["guys"]),
        ("Two young , White males", ["males"]),
        ("a group of people", ["group"]),
        ("the right dog", ["dog"]),
        ("a man and a woman", ["man", "woman"]),
        ("man and woman", ["man", "woman"]),
        ("a man , a woman and two kids", ["man", "woman", "kids"]),
        ("a red , white and blue flag", ["flag"]),
        ("a black and white dog with a stick", ["dog"]),
        ("the man on the left", ["man"]),
        ("a woman who is singing", ["woman"]),
        ("a swimming pool", ["pool"]),
        ("it", ["it"]),
        ("several", ["several"]),
        ("his hands", ["hands"]),
    ],
)
def test_the_head_is_the_word_that_names_the_thing(text: str, heads: list[str]) -> None:
    assert head_words(text) == heads


@given(st.text(max_size=40))
def test_heads_are_words_of_the_phrase(text: str) -> None:
    heads = head_words(text)
    assert set(heads) <= set(tokenize(text, Rules.corrected)) | {"&"}
    assert bool(heads) == bool(tokenize(text, Rules.corrected))


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("the right dog", {"right"}),
        ("man on LEFT", {"left"}),
        ("guy right", {"right"}),
        ("the shelf at the top", {"top"}),
        ("top left corner", {"top", "left"}),
        ("the middle of the road", {"middle"}),
        ("a man in a black tank top", set()),
        ("a red top", set()),
        ("a black top and jeans", set()),
        ("a woman in her white top with stripes", set()),
        ("two men in top hats", set()),
        ("the top and the bottom", {"top", "bottom"}),
        ("a top hat", set()),
        ("a middle aged man", set()),
        ("a shopping center", set()),
        ("a laptop", set()),
        ("bright lights", set()),
        ("a stop sign", set()),
        ("a rooftop", set()),
        ("leftover food", set()),
    ],
)
def test_the_corrected_rule_takes_whole_words_that_say_where(text: str, places: set[str]) -> None:
    assert named(text) == places


def test_the_official_rule_minds_case_and_takes_parts_of_words() -> None:
    assert named("Left hand", Rules.official) == set()
    assert named("a bright laptop", Rules.official) == {"right", "top"}


def test_punctuation_is_dropped_by_the_corrected_rules_and_stays_on_words_by_the_official_ones() -> None:
    assert tokenize("The man's T-shirt, red.", Rules.corrected) == ["the", "man", "t-shirt", "red"]
    assert tokenize("The man's T-shirt, red.", Rules.official) == ["the", "man's", "t-shirt,", "red."]


def test_a_class_line_splits_into_variants_of_words() -> None:
    assert label_variants("stop sign,stopsign") == [["stop", "sign"], ["stopsign"]]
    assert label_variants("dog,") == [["dog"]]
