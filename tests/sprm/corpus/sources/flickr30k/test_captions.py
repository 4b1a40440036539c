from __future__ import annotations

import contextlib
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sprm.corpus.sources.flickr30k.captions import parse_caption
from sprm.errors import DataError

HERE = Path("caption.txt")
words = st.text(
    st.characters(codec="utf-8", exclude_characters="[]/#\n\r", exclude_categories=["Cs", "Cc"]), max_size=12
)
types = st.lists(st.sampled_from(["people", "clothing", "other", "scene"]), min_size=1, max_size=3)


@given(st.lists(st.tuples(words, st.integers(0, 10**6), types, words.filter(str.strip)), max_size=4), words)
def test_every_marked_phrase_is_found_whatever_stands_between(
    parts: list[tuple[str, int, list[str], str]], end: str
) -> None:
    line = "".join(f"{gap} [/EN#{entity}/{'/'.join(kinds)} {text} ]" for gap, entity, kinds, text in parts) + end
    found = parse_caption(line, HERE, 1)
    assert [(phrase.entity, list(phrase.types), phrase.text) for phrase in found] == [
        (str(entity), kinds, " ".join(text.split())) for _, entity, kinds, text in parts
    ]


def test_a_bracket_may_close_right_after_the_last_word() -> None:
    assert parse_caption("[/EN#1/people A man] waits", HERE, 1) == parse_caption("[/EN#1/people A man ] waits", HERE, 1)


@pytest.mark.parametrize(
    "line",
    [
        "[/EN#1/people A man walks",
        "[/EN#1/people A man [/EN#2/clothing in red ] ]",
        "[/EN#x/people A man ]",
        "[/EN#1 A man ]",
        "[/EN#1/people ]",
        "[EN#1/people A man ]",
        "/EN#1/people A man ]",
        "A man [/",
    ],
)
def test_a_broken_bracket_is_an_error_with_file_and_line(line: str) -> None:
    with pytest.raises(DataError, match=r"caption\.txt, line 3: a phrase's bracket is broken"):
        parse_caption(line, HERE, 3)


def test_brackets_that_mark_nothing_are_text() -> None:
    line = "a sign [ sic ] :] by [/EN#1/people A man ]"
    assert [phrase.text for phrase in parse_caption(line, HERE, 1)] == ["A man"]


def test_types_may_hold_digits_hyphens_and_underscores() -> None:
    (phrase,) = parse_caption("[/EN#4/road-sign/kind_2 A sign ]", HERE, 1)
    assert phrase.types == ("road-sign", "kind_2")


def test_entity_zero_is_not_visual() -> None:
    first, second = parse_caption("[/EN#0/notvisual It ] rains on [/EN#10/people him ]", HERE, 1)
    assert not first.is_visual
    assert second.is_visual


@given(st.text(st.sampled_from("[]/EN#10 people\u00e9"), max_size=60))
def test_a_line_is_read_whole_or_refused_and_no_mark_is_passed_over(line: str) -> None:
    with contextlib.suppress(DataError):
        assert len(parse_caption(line, HERE, 1)) == len(re.findall("EN#", line))


@given(words.filter(str.strip), st.integers(0, 30))
def test_a_caption_cut_off_within_a_mark_is_refused(text: str, end: int) -> None:
    whole = f"[/EN#12/people/other {text}]"
    cut = whole[: 2 + min(end, len(whole) - 3)]
    with pytest.raises(DataError, match=r"caption\.txt, line 1"):
        parse_caption(cut, HERE, 1)
