from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flickr_folder import SPLITS
from referit_folder import (
    INSTANCES,
    REFERENTS,
    SCENES,
    edit_instances,
    edit_referents,
    ids,
    image_id,
    python2_pickle,
    referents,
    write_referit_folder,
)

from sprm.corpus.annotation import AnnotatedImage, Annotations
from sprm.corpus.sources.referit.source import ReferitSource
from sprm.corpus.warnings import Tally
from sprm.settings import Rules

FIRST = str(image_id(0))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    write_referit_folder(tmp_path)
    return tmp_path


def referit(root: Path, rules: Rules = Rules.corrected) -> Annotations:
    return ReferitSource(kind="referit", root=root).annotations(rules)


def read(root: Path, image: str = FIRST, rules: Rules = Rules.corrected) -> tuple[AnnotatedImage, dict[str, int]]:
    tally = Tally()
    annotated = referit(root, rules).part("train", [image]).read(image, tally)
    return annotated, {warning.kind: warning.count for warning in tally.warnings()}


def test_all_expressions_of_a_referent_are_one_sentence_and_share_its_box(root: Path) -> None:
    annotated, warnings = read(root)
    assert (annotated.width, annotated.height) == (500, 375)
    assert [sentence.sentence_id for sentence in annotated.sentences] == [f"{FIRST}#0", f"{FIRST}#1"]
    left, right = (sentence.phrases for sentence in annotated.sentences)
    assert [phrase.text for phrase in left] == ["the man on the left", "guy left"]
    assert [phrase.text for phrase in right] == ["guy in red, far right"]
    # The file has x, y, width and height: 30, 70, 110, 270.5.
    assert [phrase.target for phrase in left] == [(30, 70, 140, 340.5)] * 2
    assert {phrase.category for phrase in [*left, *right]} == {"man"}
    assert warnings == {}


def test_expressions_are_read_in_lower_case_with_single_spaces(root: Path) -> None:
    edit_referents(root, lambda refs: refs[0]["sentences"][0].update(raw="  The MAN\ton\n the Left "))
    assert read(root)[0].sentences[0].phrases[0].text == "the man on the left"


def test_the_rules_decide_which_location_words_count(root: Path) -> None:
    edit_referents(root, lambda refs: refs[0]["sentences"][0].update(raw="guy with the laptop"))
    assert read(root)[0].sentences[0].phrases[0].locations == 0
    assert read(root, rules=Rules.official)[0].sentences[0].phrases[0].locations == 0b001000


def test_a_split_lists_its_images_in_the_order_of_their_first_referent(root: Path) -> None:
    source = referit(root)
    assert {split: source.image_ids(split) for split in ("train", "val", "test")} == {
        split: ids(split) for split in ("train", "val", "test")
    }
    edit_referents(root, list.reverse)
    assert referit(root).image_ids("val") == ids("val")[::-1]


def test_referents_of_one_image_need_not_stand_together(root: Path) -> None:
    edit_referents(root, lambda refs: refs.append(refs.pop(0)))
    assert [sentence.sentence_id for sentence in read(root)[0].sentences] == [f"{FIRST}#1", f"{FIRST}#0"]


@pytest.mark.parametrize("protocol", [0, 2])
@pytest.mark.parametrize("write", [python2_pickle, lambda value, protocol: pickle.dumps(value, protocol=protocol)])
def test_what_python_2_or_3_pickled_reads_the_same(
    root: Path, write: Callable[[object, int], bytes], protocol: int
) -> None:
    before = [read(root, image)[0] for image in ids("train")]
    (root / REFERENTS).write_bytes(write(referents(), protocol))
    assert [read(root, image)[0] for image in ids("train")] == before


