from __future__ import annotations

import pytest

from sprm.settings import Rules
from sprm.text.tokens import LOCATIONS, label_variants, locations, tokenize


def named(text: str, rules: Rules = Rules.corrected) -> set[str]:
    flags = locations(text, rules)
    return {word for bit, word in enumerate(LOCATIONS) if flags >> bit & 1}


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
