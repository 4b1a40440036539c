from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from bottom_up_files import write_vocabulary
from feature_archive_files import archive
from flickr_folder import SIZE

from sprm.corpus.detection import NAMELESS, Detected
from sprm.corpus.detectors.feature_archives import FeatureArchives
from sprm.corpus.warnings import Tally
from sprm.errors import DataError

BOXES = np.array([[10, 20, 30, 40], [50.5, 60, 70, 80], [1, 2, 300, 200]], dtype=np.float32)
FEATURES = np.arange(15, dtype=np.float32).reshape(3, 5)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    write_vocabulary(tmp_path, ["man", "dog,puppy", "tree"])
    (tmp_path / "npz").mkdir()
    return tmp_path


def write(root: Path, image_id: str = "7", **changes: Any) -> None:
    """Write an archive; what is changed to None is left out."""
    held = {**archive(BOXES, FEATURES, [1, 0, 2]), **changes}
    held = {name: value for name, value in held.items() if value is not None}
    np.savez_compressed(root / "npz" / f"{image_id}.npz", **held)


def info(**changes: Any) -> dict[str, Any]:
    held = {**archive(BOXES, FEATURES, [1, 0, 2])["info"], **changes}
    return {name: value for name, value in held.items() if value is not None}


def find(root: Path, image_id: str = "7", tally: Tally | None = None) -> Detected | None:
    with FeatureArchives(root, ["7", "8"]).part(["7", "8"]) as part:
        return part.find(image_id, Tally() if tally is None else tally)


def test_an_archive_gives_boxes_classes_scores_features_and_the_size(root: Path) -> None:
    write(root)
    found = find(root)
    assert found is not None
    assert (found.width, found.height) == SIZE
    np.testing.assert_array_equal(found.boxes, BOXES)
    np.testing.assert_array_equal(found.features, FEATURES)
    assert found.features.dtype == np.float16
    assert found.class_names == ["dog,puppy", "man", "tree"]
    np.testing.assert_allclose(found.scores, [0.9, 0.55, 0.2], rtol=1e-6)
    assert found.path == root / "npz" / "7.npz"


def test_without_info_boxes_have_no_names_and_no_scores_and_are_counted(root: Path) -> None:
    write(root, info=None)
    tally = Tally()
    found = find(root, tally=tally)
    assert found is not None
    assert found.class_names == [NAMELESS] * 3
    assert found.scores is None
    assert [(w.kind, w.count) for w in tally.warnings()] == [
        ("regions without a class, which the untrained module cannot tell apart", 3)
    ]


def test_an_image_without_an_archive_or_without_boxes_has_no_regions(root: Path) -> None:
    nothing = info(objects_id=np.zeros(0, dtype=np.int64), objects_conf=np.zeros(0, dtype=np.float32))
    write(root, x=np.zeros((0, 5)), bbox=np.zeros((0, 4)), num_bbox=0, info=nothing)
    assert find(root, "7") is None
    assert find(root, "8") is None


def test_archives_of_images_that_no_list_names_are_passed_over_and_counted(root: Path) -> None:
    for image_id in ("7", "9", "other"):
        write(root, image_id)
    (root / "npz" / "other.npz").write_bytes(b"nobody opens it")
    detections = FeatureArchives(root, ["7", "8"])
    (warning,) = detections.passed_over("train")
    assert (warning.kind, warning.count) == (".npz files whose image no split lists", 2)
    assert warning.examples == ["9", "other"]
    assert detections.passed_over("test") == []


def test_an_archive_may_go_by_the_name_of_its_image_but_not_beside_one_that_goes_by_the_id(root: Path) -> None:
    write(root, "COCO_7")
    detections = FeatureArchives(root, ["7", "8"], {"COCO_7": "7", "COCO_8": "8"})
    with detections.part(["7"]) as part:
        assert part.find("7", Tally()) is not None
    assert detections.passed_over("train") == []
    write(root, "7")
    with pytest.raises(DataError, match=r"COCO_7\.npz: 7\.npz is of the same image, by its name"):
        FeatureArchives(root, ["7"], {"COCO_7": "7"})


