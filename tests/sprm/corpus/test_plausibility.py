"""Boxes and classes that can be read and that no detector gives: each fault is made in files, and told."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from bottom_up_files import ANDERSON, LXMERT, write_bottom_up_files
from flickr_folder import SIZE, SPLITS
from layouts import FLICKR30K

from sprm.corpus.box_matches import match_boxes
from sprm.corpus.build.prepare import prepare
from sprm.corpus.dataset import PLAUSIBILITY, Dataset, open_dataset
from sprm.corpus.doubts import doubts
from sprm.corpus.plausibility import Plausibility, SplitPlausibility
from sprm.corpus.sources.flickr30k.source import Flickr30kSource
from sprm.errors import IntegrityError
from sprm.evaluation.outcomes import best_box, random_box
from sprm.settings import Rules

Change = Callable[[np.ndarray], np.ndarray]


def build(root: Path, **source: Any) -> Dataset:
    files = Flickr30kSource(kind="flickr30k", root=root, **source)
    return open_dataset(prepare(files, Rules.corrected, root.parent / "cache", progress=lambda *_: None, workers=1))


def change_boxes(root: Path, change: Change) -> None:
    """Change the boxes of all images in the JSON and in the HDF5 files."""
    for split in SPLITS:
        path = root / f"{split}_detection_dict.json"
        found = json.loads(path.read_text())
        for entry in found.values():
            entry["bboxes"] = change(np.array(entry["bboxes"])).tolist()
        path.write_text(json.dumps(found))
        with h5py.File(root / f"{split}_features_compress.hdf5", "r+") as file:
            file["bboxes"][:] = change(file["bboxes"][:].astype(np.float64))


def as_shares_that_round_beyond_1(boxes: np.ndarray) -> np.ndarray:
    return boxes / np.tile(SIZE, 2) + np.array([0, 0, 0, 0.01])


def as_width_and_height(boxes: np.ndarray) -> np.ndarray:
    return np.concatenate([boxes[:, :2], boxes[:, 2:] - boxes[:, :2]], axis=1)


def test_sound_files_raise_no_doubt(dataset: Dataset) -> None:
    found = dataset.plausibility
    assert doubts(found) == []
    assert found.classes == len(
        {name for split in (dataset.train, dataset.val, dataset.test) for name in split.label_names}
    )
    assert (found.vocabulary, found.unseen, found.first_unseen) == (None, None, None)


def test_bounds_are_those_of_the_systems_that_stand_for_them(dataset: Dataset) -> None:
    found = dataset.plausibility.splits
    for name in ("val", "test"):
        matches = match_boxes(dataset.corpus(name), Rules.corrected)
        assert found[name].upper_bound == best_box(matches).accuracy
        assert found[name].chance == random_box(matches).accuracy
    assert (found["train"].upper_bound, found["train"].chance) == (None, None)
    assert found["train"].regions_an_image == len(dataset.train.boxes) / len(dataset.train.images)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (
            as_shares_that_round_beyond_1,
            "100.0 % of the boxes are under 2 pixels wide or high; perhaps they are",
        ),
        (as_width_and_height, "of the boxes have no area; perhaps they are x, y, width, height"),
        (
            lambda boxes: 3 * boxes,
            "of the boxes reach outside their image; perhaps they belong to images of another scale",
        ),
        (lambda boxes: boxes / 4, "of the phrases have a box that overlaps their target"),
    ],
)
def test_boxes_of_another_unit_form_or_scale_are_told_with_what_may_cause_them(
    flickr_folder: Path, change: Change, told: str
) -> None:
    change_boxes(flickr_folder, change)
    found = doubts(build(flickr_folder).plausibility)
    assert any(told in line for line in found)
    assert all(line.partition(": ")[0] in SPLITS for line in found)


def shift_classes(root: Path, by: int) -> None:
    for path in root.glob("*.tsv"):
        rows = [line.split(b"\t") for line in path.read_bytes().splitlines()]
        for row in rows:
            ids = np.frombuffer(base64.b64decode(row[3]), dtype="<i8") + by
            row[3] = base64.b64encode(ids.tobytes())
        path.write_bytes(b"".join(b"\t".join(row) + b"\n" for row in rows))


@pytest.mark.parametrize("first", ["airplane", "__background__"])
def test_class_ids_counted_from_1_are_told_unless_class_0_is_the_background(flickr_folder: Path, first: str) -> None:
    write_bottom_up_files(flickr_folder, FLICKR30K, columns=LXMERT)
    path = flickr_folder / "objects_vocab.txt"
    names = path.read_text().split()
    assert doubts(build(flickr_folder, detections="tsv").plausibility) == []
    path.write_text("\n".join([first, *names]))
    shift_classes(flickr_folder, by=1)
    dataset = build(flickr_folder, detections="tsv")
    assert dataset.plausibility.vocabulary == len(names) + 1
    told = doubts(dataset.plausibility)
    if first == "airplane":
        (line,) = told
        assert line.startswith("class 0 of the vocabulary, 'airplane', never occurs; ids count from 0")
        assert line.endswith("the most frequent one, 'sky', would in truth be 'shirt'")
    else:
        assert told == []


def test_files_without_classes_say_nothing_of_the_vocabulary(flickr_folder: Path) -> None:
    write_bottom_up_files(flickr_folder, FLICKR30K, columns=ANDERSON)
    found = build(flickr_folder, detections="tsv").plausibility
    assert (found.vocabulary, found.unseen, found.first_unseen) == (None, None, None)
    assert doubts(found) == ["all boxes have the same label, so the prior cannot tell them apart"]


def made(**changes: Any) -> Plausibility:
    figures = {"regions_an_image": 36, "thin": 0, "without_area": 0, "outside": 0, "upper_bound": 0.8, "chance": 0.07}
    of_split = {name: value for name, value in changes.items() if name in figures}
    of_corpus = {name: value for name, value in changes.items() if name not in figures}
    split = SplitPlausibility.model_validate({**figures, **of_split})
    known = {"regions": 32_000, "classes": 900, "vocabulary": 1_600, "unseen": 700, **of_corpus}
    return Plausibility.model_validate({"splits": {"test": split}, **known})


@pytest.mark.parametrize(
    ("bound", "changes"),
    [
        ({"thin": 0.2}, {"thin": 0.21}),
        ({"without_area": 0.1}, {"without_area": 0.11}),
        ({"outside": 0.2}, {"outside": 0.21}),
        ({"upper_bound": 0.3}, {"upper_bound": 0.29}),
        ({"chance": 0.5}, {"chance": 0.51}),
        ({"regions_an_image": 2}, {"regions_an_image": 1.9}),
        ({"regions_an_image": 1_000}, {"regions_an_image": 1_001}),
        ({"classes": 2}, {"classes": 1}),
        ({"unseen": 1_500}, {"unseen": 1_500, "regions": 32_001}),
    ],
)
def test_a_figure_on_its_bound_is_fine_and_one_beyond_is_told(bound: dict[str, Any], changes: dict[str, Any]) -> None:
    assert doubts(made(**bound)) == []
    assert len(doubts(made(**changes))) == 1


def test_a_spoiled_record_is_named(flickr_folder: Path) -> None:
    dataset = build(flickr_folder)
    (dataset.folder / PLAUSIBILITY).write_text("{}")
    with pytest.raises(IntegrityError, match=r"plausibility\.json: the content has changed"):
        _ = dataset.plausibility
