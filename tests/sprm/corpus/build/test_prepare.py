from __future__ import annotations

import json
import os
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from flickr_folder import SCENES, SPLITS, image_id

from sprm.corpus.build.prepare import prepare
from sprm.corpus.corpus import LeftOut
from sprm.corpus.dataset import Dataset, open_dataset
from sprm.corpus.settings import DetectorSource
from sprm.corpus.sources.flickr30k.source import Flickr30kSource
from sprm.errors import DataError, IntegrityError
from sprm.settings import Rules

FIRST = image_id(0)


def build(root: Path, rules: Rules = Rules.corrected) -> Path:
    source = Flickr30kSource(kind="flickr30k", root=root)
    return prepare(source, rules, root.parent / "cache", progress=lambda stage, done, total: None)


def edit_json(path: Path, change: Callable[[dict[str, Any]], object]) -> None:
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))


def test_a_study_holds_every_usable_image_of_every_split(dataset: Dataset) -> None:
    for corpus, split in ((dataset.train, "train"), (dataset.val, "val"), (dataset.test, "test")):
        assert list(corpus.images["image_id"]) == [image_id(number) for number in SPLITS[split]]
        assert corpus.info.origin.split == split
        assert len(corpus.sentences) == sum(len(SCENES[number].captions) for number in SPLITS[split])
        assert corpus.features.dtype == np.float16
        assert isinstance(corpus.features, np.memmap)


def test_regions_keep_the_order_of_the_files(dataset: Dataset) -> None:
    second = dataset.train.regions_of(1)
    labels = [dataset.train.label_names[row] for row in dataset.train.labels[second]]
    assert labels == ["dog,puppy", "ball", "sky", "ground", "tree"]
    np.testing.assert_array_equal(dataset.train.boxes[second][2], [1, 1, 499, 120])


def test_preparing_again_builds_nothing_and_a_changed_file_builds_anew(flickr_folder: Path) -> None:
    first = build(flickr_folder)
    stamp = (first / "train" / "corpus.json").stat().st_mtime_ns
    assert build(flickr_folder) == first
    assert (first / "train" / "corpus.json").stat().st_mtime_ns == stamp
    captions = flickr_folder / "Flickr30kEntities" / "Sentences" / f"{FIRST}.txt"
    captions.write_text("[/EN#1/people Somebody else ] stands there .\n")
    second = build(flickr_folder)
    assert second != first
    assert open_dataset(second).fingerprint != open_dataset(first).fingerprint


def test_the_same_files_give_the_same_study(flickr_folder: Path, dataset: Dataset) -> None:
    assert open_dataset(build(flickr_folder)).fingerprint == dataset.fingerprint


def test_the_rules_enter_the_study(flickr_folder: Path) -> None:
    assert build(flickr_folder, Rules.official) != build(flickr_folder, Rules.corrected)


@pytest.mark.parametrize("name", ["features.npy", "phrases.parquet", "labels.json"])
def test_a_corpus_that_was_changed_is_refused(flickr_folder: Path, name: str) -> None:
    folder = build(flickr_folder)
    path = folder / "val" / name
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(IntegrityError, match=f"{name}: the content has changed"):
        open_dataset(folder)
    path.unlink()
    with pytest.raises(IntegrityError, match=f"{name}: missing"):
        open_dataset(folder)


def test_a_corpus_of_another_schema_is_refused(flickr_folder: Path) -> None:
    folder = build(flickr_folder)
    edit_json(folder / "test" / "corpus.json", lambda info: info.update(schema_version=99))
    with pytest.raises(IntegrityError, match="schema version 99"):
        open_dataset(folder, verify=False).corpus("test")


def test_an_image_without_detections_is_left_out_and_told(flickr_folder: Path) -> None:
    edit_json(flickr_folder / "train_detection_dict.json", lambda found: found.pop(FIRST))
    info = open_dataset(build(flickr_folder)).train.info
    assert info.left_out == [LeftOut(image_id=FIRST, reason="detections")]
    assert info.counts.images == len(SPLITS["train"]) - 1


