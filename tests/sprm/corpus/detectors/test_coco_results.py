from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from coco_files import category_id, result, write_categories, write_results
from hypothesis import given
from hypothesis import strategies as st

from sprm.corpus.detectors.coco_results import CocoResults, read_categories
from sprm.errors import DataError

NAMES = ("person", "dog", " stop sign ", "kite")
PERSON, DOG, SIGN, KITE = (category_id(row) for row in range(4))
BOX = (10.0, 20.0, 30.0, 60.0)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    write_categories(tmp_path, NAMES)
    return tmp_path


def read(root: Path, results: list[Any], *image_ids: str) -> CocoResults:
    write_results(root / "detections.json", results)
    return CocoResults(root, image_ids or ("7",))


def refused(root: Path, entry: object) -> str:
    """Return what is said of a second entry that is malformed."""
    with pytest.raises(DataError) as told:
        read(root, [result(7, DOG, BOX, 0.5), entry])
    assert told.value.path == root / "detections.json"
    assert told.value.where == "entry 2"
    return told.value.problem


def changed(**changes: object) -> dict[str, Any]:
    return {**result(7, DOG, BOX, 0.5), **changes}


def test_an_entry_is_a_box_with_the_name_of_its_category_and_its_score(root: Path) -> None:
    found = read(root, [result(7, SIGN, BOX, 0.25)])
    own = found.of("7")
    assert own.boxes.tolist() == [list(BOX)]
    assert [found.class_names[label] for label in own.labels] == ["stop sign"]
    assert own.scores.tolist() == [0.25]
    assert [own.boxes.dtype, own.labels.dtype, own.scores.dtype] == [np.float32, np.int32, np.float32]


@given(
    st.lists(st.tuples(st.sampled_from([7, 8]), st.sampled_from([0.0, 0.25, 0.5, 1.0])), min_size=1, max_size=12),
    st.integers(1, 3),
)
def test_the_boxes_of_an_image_come_by_falling_score_and_else_in_the_order_of_the_file(
    tmp_path_factory: pytest.TempPathFactory, entries: list[tuple[int, float]], split_at: int
) -> None:
    root = tmp_path_factory.mktemp("root")
    write_categories(root, NAMES)
    results = [result(image, DOG, (0, 0, 5 + row, 5), score) for row, (image, score) in enumerate(entries)]
    found = read(root, results, "8", "7", "9")
    for image in (7, 8):
        mine = [(score, 5 + row) for row, (other, score) in enumerate(entries) if other == image]
        expected = sorted(mine, key=lambda one: -one[0])
        own = found.of(str(image))
        assert [(score, x2) for score, x2 in zip(own.scores, own.boxes[:, 2], strict=True)] == expected
    assert len(found.of("9").boxes) == 0


def test_images_are_told_by_number_whatever_zeros_lead_it_or_by_their_text(root: Path) -> None:
    entries = [result(image, DOG, BOX, score) for image, score in [(7, 0.5), ("beach-1", 0.25), ("00012", 0.75)]]
    found = read(root, entries, "000007", "beach-1", "00012")
    assert [found.of(image).scores.tolist() for image in ("000007", "beach-1", "00012")] == [[0.5], [0.25], [0.75]]


def test_an_image_may_go_by_the_name_of_its_file_and_be_of_two_splits(root: Path) -> None:
    write_results(root / "detections.json", [result("COCO_7", DOG, BOX, 0.5), result(8, DOG, BOX, 0.25)])
    found = CocoResults(root, ("7", "8", "7"), {"COCO_7": "7", "COCO_8": "8"})
    assert [found.of(image).scores.tolist() for image in ("7", "8")] == [[0.5], [0.25]]


def test_two_images_of_one_number_cannot_be_told_apart(root: Path) -> None:
    with pytest.raises(DataError, match="images 07 and 7 have one number"):
        read(root, [], "07", "7")


def test_images_that_no_list_names_are_passed_over_and_counted_once_each(root: Path) -> None:
    others = [result(image, DOG, BOX, 0.5) for image in (8, 8, 9, "lost")]
    # What is wrong with them is nobody's concern.
    found = read(root, [result(7, DOG, BOX, 0.5), *others, {**others[0], "score": 7}])
    (warning,) = found.passed_over("train")
    assert warning.kind == "images of results files that no split lists"
    assert warning.count == 3
    assert warning.examples == ["detections.json, 8", "detections.json, 9", "detections.json, 'lost'"]
    assert found.passed_over("val") == []


