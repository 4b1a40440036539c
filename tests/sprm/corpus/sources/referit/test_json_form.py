"""ReferIt's expressions in the form of text_objseg's authors."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from flickr_folder import SPLITS
from referit_folder import SCENES, ids, image_id, write_json_form, write_referit_folder

from sprm.corpus.build.prepare import prepare
from sprm.corpus.build.requirements import requirements
from sprm.corpus.dataset import Dataset, open_dataset
from sprm.corpus.sources.referit.source import ReferitSource
from sprm.errors import DataError
from sprm.settings import Rules

FIRST, LAST = str(image_id(0)), str(image_id(19))
TRAIN, BOXES, SIZES = "referit_query_train.json", "referit_bbox.json", "referit_imsize.json"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "referit"
    write_referit_folder(folder)
    write_json_form(folder)
    return folder


def source(root: Path) -> ReferitSource:
    return ReferitSource(kind="referit", root=root)


def build(root: Path) -> Dataset:
    cache = root.parent / "cache"
    return open_dataset(prepare(source(root), Rules.corrected, cache, progress=lambda *_: None, workers=1))


def edit(root: Path, name: str, change: Callable[[dict[str, Any]], object]) -> None:
    content = json.loads((root / name).read_text())
    change(content)
    (root / name).write_text(json.dumps(content))


def complaint(root: Path) -> str:
    with pytest.raises(DataError) as caught:
        source(root).annotations(Rules.corrected)
    return str(caught.value).removeprefix(f"{root}/")


def test_a_study_is_that_of_refers_files_but_for_categories_which_nothing_tells(root: Path, tmp_path: Path) -> None:
    write_referit_folder(tmp_path / "refer")
    json_form, refer = build(root), build(tmp_path / "refer")
    for split, numbers in SPLITS.items():
        corpus, expected = json_form.corpus(split), refer.corpus(split)
        assert list(corpus.images["image_id"]) == ids(split)
        things = [one for number in numbers for one in SCENES[number]]
        assert list(corpus.phrases["text"]) == [text.lower() for one in things for text in one.expressions]
        assert set(corpus.phrases["category"]) == {"referent"}
        assert list(corpus.sentences["sentence_id"])[:2] == [f"{ids(split)[0]}#1", f"{ids(split)[0]}#2"]
        corners = ["x1", "y1", "x2", "y2"]
        np.testing.assert_array_equal(corpus.phrases[corners], expected.phrases[corners])
        assert corpus.images.equals(expected.images)
        assert corpus.info.warnings == []


def test_names_without_a_suffix_are_the_same_names(root: Path) -> None:
    before = build(root).fingerprint
    for path in sorted(root.glob("referit_*")):
        path.write_text(path.read_text().replace(".png", "").replace(".jpg", ""))
    assert build(root).fingerprint == before


def test_without_lists_the_images_of_a_split_are_those_of_its_expressions(root: Path) -> None:
    before = build(root).fingerprint
    for path in root.glob("*_imlist.txt"):
        path.unlink()
    assert build(root).fingerprint == before


def test_a_listed_image_without_expressions_is_left_out_and_told(root: Path) -> None:
    edit(root, TRAIN, lambda called: [called.pop(f"{FIRST}_{number}.png") for number in (1, 2)])
    (left,) = build(root).train.info.left_out
    assert (left.image_id, left.reason) == (FIRST, "a phrase with a box")


def test_a_list_whose_lines_end_as_on_windows_is_read_and_told(root: Path) -> None:
    path = root / "referit_val_imlist.txt"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    (warning,) = build(root).train.info.warnings
    assert "CR LF" in warning.kind
    assert warning.examples == [path.name]


def test_refers_file_goes_before_the_json_form(root: Path, tmp_path: Path) -> None:
    write_referit_folder(tmp_path / "refer")
    for path in root.glob("referit_*"):
        path.rename(tmp_path / "refer" / path.name)
    assert "man" in set(build(tmp_path / "refer").train.phrases["category"])


def test_what_is_asked_for_are_the_files_of_the_form_that_is_there(root: Path) -> None:
    expected = [*(f"referit_query_{split}.json" for split in SPLITS), BOXES, SIZES]
    lists = [f"referit_{split}_imlist.txt" for split in SPLITS]
    asked = [needed for needed in requirements(source(root)) if needed.owner.startswith("https://github.com/ronghang")]
    assert [needed.places[0].name for needed in asked] == [*expected, *lists]
    assert [needed.places[0].name for needed in asked if needed.optional] == lists
    for name in (TRAIN, "referit_query_val.json"):
        (root / name).unlink()
    with pytest.raises(DataError, match=r"referit_query_train\.json: this file is missing: .*; 1 more is missing"):
        build(root)
    # With no file of expressions at all, it is refer's that are asked for.
    (root / "referit_query_test.json").unlink()
    first, second, *_ = requirements(source(root))
    assert [first.places[0].name, second.places[0].name] == ["refs(berkeley).p", "instances.json"]


@pytest.mark.parametrize(
    ("name", "change", "problem"),
    [
        (TRAIN, {"1000.png": ["man"]}, f"{TRAIN}, referent '1000': expected the id of an image, _ and a number"),
        (TRAIN, {"../../x_1": ["man"]}, f"{TRAIN}, referent '../../x_1': expected the id of an image, _ and a number"),
        (TRAIN, {"1000_01": ["man"]}, f"{TRAIN}, referent '1000_01': expected the id of an image, _ and a number"),
        (TRAIN, {"1000_1": ["man"]}, f"{TRAIN}, '1000_1': this key appears twice"),
        (TRAIN, {f"{FIRST}_1.png": "man"}, f"{TRAIN}, referent '1000_1': expected a list of expressions, found 'man'"),
        (TRAIN, {f"{FIRST}_1.png": []}, f"{TRAIN}, referent '1000_1': expected a list of expressions, found []"),
        (TRAIN, {f"{FIRST}_1.png": [3]}, f"{TRAIN}, referent '1000_1': expected a list of expressions, found [3]"),
        (TRAIN, {"7_1.png": ["man"]}, f"{TRAIN}, image 7: image 7 is not in referit_train_imlist.txt"),
        (TRAIN, {f"{FIRST}_9.png": ["man"]}, f"{BOXES}, referent 1000_9: is in {TRAIN}, and has no box here"),
        (BOXES, {f"{FIRST}_1.png": [1, 2, 3]}, f"{BOXES}, referent 1000_1: expected [x1, y1, x2, y2] in pixels"),
        (BOXES, {f"{FIRST}_1.png": [9, 2, 3, 4]}, f"{BOXES}, referent 1000_1: the box [9, 2, 3, 4] ends before"),
        (SIZES, {f"{FIRST}.jpg": [0, 5]}, f"{SIZES}, image 1000: expected width and height in pixels"),
        (SIZES, {f"{FIRST}.jpg": "big"}, f"{SIZES}, image 1000: expected [width, height], found 'big'"),
        (SIZES, {f"{FIRST}.jpg": None}, f"{SIZES}, image 1000: expected [width, height], found None"),
    ],
)
def test_what_is_none_is_named_with_its_file_and_its_key(
    root: Path, name: str, change: dict[str, object], problem: str
) -> None:
    edit(root, name, lambda content: content.update(change))
    assert complaint(root).startswith(problem)


def test_an_image_of_two_splits_is_named_with_both(root: Path) -> None:
    for path in root.glob("*_imlist.txt"):
        path.unlink()
    edit(root, "referit_query_test.json", lambda called: called.update({f"{FIRST}_3.png": ["man"]}))
    assert complaint(root) == f"referit_query_test.json, image {FIRST}: is also in train; splits must not share images"


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("../../x", "'../../x' is not an image id (letters, digits, - and _)"),
        (f"{LAST}.jpg", f"image {LAST} is already listed in line 4"),
    ],
)
def test_a_line_that_is_none_is_named_with_its_number(root: Path, line: str, problem: str) -> None:
    with (root / "referit_test_imlist.txt").open("a") as file:
        file.write(f"{line}\n")
    assert complaint(root) == f"referit_test_imlist.txt, line 5: {problem}"


@pytest.mark.parametrize("name", [TRAIN, BOXES, SIZES])
def test_json_of_another_form_and_truncated_json_are_named(root: Path, name: str) -> None:
    content = (root / name).read_text()
    (root / name).write_text("[]")
    assert complaint(root) == f"{name}: expected an object, {{...}}, found a list"
    (root / name).write_text(content[:-9])
    assert complaint(root).startswith(f"{name}: not readable JSON")
