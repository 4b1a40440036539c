from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sprm.settings import Rules
from sprm.text.heads.rule import RuleHeads, head_words
from sprm.text.tokens import tokenize


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


@pytest.mark.parametrize(
    ("text", "heads"),
    [
        ("a cat sleeping on a windowsill", ["cat"]),
        ("children building a sandcastle", ["children"]),
        ("girl jumping", ["girl"]),
        ("a car covered in snow", ["car"]),
        ("a jar full of buttons", ["jar"]),
        ("a tent made of canvas", ["tent"]),
        ("a brick building with a clock", ["building"]),
        ("an oil painting", ["painting"]),
        ("a metal bed in the corner", ["bed"]),
        ("a smiling nurse", ["nurse"]),
        ("unmade bed", ["bed"]),
    ],
)
def test_a_participle_after_a_noun_ends_it_and_a_noun_that_looks_like_one_does_not(text: str, heads: list[str]) -> None:
    assert head_words(text) == heads


@pytest.mark.parametrize(
    ("text", "heads"),
    [
        ("a washed out bridge", ["bridge"]),
        ("an upside down car", ["car"]),
        ("a sad looking dog", ["dog"]),
        ("a woman looking up", ["woman"]),
        ("a barn - like structure", ["structure"]),
        ("a clown - faced man", ["man"]),
        ("a white t - shirt", ["shirt"]),
    ],
)
def test_a_preposition_inside_an_adjective_does_not_end_the_noun(text: str, heads: list[str]) -> None:
    assert head_words(text) == heads


@pytest.mark.parametrize(
    ("text", "heads"),
    [
        ("red shirt guy left", ["guy"]),
        ("sky top right", ["sky"]),
        ("water left of boat", ["water"]),
        ("man second from left", ["man"]),
        ("the left", ["left"]),
        ("far left", ["left"]),
        ("the second from the left", ["second"]),
        ("a red top", ["top"]),
        ("dude w hat", ["dude"]),
    ],
)
def test_places_at_the_end_are_not_heads_unless_there_is_nothing_else(text: str, heads: list[str]) -> None:
    assert head_words(text) == heads


@pytest.mark.parametrize(
    ("text", "heads"),
    [
        ("one of the players", ["players"]),
        ("most of the crowd", ["crowd"]),
        ("the one in the middle", ["one"]),
        ("the one that is closest", ["one"]),
        ("standing on the bridge", ["bridge"]),
        ("next to the lamp", ["lamp"]),
        ("that", ["that"]),
        ("his or her head", ["head"]),
        ("six or seven swimmers", ["swimmers"]),
        ("he and his dog", ["he", "dog"]),
    ],
)
def test_articles_numbers_and_openings_are_heads_only_by_themselves(text: str, heads: list[str]) -> None:
    assert head_words(text) == heads


@pytest.mark.parametrize(
    ("text", "heads"),
    [
        ("a mother and daughter", ["mother", "daughter"]),
        ("mom , dad , and kids", ["mom", "dad", "kids"]),
        ("a blue helmet and purple pants", ["helmet", "pants"]),
        ("black , yellow , and pink jackets", ["jackets"]),
        ("a long , winding road", ["road"]),
        ("a tall , thin , young man", ["man"]),
        ("salt and pepper shakers", ["shakers"]),
        ("black and white", ["white"]),
    ],
)
def test_nouns_that_are_joined_are_all_heads_and_adjectives_are_not(text: str, heads: list[str]) -> None:
    assert head_words(text) == heads


@example("and , or")
@given(st.text(max_size=40))
def test_heads_are_words_of_the_phrase(text: str) -> None:
    heads = head_words(text)
    assert set(heads) <= set(tokenize(text, Rules.corrected))
    assert bool(heads) == bool(tokenize(text, Rules.corrected))


def test_the_finder_takes_phrases_in_their_order_and_again() -> None:
    assert RuleHeads().heads(["a dog", "Two Cats", "a dog", "..."]) == [["dog"], ["cats"], ["dog"], []]
