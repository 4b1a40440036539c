from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from layouts import FLICKR30K

from sprm.corpus.detection import tally_boxes
from sprm.corpus.detectors.released import ReleasedDetections
from sprm.corpus.warnings import Tally
from sprm.errors import DataError

BOXES = {"9": [[1.0, 2.0, 30.0, 40.0], [5.5, 5.0, 8.0, 9.0]], "4": [[10.0, 10.0, 20.0, 20.0]]}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Two images, whose rows come in another order than their ids."""
    classes = {"9": ["man", "stop sign,stopsign"], "4": ["dog"]}
    found = {name: {"bboxes": boxes, "classes": classes[name]} for name, boxes in BOXES.items()}
    (tmp_path / "val_detection_dict.json").write_text(json.dumps(found))
    (tmp_path / "val_images_size.json").write_text(json.dumps({"9": [60, 50], "4": [40, 30]}))
    (tmp_path / "val_imgid2idx.pkl").write_bytes(pickle.dumps({4: 0, 9: 1}, protocol=3))
    write_features(tmp_path, features=np.arange(12, dtype=np.float32).reshape(3, 4))
    return tmp_path


def write_features(root: Path, **tables: Any) -> None:
    content = {"bboxes": np.array([*BOXES["4"], *BOXES["9"]]), "pos_bboxes": np.array([[0, 1], [1, 3]]), **tables}
    with h5py.File(root / "val_features_compress.hdf5", "w") as file:
        for name, values in content.items():
            file.create_dataset(name, data=values, chunks=True, compression="gzip")


def edit(root: Path, name: str, change: Callable[[dict[str, Any]], object]) -> None:
    path = root / f"val_{name}.json"
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))


def find(root: Path, image_id: str = "9") -> tuple[Any, dict[str, int]]:
    tally = Tally()
    with ReleasedDetections(root, "val", FLICKR30K, [image_id]).part([image_id]) as part:
        found = part.find(image_id, tally)
    if found is not None:
        tally_boxes(image_id, found.width, found.height, found.boxes, tally)
    return found, {warning.kind: warning.count for warning in tally.warnings()}


def test_boxes_classes_and_features_of_an_image_stand_side_by_side(root: Path) -> None:
    found, warnings = find(root)
    assert (found.width, found.height) == (60, 50)
    assert found.boxes.tolist() == BOXES["9"]
    assert found.class_names == ["man", "stop sign,stopsign"]
    assert found.features.tolist() == [[4, 5, 6, 7], [8, 9, 10, 11]]
    assert warnings == {}
    assert find(root, "4")[0].features.tolist() == [[0, 1, 2, 3]]


@pytest.mark.parametrize("entry", [None, {}, {"bboxes": [], "classes": []}])
def test_an_image_in_which_nothing_was_detected_is_no_error(root: Path, entry: object) -> None:
    edit(root, "detection_dict", lambda found: found.update({"9": entry}))
    assert find(root)[0] is None
    assert find(root, "77")[0] is None


@pytest.mark.parametrize(
    ("box", "warning"),
    [
        ([30.0, 10.0, 20.0, 20.0], "detected boxes without an area"),
        ([10.0, 10.0, 10.0, 20.0], "detected boxes without an area"),
        ([10.0, 10.0, 62.0, 20.0], "detected boxes that reach outside their image"),
        ([-2.0, 10.0, 20.0, 20.0], "detected boxes that reach outside their image"),
        ([-1.0, 10.0, 61.0, 51.0], None),
    ],
)
def test_an_odd_box_is_kept_as_it_was_released_and_counted(root: Path, box: list[float], warning: str | None) -> None:
    edit(root, "detection_dict", lambda found: found["9"]["bboxes"].__setitem__(1, box))
    with h5py.File(root / "val_features_compress.hdf5", "r+") as file:
        file["bboxes"][2] = box
    found, warnings = find(root)
    assert found.boxes[1].tolist() == box
    assert warnings == ({warning: 1} if warning else {})


def test_boxes_that_differ_between_the_two_files_are_counted(root: Path) -> None:
    with h5py.File(root / "val_features_compress.hdf5", "r+") as file:
        file["bboxes"][2] += 0.5
    assert find(root)[1] == {}
    with h5py.File(root / "val_features_compress.hdf5", "r+") as file:
        file["bboxes"][2] = file["bboxes"][1]
    assert find(root)[1] == {"images whose boxes differ between the JSON and the HDF5 file": 1}


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda found: found["9"]["classes"].pop(), "2 boxes, but 1 classes"),
        (lambda found: found["9"].pop("classes"), "2 boxes, but no classes"),
        (lambda found: found["9"].update(classes=["man", 7]), "classes should be a list of names"),
        (lambda found: found["9"].update(bboxes=[[1, 2, 3], [1, 2, 3]]), "bboxes should be a list of four numbers"),
        (lambda found: found["9"].update(bboxes=[[1, 2, 3, 4], [1, 2]]), "bboxes should be a list of four numbers"),
        (lambda found: found["9"].update(bboxes=[[1, 2, 3, 1e300]] * 2), "bboxes should be a list of four"),
        (lambda found: found["9"].update(bboxes="none"), "bboxes should be a list of four numbers"),
        (lambda found: found.update({"9": [1, 2]}), "expected an object with bboxes and classes"),
    ],
)
def test_a_malformed_entry_is_named_with_its_image(root: Path, change: Callable[..., object], problem: str) -> None:
    edit(root, "detection_dict", change)
    with pytest.raises(DataError, match=rf"val_detection_dict\.json, image 9: {problem}"):
        find(root)


def test_blanks_around_ids_and_class_names_do_not_count(root: Path) -> None:
    def spoil(found: dict[str, Any]) -> None:
        found[" 9 "] = found.pop("9")
        found[" 9 "]["classes"] = ["man ", "\tman"]

    edit(root, "detection_dict", spoil)
    edit(root, "images_size", lambda sizes: sizes.update({"9 ": sizes.pop("9")}))
    found, _ = find(root)
    assert found.class_names == ["man", "man"]
    assert (found.width, found.height) == (60, 50)


def test_images_that_no_split_lists_and_classes_without_a_name_are_counted(root: Path) -> None:
    edit(root, "detection_dict", lambda found: found.update({"5": None, "6": None}))
    edit(root, "detection_dict", lambda found: found["9"].update(classes=["man", " "]))
    told = ReleasedDetections(root, "val", FLICKR30K, ["9", "4"], others=["6"]).passed_over("val")
    assert [(warning.kind, warning.count, warning.examples) for warning in told] == [
        ("regions whose class has no name", 1, ["9"]),
        ("images of val_detection_dict.json that no split lists", 1, ["5"]),
    ]


@pytest.mark.parametrize("size", [None, [60], [60, 0], [60, "50"], 60, [10**12, 5]])
def test_a_size_that_is_none_is_named(root: Path, size: object) -> None:
    edit(root, "images_size", lambda sizes: sizes.update({"9": size}))
    with pytest.raises(DataError, match=r"val_images_size\.json, image 9: expected \[?width(,| and) height"):
        find(root)


@pytest.mark.parametrize("rows", [{4: 0}, {4: 0, 9: 2}, {4: 0, 9: -1}, {4: 0, 9: "1"}])
def test_a_row_that_is_not_there_is_named(root: Path, rows: dict[int, object]) -> None:
    (root / "val_imgid2idx.pkl").write_bytes(pickle.dumps(rows, protocol=3))
    with pytest.raises(DataError, match=r"val_imgid2idx\.pkl, image 9: (expected a row of pos_bboxes, 0 to 1|is not)"):
        find(root)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e6])
def test_a_feature_that_float16_cannot_hold_is_named_with_its_image(root: Path, value: float) -> None:
    features = np.ones((3, 4), dtype=np.float32)
    features[2, 1] = value
    write_features(root, features=features)
    assert find(root, "4")[0] is not None
    with pytest.raises(DataError, match=r"val_features_compress\.hdf5, image 9: a feature is not finite, or too large"):
        find(root)


@pytest.mark.parametrize(
    ("tables", "problem"),
    [
        ({"features": np.ones(3)}, "features should be a table of numbers"),
        ({"features": np.array([[b"a"], [b"b"]])}, "features should be a table of numbers"),
        ({"features": np.ones((2, 4))}, r"expected bboxes \(2, 4\), found \(3, 4\)"),
        ({"features": np.ones((2, 4)), "bboxes": np.ones((2, 4))}, "image 9: rows 1 to 3 of 2 features, for 2 boxes"),
        ({"features": np.ones((3, 4)), "pos_bboxes": np.array([[0, 1, 2]])}, "expected pos_bboxes"),
        ({"features": np.ones((3, 4)), "pos_bboxes": np.array([[0, 1], [2, 1]])}, "image 9: rows 2 to 1"),
        ({"pos_bboxes": np.array([[0, 1]])}, "contains no readable features"),
    ],
)
def test_a_feature_file_of_another_form_is_named(root: Path, tables: dict[str, Any], problem: str) -> None:
    write_features(root, **tables)
    with pytest.raises(DataError, match=rf"val_features_compress\.hdf5(, |: ){problem}"):
        find(root)


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.99])
def test_a_truncated_feature_file_is_named(root: Path, share: float) -> None:
    path = root / "val_features_compress.hdf5"
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    with pytest.raises(DataError, match=r"val_features_compress\.hdf5: not a readable HDF5 file"):
        find(root)


def test_a_link_that_leads_through_another_to_another_file_is_not_followed(root: Path, tmp_path: Path) -> None:
    with h5py.File(tmp_path / "other.h5", "w") as other:
        other["features"] = np.ones((3, 4), dtype=np.float32)
    with h5py.File(root / "val_features_compress.hdf5", "r+") as file:
        del file["features"]
        file["elsewhere"] = h5py.ExternalLink("other.h5", "/")
        file["features"] = h5py.SoftLink("/elsewhere/features")
    with pytest.raises(DataError, match="features should be a table of numbers"):
        find(root)


def test_tables_that_claim_to_be_unpacked_to_more_than_the_memory_are_refused(root: Path) -> None:
    path = root / "val_features_compress.hdf5"
    with h5py.File(path, "r+") as file:
        del file["features"]
        file.create_dataset("features", shape=(300_000, 2048), chunks=(300_000, 2048), dtype="f4", compression="gzip")
    with pytest.raises(DataError, match=r"features is packed in chunks of 2,457,600,000 bytes"):
        find(root)
    write_features(root, features=np.ones((3, 4), dtype=np.float32))
    with h5py.File(path, "r+") as file:
        del file["pos_bboxes"]
        file.create_dataset("pos_bboxes", shape=(2 * 10**8, 2), dtype="i1", chunks=(1000, 2))
    with pytest.raises(DataError, match=r"pos_bboxes claims 200,000,000 images"):
        find(root)


def test_a_group_in_place_of_a_table_is_named(root: Path) -> None:
    with h5py.File(root / "val_features_compress.hdf5", "r+") as file:
        del file["features"]
        file.create_group("features")
    with pytest.raises(DataError, match="features should be a table of numbers"):
        find(root)


def test_scores_stand_beside_the_boxes_where_the_file_has_them(root: Path) -> None:
    assert find(root)[0].scores is None
    edit(root, "detection_dict", lambda found: found["9"].update(scores=[0.75, 0.5]))
    edit(root, "detection_dict", lambda found: found["4"].update(scores=[1]))
    assert find(root)[0].scores.tolist() == [0.75, 0.5]
    assert find(root, "4")[0].scores.tolist() == [1.0]


@pytest.mark.parametrize(
    ("scores", "problem"),
    [
        ([0.5], "2 boxes, but 1 scores"),
        (0.5, "2 boxes, but no list of scores: 0.5"),
        (None, "2 boxes, but no list of scores: None"),
        ([0.5, 1.01], "a score should be a number from 0 to 1, found 1.01"),
        ([-0.1, 0.5], "a score should be a number from 0 to 1, found -0.1"),
        ([0.5, "0.5"], "a score should be a number from 0 to 1, found '0.5'"),
        ([0.5, True], "a score should be a number from 0 to 1, found True"),
    ],
)
def test_scores_that_are_none_are_refused_with_their_image(root: Path, scores: object, problem: str) -> None:
    edit(root, "detection_dict", lambda found: found["9"].update(scores=scores))
    with pytest.raises(DataError) as caught:
        find(root)
    assert str(caught.value) == f"{root / 'val_detection_dict.json'}, image 9: {problem}"


@pytest.mark.parametrize(("scored", "other"), [("9", "4"), ("4", "9")])
def test_scores_of_some_images_alone_are_refused(root: Path, scored: str, other: str) -> None:
    edit(root, "detection_dict", lambda found: found[scored].update(scores=[0.5] * len(found[scored]["bboxes"])))
    with pytest.raises(DataError, match="scores, which image") as caught:
        ReleasedDetections(root, "val", FLICKR30K, ["9", "4"])
    assert "image 4" in str(caught.value) and "image 9" in str(caught.value)
