"""RefCOCO, RefCOCO+ and RefCOCOg, from files in their owners' layout to a corpus."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from refcoco_folder import SHARED, coco_name, division, write_refcoco_folder, write_refcoco_tsv_folder
from referit_folder import SCENES, Thing, edit_instances, edit_referents, image_id

from sprm.corpus.build.inputs import image_files
from sprm.corpus.build.prepare import prepare
from sprm.corpus.build.requirements import detection_files, requirements
from sprm.corpus.corpus import SCORES, Corpus
from sprm.corpus.dataset import Dataset, open_dataset
from sprm.corpus.sources.refcoco.source import DIVISIONS, JUDGED, RefcocoSource
from sprm.errors import DataError
from sprm.settings import Rules

EVERY = [
    (dataset, split_by, test)
    for dataset, divisions in DIVISIONS.items()
    for split_by in divisions
    for test in JUDGED[split_by]
]
UNC = {"dataset": "refcoco", "split_by": "unc", "test": "testA"}


def source(root: Path, **settings: Any) -> RefcocoSource:
    return RefcocoSource(kind="refcoco", root=root, **{**UNC, **settings})


def build(root: Path, **settings: Any) -> Dataset:
    made, cache = source(root, **settings), root.parent / "cache"
    return open_dataset(prepare(made, Rules.corrected, cache, progress=lambda *_: None, workers=1))


def warnings(corpus: Corpus) -> Mapping[str, list[str]]:
    return {warning.kind: warning.examples for warning in corpus.info.warnings}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "root"
    write_refcoco_folder(folder)
    return folder


@pytest.mark.parametrize(("dataset", "split_by", "test"), EVERY)
def test_a_study_holds_the_referents_of_train_val_and_the_split_that_is_judged(
    tmp_path: Path, dataset: str, split_by: str, test: str
) -> None:
    write_refcoco_folder(tmp_path / "root", dataset, split_by)
    study = build(tmp_path / "root", dataset=dataset, split_by=split_by, test=test)
    divided = division(dataset, split_by)
    for role, split in {"train": "train", "val": "val", "test": test}.items():
        corpus = study.corpus(role)
        things: list[Thing] = [
            one
            for number, scene in enumerate(SCENES)
            for place, one in enumerate(scene)
            if divided.split_of(number, place) == split
        ]
        assert corpus.info.origin.source == "refcoco"
        assert corpus.info.origin.split == role
        assert list(corpus.images["image_id"]) == [str(image_id(number)) for number in divided.splits[split]]
        # A sentence for each referent, and a phrase for each thing that it was called.
        assert len(corpus.sentences) == len(things)
        expected = [(text.lower(), one.category) for one in things for text in one.expressions]
        assert list(corpus.phrases[["text", "category"]].itertuples(index=False, name=None)) == expected
        targets = [one.corners for one in things for _ in one.expressions]
        np.testing.assert_array_equal(corpus.phrases[["x1", "y1", "x2", "y2"]], np.array(targets, dtype=np.float32))
        assert corpus.info.differences == []


def test_what_is_divided_by_images_and_judged_on_a_split_of_its_own_has_nothing_to_tell(root: Path) -> None:
    study = build(root, test="testB")
    assert [warnings(study.corpus(role)) for role in ("train", "val", "test")] == [{}, {}, {}]


def test_val_may_serve_as_test_which_is_told(root: Path) -> None:
    study = build(root, test="val")
    assert study.test.info.files == study.val.info.files
    assert warnings(study.val) == {}
    images = [str(image_id(number)) for number in division().splits["val"]]
    assert warnings(study.test) == {"images of val, which serves as test and may choose the epoch, too": images}


def test_images_that_google_has_in_both_splits_are_told_and_keep_their_referents_apart(tmp_path: Path) -> None:
    write_refcoco_folder(tmp_path / "root", "refcocog", "google")
    study = build(tmp_path / "root", dataset="refcocog", split_by="google", test="val")
    shared = [str(image_id(number)) for number in SHARED]
    kind = "images that are in val, too, because referents were divided and not images"
    assert warnings(study.train) == {kind: shared}
    sentences = [
        {name for name in corpus.sentences["sentence_id"] if name.split("#")[0] in shared}
        for corpus in (study.train, study.val)
    ]
    assert all(sentences)
    assert sentences[0].isdisjoint(sentences[1])


@pytest.mark.parametrize("split_by", ["unc", "umd"])
def test_an_image_in_two_splits_that_are_read_is_named_with_both(tmp_path: Path, split_by: str) -> None:
    dataset = "refcocog" if split_by == "umd" else "refcoco"
    write_refcoco_folder(tmp_path / "root", dataset, split_by)
    edit_referents(tmp_path / "root", lambda refs: refs[1].update(split="val"), division(dataset, split_by))
    problem = rf"refs\({split_by}\)\.p, ref_id 1: image {image_id(0)} is in train and in val; splits must not share"
    with pytest.raises(DataError, match=problem):
        build(tmp_path / "root", dataset=dataset, split_by=split_by, test="val")


def test_what_belongs_to_a_split_that_is_not_judged_may_be_missing(root: Path) -> None:
    before = build(root, test="testA").fingerprint
    unread = {image_id(number) for number in division().splits["testB"]}

    def drop(content: dict[str, Any]) -> None:
        content["images"] = [one for one in content["images"] if one["id"] not in unread]
        content["annotations"] = [one for one in content["annotations"] if one["image_id"] not in unread]

    edit_instances(root, drop, division())
    for path in root.glob("testB_*"):
        path.unlink()
    assert build(root, test="testA").fingerprint == before
    with pytest.raises(DataError, match=r"instances\.json: image \d+, of refs\(unc\)\.p, is not among the images"):
        source(root, test="testB").annotations(Rules.corrected)


def test_a_split_of_another_division_is_named_with_its_referent(root: Path) -> None:
    edit_referents(root, lambda refs: refs[3].update(split="test"), division())
    problem = r"refs\(unc\)\.p, ref_id 3: split should be train, val, testA or testB, found 'test'"
    with pytest.raises(DataError, match=problem):
        source(root).annotations(Rules.corrected)


def test_a_judged_split_without_referents_is_named_as_its_owners_call_it(root: Path) -> None:
    def move(refs: list[dict[str, Any]]) -> None:
        for ref in refs:
            ref.update(split="testB" if ref["split"] == "testA" else ref["split"])

    edit_referents(root, move, division())
    with pytest.raises(DataError, match=r"refs\(unc\)\.p: the split testA is empty"):
        build(root)


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (UNC, ["train", "val", "testA"]),
        ({**UNC, "test": "testB"}, ["train", "val", "testB"]),
        ({**UNC, "test": "val"}, ["train", "val"]),
        ({"dataset": "refcocog", "split_by": "umd", "test": "test"}, ["train", "val", "test"]),
    ],
)
def test_detection_files_bear_the_names_that_the_owners_gave_to_splits(
    tmp_path: Path, settings: dict[str, str], expected: list[str]
) -> None:
    made = source(tmp_path, **settings)
    folder = tmp_path / "refer" / "data" / settings["dataset"]
    files = [needed.places[0] for needed in requirements(made)]
    assert files[:2] == [folder / f"refs({settings['split_by']}).p", folder / "instances.json"]
    names = ("detection_dict.json", "imgid2idx.pkl", "features_compress.hdf5", "images_size.json")
    assert files[2:] == [tmp_path / f"{split}_{name}" for split in expected for name in names]
    assert detection_files(made, "test") == [tmp_path / f"{settings['test']}_{name}" for name in names]


def test_tsv_files_may_call_images_as_coco_does(root: Path, tmp_path: Path) -> None:
    write_refcoco_tsv_folder(tmp_path / "tsv")
    released = build(root)
    tsv = build(tmp_path / "tsv", detections="tsv")
    for role in ("train", "val", "test"):
        # The released files have no scores.
        files = tsv.corpus(role).info.files
        assert {name: files[name] for name in files if name != SCORES} == released.corpus(role).info.files
    told = [warning for warning in tsv.train.info.warnings if "no split lists" in warning.kind]
    # Those of testB, which is not judged.
    unread = [coco_name(image_id(number)) for number in division().splits["testB"]]
    assert [warning.examples for warning in told] == [[f"testB.tsv, {name}" for name in unread]]


def test_raw_images_bear_the_names_that_coco_gave_them(tmp_path: Path) -> None:
    made = source(tmp_path, detections="extracted")
    folder = tmp_path / "refer" / "data" / "images" / "mscoco" / "images" / "train2014"
    folder.mkdir(parents=True)
    (folder / f"{coco_name(9)}.jpg").touch()
    found = image_files(made, ["9", "581857"])
    assert found == {
        "9": folder / "COCO_train2014_000000000009.jpg",
        "581857": folder / "COCO_train2014_000000581857.jpg",
    }


def test_what_a_report_calls_it_tells_the_data_set_and_the_split(tmp_path: Path) -> None:
    made = source(tmp_path, dataset="refcoco+", test="testB")
    assert made.described == "files in the layout of RefCOCO+, divided by unc, judged on testB"
