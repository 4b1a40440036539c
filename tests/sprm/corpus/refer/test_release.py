"""The two files that refer publishes of a corpus when they are not what they should be."""

from __future__ import annotations

import math
import os
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from referit_folder import (
    INSTANCES,
    REFERENTS,
    annotation_id,
    edit_instances,
    edit_referents,
    image_id,
    referents,
    write_referit_folder,
)

from sprm.corpus.annotation import Annotations
from sprm.corpus.sources.referit.source import ReferitSource
from sprm.errors import DataError
from sprm.settings import Rules

FIRST = str(image_id(0))
LAUGHS = 6
"""Ten to the power of this, things that a pickle of some hundred bytes may seem to hold."""


def referit(root: Path) -> Annotations:
    return ReferitSource(kind="referit", root=root).annotations(Rules.corrected)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    write_referit_folder(tmp_path)
    return tmp_path


@pytest.mark.parametrize("name", [REFERENTS, INSTANCES])
def test_a_missing_file_is_named(root: Path, name: Path) -> None:
    (root / name).unlink()
    with pytest.raises(DataError, match="this file is missing") as caught:
        referit(root)
    assert caught.value.path == root / name


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ({"refs": []}, "expected a list of referents, found dict"),
        (None, "expected a list of referents, found None"),
        ("refs", "expected a list of referents, found 'refs'"),
        ([*referents(), 7], f"referent {len(referents())} of the list: expected a dict, found 7"),
        ([[]], "referent 0 of the list: expected a dict, found \\[\\]"),
        ([{}], "referent 0 of the list: ref_id should be a whole number, found None"),
    ],
)
def test_a_pickle_of_another_form_is_named(root: Path, value: object, problem: str) -> None:
    (root / REFERENTS).write_bytes(pickle.dumps(value))
    with pytest.raises(DataError, match=rf"refs\(berkeley\)\.p(, |: ){problem}"):
        referit(root)


@pytest.mark.parametrize("key", ["ref_id", "ann_id", "image_id", "category_id"])
@pytest.mark.parametrize("value", [None, "7", "../../x", 7.0, -1, True, 10**12, 10**400, [7], {}])
def test_a_number_that_is_none_is_named_with_its_referent(root: Path, key: str, value: object) -> None:
    edit_referents(root, lambda refs: refs[3].update({key: value}))
    with pytest.raises(DataError, match=rf"refs\(berkeley\)\.p, referent 3 .*: {key} should be a whole number, found"):
        referit(root)


@pytest.mark.parametrize("split", [None, "", "../../x", "testA", 3, ["train"], {}, b"train"])
def test_a_split_that_is_none_is_named_with_its_referent(root: Path, split: object) -> None:
    edit_referents(root, lambda refs: refs[3].update(split=split))
    with pytest.raises(DataError, match=r"refs\(berkeley\)\.p, ref_id 3: split should be train, val or test"):
        referit(root)


@pytest.mark.parametrize(
    "sentences", [None, [], {}, "the man", ["the man"], [{}], [{"raw": None}], [{"raw": "man"}, {"raw": b"man"}]]
)
def test_sentences_of_another_form_are_named_with_their_referent(root: Path, sentences: object) -> None:
    edit_referents(root, lambda refs: refs[3].update(sentences=sentences))
    with pytest.raises(DataError, match=r"refs\(berkeley\)\.p, ref_id 3: sentences should be a list of dicts"):
        referit(root)


def test_half_a_character_in_an_expression_is_named_with_its_referent(root: Path) -> None:
    edit_referents(root, lambda refs: refs[3].update(sentences=[{"raw": "man \ud83d"}]))
    with pytest.raises(DataError, match=r"refs\(berkeley\)\.p, ref_id 3: holds half of a character, \\ud83d"):
        referit(root)


def test_an_image_in_two_splits_is_named_with_both(root: Path) -> None:
    edit_referents(root, lambda refs: refs[1].update(split="test"))
    with pytest.raises(DataError, match=rf"ref_id 1: image {FIRST} is in train and in test; splits must not share"):
        referit(root)


def test_a_referent_that_is_there_twice_is_named(root: Path) -> None:
    edit_referents(root, lambda refs: refs[1].update(ref_id=0))
    with pytest.raises(DataError, match="ref_id 0: this referent appears twice"):
        referit(root)


def test_an_empty_split_is_named(root: Path) -> None:
    edit_referents(root, lambda refs: [ref.update(split="train") for ref in refs])
    with pytest.raises(DataError, match=r"refs\(berkeley\)\.p: the split val is empty"):
        referit(root).image_ids("val")


class Attack:
    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, ("attacked",)


