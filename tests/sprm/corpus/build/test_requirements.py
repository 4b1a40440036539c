from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sprm.corpus.build.prepare import refuse_missing
from sprm.corpus.build.requirements import detection_files, requirements, scores_of
from sprm.corpus.requirement import Requirement
from sprm.corpus.settings import BackboneSource, DetectorSource, FilesSource
from sprm.corpus.sources.flickr30k.source import Flickr30kSource
from sprm.corpus.sources.refcoco.source import RefcocoSource
from sprm.corpus.sources.referit.source import ReferitSource
from sprm.errors import DataError

SOURCES = {"flickr30k": Flickr30kSource, "refcoco": RefcocoSource, "referit": ReferitSource}
CHOICES = {"refcoco": {"dataset": "refcocog", "split_by": "umd", "test": "test"}}
ANNOTATIONS = {
    "flickr30k": [
        *("Flickr30kEntities/Sentences", "Flickr30kEntities/Annotations", "train.txt", "val.txt", "test.txt"),
        "UNRELATED_CAPTIONS",
    ],
    "refcoco": ["refer/data/refcocog/refs(umd).p", "refer/data/refcocog/instances.json"],
    "referit": ["refer/data/refclef/refs(berkeley).p", "refer/data/refclef/instances.json"],
}
RELEASED = ("detection_dict.json", "imgid2idx.pkl", "features_compress.hdf5", "images_size.json")
IMAGES = {
    "flickr30k": "flickr30k_images",
    "refcoco": "refer/data/images/mscoco/images/train2014",
    "referit": "refer/data/images/saiapr_tc-12",
}
SPLITS = ("train", "val", "test")


def make(kind: str, root: Path, **changes: Any) -> FilesSource:
    return SOURCES[kind](kind=kind, root=root, **CHOICES.get(kind, {}), **changes)


def first_places(source: FilesSource) -> list[str]:
    return [str(needed.places[0].relative_to(source.root)) for needed in requirements(source)]


@pytest.mark.parametrize("kind", SOURCES)
def test_released_detections_need_every_file_of_every_split(tmp_path: Path, kind: str) -> None:
    expected = [f"{split}_{name}" for split in SPLITS for name in RELEASED]
    assert first_places(make(kind, tmp_path)) == [*ANNOTATIONS[kind], *expected]


@pytest.mark.parametrize("kind", SOURCES)
def test_tsv_files_need_a_vocabulary(tmp_path: Path, kind: str) -> None:
    expected = [*ANNOTATIONS[kind], "*.tsv", "objects_vocab.txt"]
    assert first_places(make(kind, tmp_path, detections="tsv")) == expected


@pytest.mark.parametrize("kind", SOURCES)
def test_archives_of_features_stand_in_a_folder_and_need_a_vocabulary(tmp_path: Path, kind: str) -> None:
    source = make(kind, tmp_path, detections="npz")
    assert first_places(source) == [*ANNOTATIONS[kind], "npz", "objects_vocab.txt"]
    # Each archive belongs to one image alone.
    assert detection_files(source, "val") == [tmp_path / "objects_vocab.txt"]


@pytest.mark.parametrize("kind", SOURCES)
def test_boxes_of_coco_results_need_names_raw_images_and_the_weights_of_a_backbone(tmp_path: Path, kind: str) -> None:
    source = make(kind, tmp_path, detections="coco", backbone=BackboneSource(weights=tmp_path / "resnet50.pth"))
    places = ["*detections.json", "categories.json", IMAGES[kind], "resnet50.pth"]
    assert first_places(source) == [*ANNOTATIONS[kind], *places]
    for name in ("val_detections.json", "detections.json", "val_detection_dict.json"):
        (tmp_path / name).touch()
    names = [path.name for path in detection_files(source, "val")]
    assert names == ["detections.json", "val_detections.json", "categories.json", "resnet50.pth"]


