"""Files of plain captions in each form, and what is refused in them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from captions_folder import coco, plain_captions, write_captions

from sprm.corpus.sources.captions.caption_files import CaptionedImage, CocoNames, read_captions
from sprm.corpus.warnings import Tally
from sprm.errors import DataError


def read(path: Path, names: CocoNames = "id") -> dict[str, CaptionedImage]:
    return read_captions(path, names, Tally())


@pytest.mark.parametrize("ending", [".json", ".jsonl", ".csv", ".CSV"])
def test_images_have_the_captions_of_the_file_in_its_order(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"captions{ending.lower()}"
    write_captions(path, "train")
    images = read(path.rename(tmp_path / f"captions{ending}"))
    assert [(name, text) for name, image in images.items() for text in image.captions.values()] == plain_captions(
        "train"
    )
    assert len({sentence for image in images.values() for sentence in image.captions}) == len(plain_captions("train"))


def test_images_of_coco_are_called_by_id_or_by_file_and_have_sizes(tmp_path: Path) -> None:
    content = coco("train")
    for image in content["images"]:
        image["file_name"] = f"train2014/COCO_train2014_{image['id']:012}.jpg"
    path = tmp_path / "captions.json"
    path.write_text(json.dumps(content))
    by_id, by_file = read(path), read(path, "file")
    assert list(by_file) == [f"COCO_train2014_{int(name):012}" for name in by_id]
    assert {image.size for image in by_id.values()} == {(500, 375)}


def test_a_file_name_in_place_of_an_id_loses_its_ending_and_lines_may_tell_sizes(tmp_path: Path) -> None:
    path = tmp_path / "captions.jsonl"
    lines = [
        {"image": "beach-1.JPG", "caption": "Sea."},
        {"image": "beach-1", "caption": "A sea .", "width": 4, "height": 3},
        {"image": 7, "caption": "A caf\N{LATIN SMALL LETTER E WITH ACUTE}\u2028here"},
    ]
    path.write_text("\n\n".join(json.dumps(line, ensure_ascii=False) for line in lines), encoding="utf-8")
    images = read(path)
    assert {name: image.size for name, image in images.items()} == {"beach-1": (4, 3), "7": None}
    assert images["beach-1"].captions == {"beach-1#0": "Sea.", "beach-1#1": "A sea ."}


@pytest.mark.parametrize(
    ("ending", "content"),
    [(".jsonl", b'{"image": "a", "caption": "caf\xe9"}'), (".csv", b"image,caption\na,caf\xe9\n")],
)
def test_what_is_no_utf_8_is_read_as_a_stray_character_and_counted(tmp_path: Path, ending: str, content: bytes) -> None:
    path, tally = tmp_path / f"captions{ending}", Tally()
    path.write_bytes(content)
    assert read_captions(path, "id", tally)["a"].captions == {"a#0": "caf�"}
    assert [(warning.kind, warning.count) for warning in tally.warnings()] == [
        ("stray characters in captions, read as �", 1)
    ]


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("c.jsonl", '{"image": "a", "caption": "b"}\n\n{"image": "a"', "line 3: not readable JSON"),
        ("c.jsonl", '{"image": "a", "caption": "b"}\n[]', "line 2: expected an object"),
        ("c.jsonl", '{"image": "a"}', "line 1: caption should be a text, found None"),
        ("c.jsonl", '{"caption": "b"}', "line 1: image should be an image id, found None"),
        ("c.jsonl", '{"image": true, "caption": "b"}', "line 1: image should be an image id, found True"),
        ("c.jsonl", '{"image": "../x.jpg", "caption": "b"}', r"line 1: '\.\./x' is not an image id"),
        ("c.jsonl", '{"image": "a", "caption": "b", "width": 3}', "line 1: expected width and height in pixels"),
        (
            "c.jsonl",
            '{"image": "a", "caption": "b", "width": 3, "height": 3}\n'
            '{"image": "a", "caption": "b", "width": 4, "height": 3}',
            "line 2: its image is 4 by 3 pixels, and 3 by 3 in a line before",
        ),
        ("c.jsonl", json.dumps({"image": "a", "caption": "b" * 5001}), "line 1: a caption of 5,001 characters"),
        ("c.jsonl", "[" * 100_000, "line 1: not readable JSON"),
        ("c.jsonl", r'{"image": "a", "caption": "\ud83d dog"}', r"line 1: holds half of a character, \\ud83d"),
        ("c.jsonl", "\n", "contains no caption"),
        ("c.csv", "image;caption\na;b\n", "line 1: expected a first line with the columns image and caption"),
        ("c.csv", "", "line 1: expected a first line with the columns image and caption"),
        ("c.csv", "image,caption\na,b\na,b, c\n", "line 3: expected 2 columns"),
        ("c.csv", "image,caption\na\n", "line 2: expected 2 columns"),
        ("c.csv", 'image,caption\na,"b\nc" d\n', "line 3: not readable CSV"),
        ("c.csv", "image,caption\n,b\n", "line 2: '' is not an image id"),
        ("c.csv", "image,caption\n", "contains no caption"),
        (
            "c.txt",
            "image,caption\na,b\n",
            r"expected captions in a file that ends in \.json, \.jsonl, \.csv, found '\.txt'",
        ),
        ("c.json", "[]", "expected an object"),
        ("c.json", "{", "not readable JSON"),
        ("c.json", '{"images": []}', "contains no caption"),
        ("c.json", '{"images": {}}', "images: expected a list"),
    ],
)
def test_another_form_is_named_with_its_line(tmp_path: Path, name: str, content: str, problem: str) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(DataError, match=f"{name}(, |: ){problem}"):
        read(tmp_path / name)


def twice(name: str) -> Callable[[dict[str, Any]], None]:
    return lambda content: content[name].append(content[name][0])


def another(name: str, **values: object) -> Callable[[dict[str, Any]], None]:
    return lambda content: content[name][0].update(values)


def without(name: str, key: str) -> Callable[[dict[str, Any]], None]:
    return lambda content: content[name][0].pop(key)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (twice("images"), "images, id 100200300: this id appears twice"),
        (twice("annotations"), "annotations, id 7: this id appears twice"),
        (without("images", "id"), "images: expected objects with an id, found None"),
        (without("annotations", "caption"), "annotations, id 7: caption should be a text, found None"),
        (without("annotations", "image_id"), "annotations, id 7: its image_id None is not among the images"),
        (another("annotations", image_id=5), "annotations, id 7: its image_id 5 is not among the images"),
        (another("annotations", image_id=[5]), r"annotations, id 7: its image_id \[5\] is not among the images"),
        (another("images", width="500"), "images, id 100200300: expected width and height in pixels"),
        (another("images", id="a b"), "images, id a b: 'a b' is not an image id"),
        (lambda content: content["images"].insert(0, 5), "images: expected objects with an id, found 5"),
    ],
)
def test_captions_of_coco_that_contradict_themselves_are_named(
    tmp_path: Path, change: Callable[[dict[str, Any]], None], problem: str
) -> None:
    content = coco("train")
    change(content)
    path = tmp_path / "captions.json"
    path.write_text(json.dumps(content))
    with pytest.raises(DataError, match=rf"captions\.json, {problem}"):
        read(path)


def test_files_of_coco_that_share_a_name_are_named(tmp_path: Path) -> None:
    content = coco("train")
    content["images"][1]["file_name"] = f"other/{content['images'][0]['file_name']}"
    path = tmp_path / "captions.json"
    path.write_text(json.dumps(content))
    with pytest.raises(DataError, match="image 100200300 appears more than once"):
        read(path, "file")
    content["images"][0]["file_name"] = None
    path.write_text(json.dumps(content))
    with pytest.raises(DataError, match="images, id 100200300: file_name should be a name, found None"):
        read(path, "file")