@pytest.mark.parametrize("nest", [lambda one: one, lambda one: [one], lambda one: [{"ref_id": 1, "sentences": [one]}]])
@pytest.mark.parametrize("protocol", [0, 2, 4])
def test_a_pickle_that_would_run_code_is_refused_and_does_not_run(
    root: Path, monkeypatch: pytest.MonkeyPatch, nest: Callable[[object], object], protocol: int
) -> None:
    monkeypatch.chdir(root)
    (root / REFERENTS).write_bytes(pickle.dumps(nest(Attack()), protocol=protocol))
    with pytest.raises(DataError, match=r"refs\(berkeley\)\.p: .* it asks for (posix|nt)\.mkdir"):
        referit(root)
    assert not Path("attacked").exists()


@pytest.mark.parametrize(
    ("module", "name"), [("builtins", "set.__class__"), ("builtins", "eval"), ("os", "path.os.system"), ("", "")]
)
def test_a_global_behind_another_is_refused_by_its_whole_name(root: Path, module: str, name: str) -> None:
    texts = b"".join(pickle.SHORT_BINUNICODE + bytes([len(text)]) + text.encode() for text in (module, name))
    content = pickle.PROTO + b"\x04" + texts + pickle.STACK_GLOBAL + pickle.EMPTY_TUPLE + pickle.REDUCE + pickle.STOP
    (root / REFERENTS).write_bytes(content)
    with pytest.raises(DataError, match=rf"refs\(berkeley\)\.p: .* it asks for {module}\.{name}"):
        referit(root)


def test_a_pickle_that_nests_without_end_is_an_error_like_any_other(root: Path) -> None:
    # Python's own pickler cannot write it: so many lists are opened, and each put into the one before.
    key = pickle.SHORT_BINUNICODE + b"\x06ref_id"
    nested = pickle.EMPTY_LIST * 100_000 + pickle.APPEND * 99_999
    row = pickle.EMPTY_DICT + key + nested + pickle.SETITEM
    (root / REFERENTS).write_bytes(pickle.PROTO + b"\x04" + pickle.EMPTY_LIST + row + pickle.APPEND + pickle.STOP)
    with pytest.raises(DataError, match=r"refs\(berkeley\)\.p, referent 0 of the list: ref_id should be"):
        referit(root)


def test_a_small_pickle_that_seems_to_hold_millions_of_things_is_told_in_few_words(root: Path) -> None:
    value: list[Any] = ["ha"] * 10
    for _ in range(LAUGHS - 1):
        value = [value] * 10
    edit_referents(root, lambda refs: refs[3].update(ref_id=value))
    assert (root / REFERENTS).stat().st_size < 100_000
    with pytest.raises(DataError, match="ref_id should be a whole number") as caught:
        referit(root)
    assert len(str(caught.value)) < 1_000


@pytest.mark.parametrize("key", ["ref_id", "split"])
def test_a_number_too_long_to_be_printed_is_an_error_like_any_other(root: Path, key: str) -> None:
    edit_referents(root, lambda refs: refs[3].update({key: 10**5_000}))
    with pytest.raises(DataError, match=rf"refs\(berkeley\)\.p, .*: {key} should be"):
        referit(root)


def test_an_image_that_is_missing_from_the_json_is_named(root: Path) -> None:
    edit_instances(root, lambda content: content["images"].pop(0))
    problem = rf"instances\.json: image {FIRST}, of refs\(berkeley\)\.p, is not among the images"
    with pytest.raises(DataError, match=problem):
        referit(root)


def test_an_annotation_that_is_missing_is_named_with_who_refers_to_it(root: Path) -> None:
    edit_instances(root, lambda content: content["annotations"].pop(2))
    problem = rf"instances\.json, annotations, id {annotation_id(2)}: ref_id 2 refers to it, and it is missing"
    with pytest.raises(DataError, match=problem):
        referit(root)


def test_a_category_that_is_missing_is_named_with_its_referent(root: Path) -> None:
    edit_instances(root, lambda content: content["categories"].clear())
    with pytest.raises(DataError, match=r"instances\.json, categories: category \d+ of ref_id 0 is missing"):
        referit(root)


def test_an_annotation_of_another_image_is_named_with_both(root: Path) -> None:
    edit_instances(root, lambda content: content["annotations"][2].update(image_id=image_id(5)))
    problem = (
        rf"annotations, id {annotation_id(2)}: belongs to image {image_id(5)}, and ref_id 2 to image {image_id(1)}"
    )
    with pytest.raises(DataError, match=problem):
        referit(root)


@pytest.mark.parametrize(
    "bbox",
    [None, [], [1, 2, 3], [1, 2, 3, 4, 5], [[1, 2, 3, 4]], "1234", list("abcd"), [1, 2, 3, None], [1, 2, 3, 1e9]],
)  # fmt: skip
def test_a_box_that_is_none_is_named_with_its_annotation(root: Path, bbox: object) -> None:
    edit_instances(root, lambda content: content["annotations"][2].update(bbox=bbox))
    problem = rf"instances\.json, annotations, id {annotation_id(2)}: bbox should be \[x, y, width, height\] in pixels"
    with pytest.raises(DataError, match=problem):
        referit(root)