@pytest.mark.parametrize("kind", SOURCES)
def test_extraction_needs_the_raw_images(tmp_path: Path, kind: str) -> None:
    assert first_places(make(kind, tmp_path, detections="extracted")) == [*ANNOTATIONS[kind], IMAGES[kind]]
    elsewhere = tmp_path / "elsewhere"
    source = make(kind, tmp_path, detections="extracted", images=elsewhere)
    assert first_places(source) == [*ANNOTATIONS[kind], "elsewhere"]
    assert source.images_folder == elsewhere


@pytest.mark.parametrize("kind", SOURCES)
@pytest.mark.parametrize("detections", ["maf", "tsv", "extracted"])
def test_word_vectors_and_weights_of_ones_own_are_needed_too(tmp_path: Path, kind: str, detections: str) -> None:
    changes = {"words": tmp_path / "glove.txt", "detector": DetectorSource(weights=tmp_path / "weights.pt")}
    without = first_places(make(kind, tmp_path, detections=detections))
    expected = [*without, *(["weights.pt"] if detections == "extracted" else []), "glove.txt"]
    assert first_places(make(kind, tmp_path, detections=detections, **changes)) == expected


@pytest.mark.parametrize("kind", SOURCES)
@pytest.mark.parametrize("detections", ["maf", "tsv", "npz", "extracted", "coco"])
def test_every_requirement_says_what_it_is_and_who_publishes_it(tmp_path: Path, kind: str, detections: str) -> None:
    backbone = BackboneSource(weights=tmp_path / "weights.pth")
    found = requirements(make(kind, tmp_path, detections=detections, backbone=backbone))
    assert all(needed.what and needed.owner for needed in found)
    assert len({needed.what for needed in found}) == len(found)
    assert [needed.places[0].name for needed in found if needed.optional] == [
        *(["UNRELATED_CAPTIONS"] if kind == "flickr30k" else []),
        *([f"{split}_images_size.json" for split in SPLITS] if detections == "maf" else []),
    ]
    assert all(needed.found is None for needed in found)


@pytest.mark.parametrize("kind", SOURCES)
def test_the_detections_of_a_split_are_read_from_its_own_released_files(tmp_path: Path, kind: str) -> None:
    found = detection_files(make(kind, tmp_path), "val")
    assert found == [tmp_path / f"val_{name}" for name in RELEASED]


@pytest.mark.parametrize("kind", SOURCES)
def test_the_detections_of_a_split_are_read_from_every_tsv_file_there_is(tmp_path: Path, kind: str) -> None:
    for name in ("b.tsv", "a.tsv", "notes.txt"):
        (tmp_path / name).touch()
    found = detection_files(make(kind, tmp_path, detections="tsv"), "val")
    assert [path.name for path in found] == ["a.tsv", "b.tsv", "objects_vocab.txt"]


@pytest.mark.parametrize("kind", SOURCES)
def test_of_what_is_extracted_from_raw_images_only_the_weights_belong_to_a_split(tmp_path: Path, kind: str) -> None:
    assert detection_files(make(kind, tmp_path, detections="extracted"), "val") == []
    detector = DetectorSource(weights=tmp_path / "weights.pt")
    source = make(kind, tmp_path, detections="extracted", detector=detector)
    assert detection_files(source, "val") == [tmp_path / "weights.pt"]


def test_a_file_stands_at_the_first_of_its_places_that_holds_one(tmp_path: Path) -> None:
    first, second = tmp_path / "a.txt", tmp_path / "deep" / "a.txt"
    needed = Requirement("a list", (first, second), "nobody")
    assert needed.found is None
    second.parent.mkdir()
    second.touch()
    assert needed.found == second
    first.mkdir()
    assert needed.found == second
    first.rmdir()
    first.touch()
    assert needed.found == first
    # Either may come to be, so both are watched.
    assert list(needed.files) == [first, second]