def test_detected_boxes_upside_down_or_outside_are_kept_and_counted(flickr_folder: Path) -> None:
    def spoil(found: dict[str, Any]) -> None:
        found[FIRST]["bboxes"][0] = [60.0, 60.0, 40.0, 300.0]
        found[FIRST]["bboxes"][1] = [10.0, 10.0, 900.0, 300.0]

    edit_json(flickr_folder / "train_detection_dict.json", spoil)
    corpus = open_dataset(build(flickr_folder)).train
    counted = {warning.kind: warning.count for warning in corpus.info.warnings}
    assert counted["detected boxes without an area"] == 1
    assert counted["detected boxes that reach outside their image"] == 1
    np.testing.assert_array_equal(corpus.boxes[0], [60, 60, 40, 300])


def drop_class(root: Path) -> None:
    edit_json(root / "train_detection_dict.json", lambda found: found[FIRST]["classes"].pop())


def spoil_box(root: Path) -> None:
    edit_json(root / "train_detection_dict.json", lambda found: found[FIRST]["bboxes"].__setitem__(0, [1, 2, 3]))


def drop_size(root: Path) -> None:
    edit_json(root / "train_images_size.json", lambda sizes: sizes.pop(FIRST))


def truncate_features(root: Path) -> None:
    path = root / "train_features_compress.hdf5"
    path.write_bytes(path.read_bytes()[:3000])


def nan_feature(root: Path) -> None:
    with h5py.File(root / "train_features_compress.hdf5", "r+") as file:
        file["features"][2, 3] = np.nan


def fewer_rows(root: Path) -> None:
    with h5py.File(root / "train_features_compress.hdf5", "r+") as file:
        for name in ("features", "bboxes"):
            rows = file[name][:-3]
            del file[name]
            file[name] = rows


def wider_features(root: Path) -> None:
    with h5py.File(root / "val_features_compress.hdf5", "r+") as file:
        features = file["features"][:]
        del file["features"]
        file["features"] = np.concatenate([features, features], axis=1)


def no_row(root: Path) -> None:
    path = root / "train_imgid2idx.pkl"
    rows = pickle.loads(path.read_bytes())
    path.write_bytes(pickle.dumps({**rows, int(FIRST): 10_000}, protocol=3))


def shared_image(root: Path) -> None:
    path = root / "val.txt"
    path.write_text(path.read_text() + FIRST + "\n")


def broken_bracket(root: Path) -> None:
    path = root / "Flickr30kEntities" / "Sentences" / f"{FIRST}.txt"
    path.write_text("[/EN#1/people A man ] waits .\n[/EN#1/people A man waits .\n")


def no_detections(root: Path) -> None:
    edit_json(root / "val_detection_dict.json", dict.clear)


def scores_in_one_split(root: Path) -> None:
    def add(found: dict[str, Any]) -> None:
        for entry in found.values():
            entry["scores"] = [0.5] * len(entry["bboxes"])

    edit_json(root / "train_detection_dict.json", add)


def empty_list(root: Path) -> None:
    (root / "val.txt").write_text("\n")


def broken_json(root: Path) -> None:
    (root / "train_detection_dict.json").write_text('{"1": [')