def test_expressions_outside_ascii_are_read_from_a_pickle_of_python_2(root: Path) -> None:
    refs = referents()
    refs[0]["sentences"][0]["raw"] = "Café, " + "very " * 60 + "Left"
    (root / REFERENTS).write_bytes(python2_pickle(refs, 2))
    text = read(root)[0].sentences[0].phrases[0].text
    assert text.startswith("café, very very")
    assert text.endswith("left")


def test_an_expression_without_a_word_is_left_out_and_counted_and_a_referent_without_one_too(root: Path) -> None:
    def spoil(refs: list[dict[str, Any]]) -> None:
        refs[0]["sentences"][0]["raw"] = " ?! "
        refs[1]["sentences"][0]["raw"] = ""

    edit_referents(root, spoil)
    annotated, warnings = read(root)
    assert [[phrase.text for phrase in sentence.phrases] for sentence in annotated.sentences] == [["guy left"]]
    assert warnings == {
        "expressions left out for want of a word": 2,
        "referents left out for want of an expression with a word": 1,
    }


def test_a_slash_in_a_category_does_not_make_two_types_of_it(root: Path) -> None:
    edit_instances(root, lambda content: [one.update(name=" sky/cloud ") for one in content["categories"]])
    assert read(root)[0].sentences[0].phrases[0].category == "sky-cloud"


@pytest.mark.parametrize(
    ("bbox", "warning"),
    [
        ([10, 10, 0, 20], "annotated boxes without an area"),
        ([10, 10, 20, 0], "annotated boxes without an area"),
        ([-2, 10, 20, 20], "annotated boxes that reach outside their image"),
        ([10, 10, 20, 367], "annotated boxes that reach outside their image"),
        ([-1, -1, 502, 377], None),
    ],
)
def test_an_odd_box_is_kept_and_counted(root: Path, bbox: list[float], warning: str | None) -> None:
    edit_instances(root, lambda content: content["annotations"][0].update(bbox=bbox))
    annotated, warnings = read(root)
    x, y, width, height = bbox
    assert annotated.sentences[0].phrases[0].target == (x, y, x + width, y + height)
    assert warnings == ({warning: 1} if warning else {})


def test_images_annotations_and_categories_that_nobody_refers_to_may_hold_anything(root: Path) -> None:
    def add(content: dict[str, Any]) -> None:
        content["images"].append({"id": 1})
        content["annotations"].append({"id": 2, "bbox": "none"})
        content["licenses"] = [[[["of any form"]]]]

    before = read(root)
    edit_instances(root, add)
    assert read(root) == before


def test_every_image_is_read_from_the_same_two_files(root: Path) -> None:
    assert list(referit(root).files([FIRST])) == [root / REFERENTS, root / INSTANCES]


def test_the_size_of_an_image_is_that_of_the_json(root: Path) -> None:
    edit_instances(root, lambda content: content["images"][0].update(width=640, height=480))
    images = referit(root).part("train", [FIRST, str(image_id(1))])
    found = [images.read(name, Tally()) for name in (FIRST, str(image_id(1)))]
    assert [(image.width, image.height) for image in found] == [(640, 480), (500, 375)]


def test_the_order_of_the_lists_in_the_json_does_not_matter(root: Path) -> None:
    before = read(root)
    path = root / INSTANCES
    path.write_text(json.dumps(dict(reversed(json.loads(path.read_text()).items()))))
    assert read(root) == before


def test_every_scene_comes_back_as_it_was_drawn(root: Path) -> None:
    source = referit(root)
    splits = {number: split for split, numbers in SPLITS.items() for number in numbers}
    for number, scene in enumerate(SCENES):
        name = str(image_id(number))
        found = source.part(splits[number], [name]).read(name, Tally()).sentences
        assert [[phrase.text for phrase in sentence.phrases] for sentence in found] == [
            [text.lower() for text in one.expressions] for one in scene
        ]
        assert [sentence.phrases[0].target for sentence in found] == [one.corners for one in scene]
        assert [sentence.phrases[0].category for sentence in found] == [one.category for one in scene]