def test_a_folder_is_no_file_and_a_file_no_folder(tmp_path: Path) -> None:
    place = tmp_path / "place"
    file, folder = (Requirement("it", (place,), "nobody", kind) for kind in ("file", "folder"))
    place.mkdir()
    (place / "b.xml").touch()
    (place / "a.xml").touch()
    assert (file.found, folder.found) == (None, place)
    assert list(folder.files) == [place / "a.xml", place / "b.xml"]
    for path in place.iterdir():
        path.unlink()
    place.rmdir()
    place.touch()
    assert (file.found, folder.found) == (place, None)


def test_files_are_found_when_one_fits_the_pattern(tmp_path: Path) -> None:
    needed = Requirement("rows", (tmp_path / "*.tsv",), "nobody", "files")
    assert needed.found is None
    assert list(needed.files) == []
    for name in ("b.tsv", "a.tsv", "a.txt"):
        (tmp_path / name).touch()
    assert needed.found is not None
    assert list(needed.files) == [tmp_path / "a.tsv", tmp_path / "b.tsv"]


@pytest.mark.parametrize(
    ("kind", "detections", "first", "others"),
    [
        ("flickr30k", "maf", "Sentences: this folder is missing: captions", "13 more are missing"),
        ("flickr30k", "tsv", "Sentences: this folder is missing: captions", "6 more are missing"),
        ("flickr30k", "extracted", "Sentences: this folder is missing: captions", "5 more are missing"),
        ("referit", "maf", r"refs\(berkeley\)\.p: this file is missing: referring expressions", "10 more are missing"),
        ("referit", "tsv", r"refs\(berkeley\)\.p: this file is missing: referring expressions", "3 more are missing"),
        ("referit", "extracted", r"refs\(berkeley\)\.p: this file is missing", "2 more are missing"),
    ],
)
def test_an_empty_folder_is_refused_with_the_first_thing_it_lacks_and_the_number_of_others(
    tmp_path: Path, kind: str, detections: str, first: str, others: str
) -> None:
    with pytest.raises(DataError, match=f"{first}.*, from https://.*; {others}, and `doctor` names them all"):
        refuse_missing(make(kind, tmp_path, detections=detections))


def test_one_thing_that_is_missing_is_told_alone(tmp_path: Path) -> None:
    source = make("referit", tmp_path, detections="tsv")
    for needed in requirements(source)[:-1]:
        needed.places[0].parent.mkdir(parents=True, exist_ok=True)
        needed.places[0].with_name(needed.places[0].name.replace("*", "a")).touch()
    with pytest.raises(DataError, match=r"objects_vocab\.txt: this file is missing: names .*") as caught:
        refuse_missing(source)
    assert "more" not in str(caught.value)
    (tmp_path / "objects_vocab.txt").touch()
    refuse_missing(source)


def test_what_is_optional_is_not_missed(tmp_path: Path) -> None:
    source = make("flickr30k", tmp_path, detections="tsv")
    for needed in requirements(source):
        if not needed.optional:
            place = needed.places[-1].with_name(needed.places[-1].name.replace("*", "a"))
            place.parent.mkdir(parents=True, exist_ok=True)
            place.mkdir() if needed.kind == "folder" else place.touch()
    refuse_missing(source)


@pytest.mark.parametrize(
    ("detections", "place"),
    [("maf", "val_detection_dict.json"), ("tsv", "a.tsv"), ("npz", "npz"), ("coco", "detections.json")],
)
def test_scores_are_told_by_the_file_or_folder_of_the_boxes(tmp_path: Path, detections: str, place: str) -> None:
    for name in ("a.tsv", "detections.json", "categories.json", "objects_vocab.txt"):
        (tmp_path / name).touch()
    backbone = {"backbone": BackboneSource(name="resnet50", weights=tmp_path / "w.pth")} if detections == "coco" else {}
    assert scores_of(make("flickr30k", tmp_path, detections=detections, **backbone), "val") == tmp_path / place