@pytest.mark.parametrize(
    ("spoil", "problem"),
    [
        (drop_class, rf"train_detection_dict\.json, image {FIRST}: 6 boxes, but 5 classes"),
        (spoil_box, rf"train_detection_dict\.json, image {FIRST}: bboxes should be"),
        (drop_size, rf"train_images_size\.json, image {FIRST}: expected \[width, height\], found None"),
        (truncate_features, r"train_features_compress\.hdf5: not a readable HDF5 file"),
        (nan_feature, rf"train_features_compress\.hdf5, image {FIRST}: a feature is not finite"),
        (fewer_rows, r"train_features_compress\.hdf5, image \d+: rows \d+ to \d+ of \d+ features"),
        (wider_features, "the splits' features differ in length: 32 in train, 64 in val, 32 in test"),
        (scores_in_one_split, r"image \d+ of val: no scores of the detector, which image \d+ of train has"),
        (no_row, rf"train_imgid2idx\.pkl, image {FIRST}: expected a row"),
        (shared_image, rf"val\.txt, line 5: image {FIRST} is also in train\.txt, line 1; splits must not share images"),
        (broken_bracket, rf"Sentences.{FIRST}\.txt, line 2: a phrase's bracket is broken"),
        (no_detections, r"the split val has no usable image \(left out, missing detections: 4\)"),
        (empty_list, r"val\.txt: the split is empty"),
        (broken_json, r"train_detection_dict\.json: not readable JSON"),
    ],
)
def test_a_spoiled_folder_gets_one_clear_error_and_leaves_nothing_half_built(
    flickr_folder: Path, spoil: Callable[[Path], None], problem: str
) -> None:
    spoil(flickr_folder)
    with pytest.raises(DataError, match=problem):
        build(flickr_folder)
    assert not list((flickr_folder.parent / "cache" / "corpora").glob("[!.]*"))


def test_without_a_file_of_sizes_those_of_the_annotations_are_taken(flickr_folder: Path) -> None:
    with_sizes = open_dataset(build(flickr_folder))
    for path in flickr_folder.glob("*_images_size.json"):
        path.unlink()
    without = open_dataset(build(flickr_folder))
    assert without.folder != with_sizes.folder
    assert without.fingerprint == with_sizes.fingerprint


@pytest.mark.parametrize("name", ["detection_dict.json", "imgid2idx.pkl", "features_compress.hdf5"])
def test_a_missing_file_is_named(flickr_folder: Path, name: str) -> None:
    (flickr_folder / f"val_{name}").unlink()
    with pytest.raises(DataError, match=f"val_{name}: this file is missing: .*, val split, from https://"):
        build(flickr_folder)


class Attack:
    def __reduce__(self) -> tuple[Any, ...]:
        return (os.mkdir, ("attacked",))


def test_a_pickle_that_would_run_code_is_refused_by_name_and_does_not_run(
    flickr_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(flickr_folder)
    (flickr_folder / "train_imgid2idx.pkl").write_bytes(pickle.dumps(Attack(), protocol=3))
    with pytest.raises(DataError, match=r"train_imgid2idx\.pkl: .* it asks for posix\.mkdir"):
        build(flickr_folder)
    assert not Path("attacked").exists()


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"nowhere: this folder is missing"):
        build(tmp_path / "nowhere")


def test_missing_word_vectors_are_told_before_anything_is_read(flickr_folder: Path) -> None:
    source = Flickr30kSource(kind="flickr30k", root=flickr_folder, words=Path("no-such-words.txt"))
    told: list[str] = []
    with pytest.raises(DataError, match=r"no-such-words\.txt: this file is missing: word vectors"):
        prepare(
            source, Rules.corrected, flickr_folder / "cache", progress=lambda stage, done, total: told.append(stage)
        )
    assert told == []


def test_words_of_ones_own_are_read_and_those_without_a_vector_told(flickr_folder: Path) -> None:
    words = flickr_folder / "own.txt"
    words.write_text("man 1 0\nwoman 0.9 0.1\ndog 0 1\n")
    source = Flickr30kSource(kind="flickr30k", root=flickr_folder, words=words)
    own = open_dataset(prepare(source, Rules.corrected, flickr_folder / "cache", progress=lambda *_: None))
    assert own.lexicon.words == ("", "", "dog", "man", "woman")
    assert own.lexicon.dimension == 2
    assert own.coverage.heads.total.known < own.coverage.heads.total.words
    assert [one.word for one in own.coverage.labels.unknown][:3] == ["ground", "sky", "tree"]