@pytest.mark.parametrize("name", ["x", "bbox", "num_bbox", "image_h", "image_w"])
def test_a_missing_array_is_named_with_what_is_there(root: Path, name: str) -> None:
    write(root, **{name: None})
    with pytest.raises(DataError, match=rf"7\.npz: holds no {name}, only "):
        find(root)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"num_bbox": 2}, r"bbox: expected \(2, 4\), for 2 boxes, found \(3, 4\)"),
        ({"bbox": BOXES[:2]}, r"bbox: expected \(3, 4\), for 3 boxes, found \(2, 4\)"),
        ({"bbox": BOXES.ravel()}, r"bbox: expected \(3, 4\), for 3 boxes, found \(12,\)"),
        ({"x": FEATURES[:2]}, r"x: expected \(3, 5\), for 3 boxes, found \(2, 5\)"),
        ({"x": FEATURES[0]}, r"x: expected \(3, 5\), for 3 boxes, found \(5,\)"),
        ({"x": np.array(3.0)}, r"x: expected \(3, 0\), for 3 boxes, found \(\)"),
        ({"x": FEATURES.astype("U5")}, r"x: expected numbers, found <U5"),
        ({"x": FEATURES + np.inf}, r"x: a feature is not finite"),
        ({"bbox": BOXES / 1000}, r"bbox: expected boxes in pixels"),
        ({"bbox": BOXES * np.nan}, r"bbox: a coordinate is no number of pixels"),
        ({"num_bbox": 3.0}, r"num_bbox: expected a whole number, found \(\) of float64"),
        ({"image_h": [3, 4]}, r"image_h: expected a whole number, found \(2,\) of int64"),
        ({"image_w": 0}, r"expected width and height in pixels, 1 to 1,000,000, found 0 and 375"),
    ],
)
def test_arrays_that_contradict_each_other_or_are_none_are_told(
    root: Path, changes: dict[str, Any], problem: str
) -> None:
    write(root, **changes)
    with pytest.raises(DataError, match=rf"7\.npz[,:] {problem}"):
        find(root)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"objects_id": None}, "objects_id: expected an array of whole numbers, found none"),
        ({"objects_conf": None}, "objects_conf: expected an array of numbers, found none"),
        ({"objects_id": 5}, "objects_id: expected an array of whole numbers, found 5"),
        ({"objects_id": np.zeros(3)}, "objects_id: expected an array of whole numbers, found float64"),
        ({"objects_id": np.zeros(2, dtype=int)}, r"objects_id: expected \(3,\), for 3 boxes, found \(2,\)"),
        ({"objects_conf": np.ones(4)}, r"objects_conf: expected \(3,\), for 3 boxes, found \(4,\)"),
        ({"objects_conf": np.array([0.5, 1.5, 0.2])}, "a score should be a number from 0 to 1, found 1.5"),
        ({"objects_conf": np.array([0.5, np.nan, 0.2])}, "a score should be a number from 0 to 1, found nan"),
        ({"objects_id": np.array([0, 3, 1])}, "objects_id: class 3 is none of the vocabulary's 3; ids count from 0"),
    ],
)
def test_info_that_does_not_fit_is_told(root: Path, changes: dict[str, Any], problem: str) -> None:
    write(root, info=info(**changes))
    with pytest.raises(DataError, match=rf"7\.npz, info: {problem}"):
        find(root)


def test_a_foreign_pickle_as_info_is_refused_by_name_and_not_run(root: Path) -> None:
    write(root, info={"objects_id": Path("/somewhere")})
    with pytest.raises(DataError, match=r"7\.npz, info: not a pickle that can be read: it asks for pathlib"):
        find(root)


def test_a_truncated_archive_is_told(root: Path) -> None:
    write(root)
    path = root / "npz" / "7.npz"
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(DataError, match=r"7\.npz: not a readable \.npz file"):
        find(root)


def test_a_folder_without_archives_or_a_vocabulary_is_told(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"objects_vocab\.txt: cannot be read"):
        FeatureArchives(tmp_path, ["7"])
    write_vocabulary(tmp_path, ["man"])
    with pytest.raises(DataError, match=r"npz: contains no \.npz file"):
        FeatureArchives(tmp_path, ["7"])