def test_every_results_file_is_read_and_an_image_in_two_is_refused(root: Path) -> None:
    write_results(root / "train_detections.json", [result(7, DOG, BOX, 0.5)])
    write_results(root / "val_detections.json", [result(8, DOG, BOX, 0.25)])
    found = CocoResults(root, ("7", "8"))
    assert [found.of(image).scores.tolist() for image in ("7", "8")] == [[0.5], [0.25]]
    write_results(root / "val_detections.json", [result(8, DOG, BOX, 0.25), result(7, DOG, BOX, 0.5)])
    with pytest.raises(DataError, match=r"val_detections\.json, entry 2: image 7 .* train_detections\.json, too"):
        CocoResults(root, ("7", "8"))


def test_an_image_is_described_by_its_own_boxes_names_and_scores(root: Path) -> None:
    def about(first: dict[str, Any], second: dict[str, Any]) -> tuple[str, str]:
        found = read(root, [first, second], "7", "8")
        return found.about("7"), found.about("8")

    plain = about(changed(), changed(image_id=8))
    assert plain[0] == plain[1]
    variants = [changed(score=0.4), changed(category_id=KITE), changed(bbox=[1, 2, 3, 4])]
    described = [about(first, changed(image_id=8)) for first in variants]
    assert len({plain[0], *(first for first, _ in described)}) == 4
    assert {second for _, second in described} == {plain[1]}
    write_categories(root, ["person", "hound", "stop sign", "kite"])
    assert about(changed(), changed(image_id=8))[0] != plain[0]


@pytest.mark.parametrize("category", [4, 0, 99, "2", 2.0, True, None])
def test_a_category_that_the_names_lack_is_told_with_its_entry(root: Path, category: object) -> None:
    assert "is none of the 4 in categories.json" in refused(root, changed(category_id=category))


@pytest.mark.parametrize("score", [-0.1, 1.01, 95, "0.5", None, True])
def test_a_score_outside_0_to_1_is_told_with_its_entry(root: Path, score: object) -> None:
    assert refused(root, changed(score=score)).startswith("score should be a number from 0 to 1, found ")


@pytest.mark.parametrize("box", [None, [], [1, 2, 3], [1, 2, 3, 4, 5], [1, 2, 3, "4"], [1, 2, 3, 1e7], {"x": 1}, 5])
def test_a_malformed_box_is_told_with_its_entry(root: Path, box: object) -> None:
    assert refused(root, changed(bbox=box)).startswith("bbox should be [x, y, width, height] in pixels, found ")


def test_a_box_that_ends_before_it_starts_is_told_with_its_entry(root: Path) -> None:
    assert refused(root, changed(bbox=[5, 5, -1, 3])) == "the box [5, 5, -1, 3] ends before it starts"


def test_boxes_that_look_like_shares_of_the_image_are_refused(root: Path) -> None:
    shares = changed(bbox=[0.1, 0.2, 0.3, 0.4])
    with pytest.raises(DataError, match=r"detections\.json, image 7: expected boxes in pixels"):
        read(root, [shares])
    # One small box is none of these.
    assert len(read(root, [shares, changed()]).of("7").boxes) == 2


@pytest.mark.parametrize("image", [None, 7.0, True, [7]])
def test_an_image_id_that_is_none_is_told_with_its_entry(root: Path, image: object) -> None:
    assert refused(root, changed(image_id=image)).startswith("image_id should be a whole number or a text, found ")


@pytest.mark.parametrize("entry", [[], 5, "entry", None])
def test_an_entry_that_is_no_object_is_told(root: Path, entry: object) -> None:
    assert refused(root, entry).startswith("expected {image_id, category_id, bbox, score}, found ")


def test_a_file_that_is_no_list_is_told(root: Path) -> None:
    (root / "detections.json").write_text(json.dumps({"annotations": []}))
    with pytest.raises(DataError, match=r"detections\.json: expected a list, \[\.\.\.\], found an object"):
        CocoResults(root, ("7",))


def test_a_folder_without_results_is_told(root: Path) -> None:
    with pytest.raises(DataError, match=r"holds no \*detections\.json"):
        CocoResults(root, ("7",))


@pytest.mark.parametrize(
    ("categories", "problem"),
    [
        ([{"id": 1}], "entry 1: expected {id: a whole number, name: a text}"),
        ([{"id": "1", "name": "dog"}], "entry 1: expected {id: a whole number, name: a text}"),
        ([{"id": 1, "name": " "}], "entry 1: expected {id: a whole number, name: a text}"),
        (["dog"], "entry 1: expected {id: a whole number, name: a text}"),
        ([{"id": 1, "name": "dog"}, {"id": 1, "name": "cat"}], "entry 2: id 1 appears twice"),
        ([], "contains no categories"),
    ],
)
def test_categories_that_name_nothing_are_told(tmp_path: Path, categories: object, problem: str) -> None:
    path = tmp_path / "categories.json"
    path.write_text(json.dumps({"categories": categories}))
    with pytest.raises(DataError) as told:
        read_categories(path)
    assert str(told.value).startswith(str(path))
    assert problem in str(told.value)