def test_progress_is_told_to_the_end_of_every_stage(flickr_folder: Path) -> None:
    ends: dict[str, tuple[int, int]] = {}
    source = Flickr30kSource(kind="flickr30k", root=flickr_folder)

    def progress(stage: str, done: int, total: int) -> None:
        ends[stage] = (done, total)

    prepare(source, Rules.corrected, flickr_folder / "cache", progress=progress)
    assert ends == {
        "finding regions, train": (1, 1),
        "finding regions, val": (1, 1),
        "finding regions, test": (1, 1),
        "reading train": (12, 12),
        "reading val": (4, 4),
        "reading test": (4, 4),
        "joining train": (1, 1),
        "joining val": (1, 1),
        "joining test": (1, 1),
        "reading word vectors": (1, 1),
    }


def test_an_interrupted_build_leaves_nothing_and_the_next_one_is_whole(flickr_folder: Path) -> None:
    cache = flickr_folder / "cache"
    source = Flickr30kSource(kind="flickr30k", root=flickr_folder)

    def interrupt(stage: str, done: int, total: int) -> None:
        if stage == "reading test":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        prepare(source, Rules.corrected, cache, progress=interrupt)
    assert not list((cache / "corpora").glob("[!.]*"))
    assert open_dataset(prepare(source, Rules.corrected, cache, progress=lambda *_: None)).test.info.counts.images == 4


def test_an_image_of_quite_another_size_than_its_annotations_is_refused(flickr_folder: Path) -> None:
    edit_json(flickr_folder / "val_images_size.json", lambda sizes: sizes.update({image_id(12): [1000, 750]}))
    with pytest.raises(
        DataError, match=rf"image {image_id(12)}: is 1000 by 750 pixels, and 500 by 375 in its annotations"
    ):
        build(flickr_folder)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("Some text about vectors.\nAnd more of it.\n", r"own\.txt, line 1: expected"),
        ("xylophonist 1 0\nzeppelin 0 1\n", r"own\.txt: no word of the corpus has a vector in this file"),
    ],
)
def test_a_wrong_file_of_word_vectors_is_told(flickr_folder: Path, content: str, problem: str) -> None:
    words = flickr_folder / "own.txt"
    words.write_text(content)
    source = Flickr30kSource(kind="flickr30k", root=flickr_folder, words=words)
    told: list[str] = []
    with pytest.raises(DataError, match=problem):
        prepare(source, Rules.corrected, flickr_folder / "cache", progress=lambda stage, *_: told.append(stage))
    assert ("reading train" in told) == ("no word" in problem)


def test_settings_of_a_detector_that_is_not_used_build_nothing_anew(flickr_folder: Path) -> None:
    source = Flickr30kSource(kind="flickr30k", root=flickr_folder, detector=DetectorSource(batch=7))
    with_it = prepare(source, Rules.corrected, flickr_folder.parent / "cache", progress=lambda *_: None)
    assert with_it == build(flickr_folder)


def test_an_image_whose_sizes_disagree_is_counted(flickr_folder: Path) -> None:
    edit_json(flickr_folder / "val_images_size.json", lambda sizes: sizes.update({image_id(12): [501, 375]}))
    dataset = open_dataset(build(flickr_folder))
    kinds = {warning.kind: warning.examples for warning in dataset.warnings["val"]}
    assert kinds["images whose size differs between annotations and detections"] == [image_id(12)]


def test_a_changed_id_list_detections_or_unrelated_captions_build_anew(flickr_folder: Path) -> None:
    found = {build(flickr_folder)}
    (flickr_folder / "Flickr30kEntities" / "UNRELATED_CAPTIONS").write_text(f"{FIRST} 1\n")
    found.add(build(flickr_folder))
    edit_json(flickr_folder / "val_detection_dict.json", lambda content: content[image_id(12)]["bboxes"].reverse())
    found.add(build(flickr_folder))
    (flickr_folder / "test.txt").write_text(image_id(16))
    found.add(build(flickr_folder))
    assert len(found) == 4
