"""Sizes and boxes that no image has, in every kind of file."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from bottom_up_files import tsv_line, write_vocabulary
from flickr_folder import image_id, write_flickr_folder
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from layouts import FLICKR30K
from referit_folder import annotation_id, edit_instances, write_referit_folder

from sprm.corpus.detectors.bottom_up import BottomUpDetections
from sprm.corpus.detectors.released import ReleasedDetections
from sprm.corpus.pixels import LARGEST, check_boxes, check_size
from sprm.corpus.sources.flickr30k.annotations import read_annotation
from sprm.corpus.sources.referit.source import ReferitSource
from sprm.corpus.warnings import Tally
from sprm.errors import DataError
from sprm.settings import Rules

SHARES = [0.125, 0.25, 0.5, 1.0]
FIRST = image_id(0)


def xml(folder: Path, size: tuple[Any, Any] = (500, 375), box: list[Any] | None = None) -> None:
    corners = zip(("xmin", "ymin", "xmax", "ymax"), box or [1, 2, 3, 4], strict=True)
    inside = "".join(f"<{name}> {value} </{name}>" for name, value in corners)
    path = folder / "7.xml"
    path.write_text(
        f"<annotation><size><width> {size[0]} </width><height>{size[1]}</height></size>"
        f"<object><name> 1 </name><bndbox>{inside}</bndbox></object></annotation>"
    )
    read_annotation(path)


def released(folder: Path, size: tuple[Any, Any] | None = None, box: list[Any] | None = None) -> None:
    write_flickr_folder(folder)
    for name, change in (
        ("images_size", lambda found: found.update({FIRST: list(size)}) if size else None),
        ("detection_dict", lambda found: found[FIRST].update(bboxes=[box] * len(found[FIRST]["bboxes"])) if box else 0),
    ):
        path = folder / f"train_{name}.json"
        found = json.loads(path.read_text())
        change(found)
        path.write_text(json.dumps(found))
    ReleasedDetections(folder, "train", FLICKR30K, [FIRST])


def tsv(folder: Path, size: tuple[Any, Any] = (500, 375), box: list[Any] | None = None) -> None:
    write_vocabulary(folder, ["man"])
    boxes = np.array([box or [1, 2, 3, 4]])
    sides = {"img_w": str(size[0]).encode(), "img_h": str(size[1]).encode()}
    (folder / "one.tsv").write_bytes(tsv_line("7", boxes, np.ones((1, 4)), classes=[0], **sides))
    with BottomUpDetections(folder, ["7"]).part(["7"]) as part:
        part.find("7", Tally())


def referit(folder: Path, size: tuple[Any, Any] | None = None, box: list[Any] | None = None) -> None:
    write_referit_folder(folder)

    def spoil(content: dict[str, Any]) -> None:
        if size:
            content["images"][0].update(width=size[0], height=size[1])
        if box:
            next(one for one in content["annotations"] if one["id"] == annotation_id(0)).update(bbox=box)

    edit_instances(folder, spoil)
    ReferitSource(kind="referit", root=folder).annotations(Rules.corrected)


READERS = {
    "7.xml": xml,
    f"train_detection_dict.json, image {FIRST}": released,
    "one.tsv, line 1": tsv,
    f"instances.json, annotations, id {annotation_id(0)}": referit,
}
Reader = Callable[..., None]


@pytest.mark.parametrize("read", READERS.values())
def test_what_is_in_pixels_is_read_with_blanks_around_it_or_without(tmp_path: Path, read: Reader) -> None:
    read(tmp_path)


@pytest.mark.parametrize(("place", "read"), READERS.items())
def test_boxes_that_are_shares_of_the_images_size_are_refused_and_shown(
    tmp_path: Path, place: str, read: Reader
) -> None:
    told = f"{place}: expected boxes in pixels, found [0.125, 0.25, 0.5, 1], which looks like shares of the image"
    with pytest.raises(DataError, match=re.escape(told)):
        read(tmp_path, box=SHARES)


@pytest.mark.parametrize(("place", "read"), READERS.items())
def test_a_coordinate_beyond_any_image_is_refused_and_its_box_shown(tmp_path: Path, place: str, read: Reader) -> None:
    with pytest.raises(DataError, match=re.escape(place) + r".*found \[1, 2, 3, 2000001\]"):
        read(tmp_path, box=[1, 2, 3, 2 * LARGEST + 1])


@pytest.mark.parametrize("read", READERS.values())
@pytest.mark.parametrize("size", [(0, 375), (500, 0), (LARGEST + 1, 375)])
def test_a_size_that_no_image_has_is_refused_and_shown(tmp_path: Path, read: Reader, size: tuple[int, int]) -> None:
    told = rf"(in pixels, .*found {size[0]} and {size[1]}|whole number, found '{LARGEST + 1}')"
    with pytest.raises(DataError, match=told):
        read(tmp_path, size=size)


@pytest.mark.parametrize("read", [xml, released, referit])
def test_a_negative_size_is_refused_and_shown(tmp_path: Path, read: Reader) -> None:
    with pytest.raises(DataError, match="found -500 and 375"):
        read(tmp_path, size=(-500, 375))


@pytest.mark.parametrize("side", [None, "500", 500.0, True, 0, -1, LARGEST + 1])
def test_a_side_is_a_whole_number_of_pixels(side: object) -> None:
    for size in ((side, 375), (375, side)):
        with pytest.raises(DataError, match="expected width and height in pixels"):
            check_size(*size, Path("a.json"))


@given(arrays(np.float64, (3, 4), elements=st.floats(0, 1)))
def test_small_numbers_are_shares_unless_all_are_whole(boxes: np.ndarray) -> None:
    if np.isin(boxes, (0, 1)).all():
        check_boxes(boxes, "boxes", Path("a.json"))
        return
    with pytest.raises(DataError, match="shares of the image's size"):
        check_boxes(boxes, "boxes", Path("a.json"))
    check_boxes(np.concatenate([boxes, [[0, 0, 2, 2]]]), "boxes", Path("a.json"))