def test_numbers_in_quotes_are_no_box(root: Path) -> None:
    edit_instances(root, lambda content: content["annotations"][2].update(bbox=["1", "2", "3", "4"]))
    with pytest.raises(DataError, match=r"bbox should be \[x, y, width, height\] in pixels"):
        referit(root)


@pytest.mark.parametrize("bbox", [[1, 2, -3, 4], [1, 2, 3, -4.5]])
def test_a_box_of_negative_width_or_height_is_named(root: Path, bbox: list[float]) -> None:
    edit_instances(root, lambda content: content["annotations"][2].update(bbox=bbox))
    with pytest.raises(DataError, match=rf"annotations, id {annotation_id(2)}: the box .* ends before it starts"):
        referit(root)


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_numbers_that_json_does_not_have_are_refused(root: Path, number: float) -> None:
    edit_instances(root, lambda content: content["annotations"][2].update(bbox=[1, 2, 3, number]))
    with pytest.raises(DataError, match=r"instances\.json: not readable JSON"):
        referit(root)


@pytest.mark.parametrize("number", ["1e999", "9" * 400, "9" * 5_000])
def test_numbers_of_any_length_are_no_box(root: Path, number: str) -> None:
    edit_instances(root, lambda content: content["annotations"][2].update(bbox=[1, 2, 3, 4_321]))
    path = root / INSTANCES
    path.write_text(path.read_text().replace("4321", number))
    with pytest.raises(DataError, match=r"instances\.json(, annotations, id \d+)?: (not readable JSON|bbox should be)"):
        referit(root)


@pytest.mark.parametrize("size", [(None, 375), (500, 0), (-1, 375), ("500", 375), (500.5, 375), (10**7, 375)])
def test_a_size_that_is_none_is_named_with_its_image(root: Path, size: tuple[object, object]) -> None:
    edit_instances(root, lambda content: content["images"][0].update(width=size[0], height=size[1]))
    with pytest.raises(DataError, match=rf"instances\.json, images, id {FIRST}: expected width and height in pixels"):
        referit(root)


@pytest.mark.parametrize("name", [None, "", "  ", 7, ["man"]])
def test_a_category_without_a_name_is_named(root: Path, name: object) -> None:
    edit_instances(root, lambda content: content["categories"][0].update(name=name))
    with pytest.raises(DataError, match=r"instances\.json, categories, id 1: expected a name, found"):
        referit(root)


@pytest.mark.parametrize("key", ["images", "annotations", "categories"])
@pytest.mark.parametrize("number", [None, "../../x", 1.5, -1, True])
def test_an_id_that_is_no_number_is_named_with_its_list(root: Path, key: str, number: object) -> None:
    edit_instances(root, lambda content: content[key][0].update(id=number))
    with pytest.raises(DataError, match=rf"instances\.json, {key}: id should be a whole number, found"):
        referit(root)


@pytest.mark.parametrize("key", ["images", "annotations", "categories"])
@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ({}, "expected a list"),
        ("none", "expected a list"),
        ([7], "expected objects, found 7"),
        ([[]], "expected objects"),
    ],
)
def test_a_list_of_another_form_is_named(root: Path, key: str, value: object, problem: str) -> None:
    edit_instances(root, lambda content: content.update({key: value}))
    with pytest.raises(DataError, match=rf"instances\.json, {key}: {problem}"):
        referit(root)


def test_two_annotations_of_one_id_that_contradict_each_other_are_named(root: Path) -> None:
    edit_instances(
        root, lambda content: content["annotations"].append({**content["annotations"][2], "bbox": [1, 2, 3, 4]})
    )
    with pytest.raises(DataError, match=rf"annotations, id {annotation_id(2)}"):
        referit(root)


def test_two_images_of_one_id_that_contradict_each_other_are_named(root: Path) -> None:
    edit_instances(root, lambda content: content["images"].append({**content["images"][0], "width": 499}))
    with pytest.raises(DataError, match=rf"images, id {FIRST}"):
        referit(root)


def test_two_categories_of_one_id_that_contradict_each_other_are_named(root: Path) -> None:
    edit_instances(root, lambda content: content["categories"].append({"id": 1, "name": "something else"}))
    with pytest.raises(DataError, match="categories, id 1"):
        referit(root)


@pytest.mark.parametrize("share", [0.0, 0.01, 0.3, 0.9, 0.9999])
def test_truncated_json_is_named(root: Path, share: float) -> None:
    path = root / INSTANCES
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    with pytest.raises(DataError, match=r"instances\.json: not readable JSON"):
        referit(root)


@pytest.mark.parametrize("share", [0.0, 0.01, 0.3, 0.9, 0.9999])
def test_a_truncated_pickle_is_named(root: Path, share: float) -> None:
    path = root / REFERENTS
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    with pytest.raises(DataError, match=r"refs\(berkeley\)\.p: not a pickle that can be read"):
        referit(root)
