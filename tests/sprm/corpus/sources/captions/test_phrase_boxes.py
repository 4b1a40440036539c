"""Phrases with boxes as JSON lines, and what is refused in them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sprm.corpus.sources.captions.phrase_boxes import PhrasedImage, read_phrases
from sprm.corpus.warnings import Tally
from sprm.errors import DataError
from sprm.settings import Rules

CAPTION = "A man on the left holds a dog ."
MAN = {"span": [0, 5], "boxes": [[10, 20, 30, 40], [5, 25, 20, 60]], "category": "people"}
DOG = {"span": [24, 29], "boxes": [[1, 2, 3, 4.5]]}


def read(tmp_path: Path, *lines: dict[str, Any], tally: Tally | None = None) -> dict[str, PhrasedImage]:
    path = tmp_path / "phrases.jsonl"
    path.write_text("".join(json.dumps({"image": "a", "caption": CAPTION, **line}) + "\n" for line in lines))
    return read_phrases(path, Rules.corrected, Tally() if tally is None else tally)


def test_a_phrase_is_its_characters_and_its_target_the_union_of_its_boxes(tmp_path: Path) -> None:
    image = read(tmp_path, {"phrases": [DOG, MAN], "width": 640, "height": 480})["a"]
    (sentence,) = image.sentences
    assert image.size == (640, 480)
    assert sentence.sentence_id == "a#0"
    assert [(phrase.text, phrase.category, phrase.target) for phrase in sentence.phrases] == [
        ("a dog", "phrase", (1, 2, 3, 4.5)),
        ("A man", "people", (5, 20, 30, 60)),
    ]


def test_phrases_without_boxes_and_captions_without_phrases_are_left_out_and_counted(tmp_path: Path) -> None:
    tally = Tally()
    lines = [{"phrases": []}, {"phrases": [MAN, {**DOG, "boxes": []}]}, {"image": "b", "phrases": []}]
    images = read(tmp_path, *lines, tally=tally)
    assert [sentence.sentence_id for sentence in images["a"].sentences] == ["a#1"]
    assert images["b"].sentences == []
    counted = {warning.kind: (warning.count, warning.examples) for warning in tally.warnings()}
    assert counted == {
        "captions left out for want of a phrase with a box": (2, ["a#0", "b#0"]),
        "phrases left out for want of a box": (1, ["a#1"]),
    }


def test_boxes_that_reach_outside_or_have_no_area_are_counted(tmp_path: Path) -> None:
    tally = Tally()
    wide, flat = {**MAN, "boxes": [[0, 0, 700, 100]]}, {**DOG, "boxes": [[5, 5, 5, 9]]}
    read(tmp_path, {"phrases": [wide, flat], "width": 640, "height": 480}, tally=tally)
    assert {warning.kind: warning.count for warning in tally.warnings()} == {
        "targets without an area": 1,
        "targets that reach outside their image": 1,
    }


@pytest.mark.parametrize(
    ("phrases", "problem"),
    [
        (None, "phrases should be a list of objects with span and boxes, found None"),
        ([5], r"phrases should be a list of objects with span and boxes, found \[5\]"),
        ([{"boxes": []}], r"span should be \[first, end\) in characters, found None"),
        ([{**MAN, "span": [0, 5, 6]}], r"span should be \[first, end\)"),
        ([{**MAN, "span": [0, 5.0]}], r"span should be \[first, end\)"),
        ([{**MAN, "span": [True, 5]}], r"span should be \[first, end\)"),
        ([{**MAN, "span": [0, 90]}], "the span 0 to 90 leaves its caption, which has 31 characters"),
        ([{**MAN, "span": [-5, 5]}], "the span -5 to 5 leaves its caption"),
        ([{**MAN, "span": [5, 5]}], "the span 5 to 5 leaves its caption"),
        ([{**MAN, "span": [29, 31]}], r"the span 29 to 31 holds no word: '\.'"),
        ([{**MAN, "span": [0, 4]}], "the span 0 to 4 cuts a word: 'A ma'"),
        ([MAN, {**DOG, "span": [2, 17]}], "the spans of 'A man' and 'man on the left' cross each other"),
        ([MAN, MAN], "the spans of 'A man' and 'A man' cross each other"),
        ([{"span": [0, 5]}], "the boxes of 'A man' should be a list"),
        ([{**MAN, "boxes": [1, 2, 3, 4]}], "the boxes of 'A man' should be a list"),
        ([{**MAN, "boxes": [[1, 2, 3]]}], "the boxes of 'A man' should be a list"),
        ([{**MAN, "boxes": [[1, 2, 3, float("nan")]]}], "the boxes of 'A man' should be a list"),
        ([{**MAN, "boxes": [[10, 2, 3, 4]]}], r"the box \[10, 2, 3, 4\] ends before it starts"),
        ([{**MAN, "boxes": [[0.1, 0.2, 0.3, 0.4]]}], "looks like shares of the image's size"),
        ([{**MAN, "category": 5}], "category should be a name, found 5"),
        ([{**MAN, "category": "a\ud83d"}], r"holds half of a character, \\ud83d"),
    ],
)
def test_a_phrase_of_another_form_is_named_with_its_line(tmp_path: Path, phrases: Any, problem: str) -> None:
    with pytest.raises(DataError, match=rf"phrases\.jsonl, line 2: .*{problem}"):
        read(tmp_path, {"phrases": [MAN]}, {"phrases": phrases})
