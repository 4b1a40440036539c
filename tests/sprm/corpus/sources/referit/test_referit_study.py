from __future__ import annotations

import json
import os
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from bottom_up_files import ANDERSON, LXMERT, encoded, write_bottom_up_files
from flickr_folder import SPLITS, write_flickr_folder
from layouts import FLICKR30K, REFERIT
from referit_folder import INSTANCES, REFERENTS, SCENES, ids, image_id, write_referit_folder

from sprm.corpus.build.prepare import prepare
from sprm.corpus.corpus import SCORES, Corpus, LeftOut
from sprm.corpus.dataset import Dataset, open_dataset
from sprm.corpus.sources.flickr30k.source import Flickr30kSource
from sprm.corpus.sources.referit.source import ReferitSource
from sprm.errors import DataError
from sprm.settings import Rules

FIRST = str(image_id(0))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "referit"
    write_referit_folder(folder)
    return folder


def build(root: Path, rules: Rules = Rules.corrected, *, kind: str = "referit", detections: str = "maf") -> Dataset:
    make: Any = {"referit": ReferitSource, "flickr30k": Flickr30kSource}[kind]
    source = make(kind=kind, root=root, detections=detections)
    return open_dataset(prepare(source, rules, root.parent / "cache", progress=lambda *_: None, workers=1))


def edit_json(path: Path, change: Callable[[dict[str, Any]], object]) -> None:
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))


def labels(corpus: Corpus) -> list[str]:
    return [corpus.label_names[label] for label in corpus.labels]


@pytest.mark.parametrize("rules", list(Rules))
def test_a_study_holds_every_image_referent_and_expression_of_every_split(root: Path, rules: Rules) -> None:
    dataset = build(root, rules)
    for split, numbers in SPLITS.items():
        corpus, things = dataset.corpus(split), [one for number in numbers for one in SCENES[number]]
        assert corpus.info.origin.source == "referit"
        assert corpus.info.origin.extractor == "released feature files"
        assert corpus.info.warnings == []
        assert list(corpus.images["image_id"]) == ids(split)
        # A sentence for each referent, and a phrase for each thing that it was called.
        assert len(corpus.sentences) == len(things)
        expected = [(text.lower(), one.category) for one in things for text in one.expressions]
        assert list(corpus.phrases[["text", "category"]].itertuples(index=False, name=None)) == expected
        targets = [one.corners for one in things for _ in one.expressions]
        np.testing.assert_array_equal(corpus.phrases[["x1", "y1", "x2", "y2"]], np.array(targets, dtype=np.float32))


def test_the_rules_enter_locations_and_the_study(root: Path) -> None:
    corrected, official = build(root), build(root, Rules.official)
    assert corrected.folder != official.folder
    tables = [dataset.train.phrases.set_index("text")["locations"] for dataset in (corrected, official)]
    # A tank top is no place, and the authors' code takes it for one.
    assert [int(table["man in black tank top"]) for table in tables] == [0, 0b001000]
    assert [int(table["guy left"]) for table in tables] == [0b000001] * 2


def test_regions_keep_the_order_of_the_files(root: Path) -> None:
    dataset = build(root)
    regions = dataset.train.regions_of(1)
    assert labels(dataset.train)[regions] == ["dog,puppy", "ball", "sky", "ground", "tree"]
    np.testing.assert_array_equal(dataset.train.boxes[regions][2], [1, 1, 499, 120])


def test_a_detection_file_of_all_images_may_name_them_in_any_order(root: Path) -> None:
    before = build(root).fingerprint
    for split in SPLITS:
        path = root / f"{split}_detection_dict.json"
        path.write_text(json.dumps(dict(reversed(json.loads(path.read_text()).items()))))
    assert build(root).fingerprint == before


def test_names_that_lead_out_of_the_folder_are_names_of_no_image(root: Path) -> None:
    before = build(root).fingerprint
    edit_json(root / "train_detection_dict.json", lambda found: found.update({"../../x": found[FIRST]}))
    path = root / "train_imgid2idx.pkl"
    path.write_bytes(pickle.dumps({**pickle.loads(path.read_bytes()), "../../x": 0}))
    assert build(root).fingerprint == before


def test_the_size_of_an_image_comes_from_its_annotations(root: Path) -> None:
    edit_json(root / INSTANCES, lambda content: content["images"][0].update(width=640, height=480))
    images = build(root).train.images
    assert images[["width", "height"]].to_numpy().tolist()[:2] == [[640, 480], [500, 375]]


@pytest.mark.parametrize("rules", list(Rules))
def test_images_without_detections_or_without_a_word_are_left_out_and_told(root: Path, rules: Rules) -> None:
    silent = str(image_id(3))
    refs = pickle.loads((root / REFERENTS).read_bytes(), encoding="utf-8")
    for ref in refs:
        if ref["image_id"] == image_id(3):
            ref["sentences"] = [{"raw": "!"}]
    (root / REFERENTS).write_bytes(pickle.dumps(refs))
    edit_json(root / "train_detection_dict.json", lambda found: found.pop(FIRST))
    info = build(root, rules).train.info
    assert info.left_out == [
        LeftOut(image_id=FIRST, reason="detections"),
        LeftOut(image_id=silent, reason="a phrase with a box"),
    ]
    assert info.counts.images == len(SPLITS["train"]) - 2
    assert [(warning.kind, warning.count) for warning in info.warnings] == [
        ("expressions left out for want of a word", 2),
        ("referents left out for want of an expression with a word", 2),
    ]


def test_a_small_folder_is_told_to_be_no_full_corpus(root: Path) -> None:
    dataset = build(root)
    assert dataset.train.info.differences == ["12 images, where the full corpus has 8,998"]
    assert dataset.test.info.differences == ["4 images, where the full corpus has 9,999"]


def test_preparing_again_builds_nothing_and_a_changed_file_builds_anew(root: Path) -> None:
    first = build(root)
    stamp = (first.folder / "train" / "corpus.json").stat().st_mtime_ns
    assert build(root).folder == first.folder
    assert (first.folder / "train" / "corpus.json").stat().st_mtime_ns == stamp
    found = {first.folder}
    for name in (REFERENTS, INSTANCES, Path("val_imgid2idx.pkl"), Path("test_features_compress.hdf5")):
        os.utime(root / name, ns=(0, 10**9))
    assert build(root).folder == first.folder
    # A pickle ends at its full stop, and JSON may end in blanks.
    for name in (REFERENTS, INSTANCES, Path("val_imgid2idx.pkl")):
        with (root / name).open("ab") as file:
            file.write(b" ")
        found.add(build(root).folder)
    assert len(found) == 4


def write_both(root: Path, kind: str, columns: int) -> None:
    """Write a folder that has the same regions in released and in TSV files."""
    (write_referit_folder if kind == "referit" else write_flickr_folder)(root)
    write_bottom_up_files(root, REFERIT if kind == "referit" else FLICKR30K, columns=columns)


@pytest.mark.parametrize("kind", ["referit", "flickr30k"])
@pytest.mark.parametrize("rules", list(Rules))
def test_tsv_files_with_classes_give_the_same_study_as_the_released_files(
    tmp_path: Path, kind: str, rules: Rules
) -> None:
    write_both(tmp_path / "root", kind, LXMERT)
    released, tsv = (build(tmp_path / "root", rules, kind=kind, detections=name) for name in ("maf", "tsv"))
    assert released.folder != tsv.folder
    for split in SPLITS:
        one, other = released.corpus(split).info, tsv.corpus(split).info
        # What one kind of file alone holds.
        assert one.files == {name: files for name, files in other.files.items() if name != SCORES}
        assert (one.has_scores, other.has_scores) == (False, True)
        assert one.warnings == other.warnings
        assert other.origin.extractor == "bottom-up attention TSV files"


@pytest.mark.parametrize("kind", ["referit", "flickr30k"])
def test_tsv_files_without_classes_give_the_same_regions_without_names(tmp_path: Path, kind: str) -> None:
    write_both(tmp_path / "root", kind, ANDERSON)
    released, tsv = (build(tmp_path / "root", kind=kind, detections=name) for name in ("maf", "tsv"))
    for split in SPLITS:
        one, other = released.corpus(split), tsv.corpus(split)
        for name in ("features.npy", "boxes.npy", "offsets.npy", "phrases.parquet"):
            assert one.info.files[name] == other.info.files[name]
        assert set(labels(other)) == {"(unnamed)"}
        kinds, before = ({told.kind: told.count for told in corpus.info.warnings} for corpus in (other, one))
        nameless = {"regions without a class, which the untrained module cannot tell apart": len(other.labels)}
        assert kinds == before | nameless


@pytest.mark.parametrize("columns", [ANDERSON, LXMERT])
def test_all_splits_may_stand_in_one_tsv_file_with_lines_that_end_in_either_way(tmp_path: Path, columns: int) -> None:
    root = tmp_path / "root"
    write_both(root, "referit", columns)
    before = build(root, detections="tsv").fingerprint
    paths = [root / f"{split}.tsv" for split in SPLITS]
    rows = [row for path in paths for row in path.read_bytes().splitlines()]
    for path in paths:
        path.unlink()
    (root / "all.tsv").write_bytes(b"".join(row + end for row, end in zip(rows, [b"\r\n", b"\n"] * 10, strict=True)))
    assert build(root, detections="tsv").fingerprint == before


@pytest.mark.parametrize("kind", ["referit", "flickr30k"])
def test_an_image_without_a_line_is_left_out_and_told(tmp_path: Path, kind: str) -> None:
    root = tmp_path / "root"
    write_both(root, kind, LXMERT)
    first, *others = (root / "val.tsv").read_bytes().splitlines(keepends=True)
    (root / "val.tsv").write_bytes(b"".join(others))
    info = build(root, kind=kind, detections="tsv").val.info
    assert info.left_out == [LeftOut(image_id=first.split(b"\t")[0].decode(), reason="detections")]


def test_an_image_in_two_tsv_files_is_named(tmp_path: Path) -> None:
    root = tmp_path / "root"
    write_both(root, "referit", LXMERT)
    shutil.copy(root / "train.tsv", root / "train2.tsv")
    with pytest.raises(DataError, match=rf"train2\.tsv, line 1: image {FIRST} stands in train\.tsv, line 1, too"):
        build(root, detections="tsv")


def test_tsv_features_that_differ_in_length_are_named_with_their_image(tmp_path: Path) -> None:
    root = tmp_path / "root"
    write_both(root, "referit", LXMERT)
    rows = [row.split(b"\t") for row in (root / "train.tsv").read_bytes().splitlines()]
    rows[1][-1] = encoded(np.ones((int(rows[1][7]), 5)), "<f4")
    (root / "train.tsv").write_bytes(b"".join(b"\t".join(row) + b"\n" for row in rows))
    with pytest.raises(DataError, match=rf"image {image_id(1)}: features of length 5, expected 32"):
        build(root, detections="tsv")


def replace(name: str, values: Callable[[np.ndarray], object]) -> Callable[[Path], None]:
    def change(root: Path) -> None:
        with h5py.File(root / "train_features_compress.hdf5", "r+") as file:
            before = file[name][:]
            del file[name]
            file[name] = values(before)

    return change


def declare(name: str, shape: tuple[int, int], kind: str) -> Callable[[Path], None]:
    """Let a table claim to hold more than any memory, though the file is small."""

    def change(root: Path) -> None:
        with h5py.File(root / "train_features_compress.hdf5", "r+") as file:
            del file[name]
            file.create_dataset(name, shape, kind, chunks=tuple(min(side, 2**20) for side in shape), fillvalue=0)

    return change


def rename(root: Path) -> None:
    with h5py.File(root / "train_features_compress.hdf5", "r+") as file:
        file.move("image_features", "features")


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (replace("image_features", lambda table: table[:-1]), r"expected image_bb \(60, 4\), found \(61, 4\)"),
        (replace("image_features", np.ravel), "image_features should be a table of numbers"),
        (replace("image_features", lambda table: table.astype("S8")), "image_features should be a table of numbers"),
        (replace("image_features", lambda table: table * np.nan), "image 1000: a feature is not finite"),
        (replace("image_bb", lambda table: table[:, :3]), r"expected image_bb \(61, 4\), found \(61, 3\)"),
        (replace("pos_boxes", lambda table: table[:, :1]), r"expected pos_boxes \(images, 2\), found \(12, 1\)"),
        (replace("pos_boxes", lambda table: table + 60), r"image 1000: rows 60 to \d+ of 61 features"),
        (replace("pos_boxes", lambda table: table - 1), "image 1000: rows -1 to "),
        (replace("pos_boxes", lambda table: table[:, ::-1]), r"image 1000: rows \d+ to 0 "),
        (replace("spatial_features", lambda table: table[:-1]), "expected 61 rows in spatial_features, found 60"),
        (replace("spatial_features", np.ravel), "spatial_features should be a table of numbers"),
        (rename, "contains no readable image_features"),
    ],
)
def test_a_feature_file_of_another_form_is_named(root: Path, change: Callable[[Path], None], problem: str) -> None:
    change(root)
    with pytest.raises(DataError, match=rf"train_features_compress\.hdf5(, |: ){problem}"):
        build(root)


@pytest.mark.parametrize("value", [np.nan, np.inf, 0.5, 1e300])
def test_rows_that_are_no_whole_numbers_are_named(root: Path, value: float) -> None:
    replace("pos_boxes", lambda table: table + value)(root)
    with pytest.raises(DataError, match=r"train_features_compress\.hdf5(, |: )"):
        build(root)


@pytest.mark.parametrize(
    "change",
    [declare("pos_boxes", (2**58, 2), "<i8"), declare("image_features", (61, 2**50), "<f4")],
    ids=["rows", "features"],
)
def test_a_table_that_claims_more_than_any_memory_holds_is_named(root: Path, change: Callable[[Path], None]) -> None:
    change(root)
    assert (root / "train_features_compress.hdf5").stat().st_size < 1_000_000
    with pytest.raises(DataError, match=r"train_features_compress\.hdf5(, |: )"):
        build(root)


def link(file: h5py.File, other: Path, values: np.ndarray) -> None:
    with h5py.File(other, "w") as target:
        target["table"] = values
    file["image_features"] = h5py.ExternalLink(other, "/table")


def store_elsewhere(file: h5py.File, other: Path, values: np.ndarray) -> None:
    other.write_bytes(values.tobytes())
    file.create_dataset("image_features", values.shape, values.dtype, external=[(str(other), 0, values.nbytes)])


def view(file: h5py.File, other: Path, values: np.ndarray) -> None:
    with h5py.File(other, "w") as target:
        target["table"] = values
    layout = h5py.VirtualLayout(values.shape, values.dtype)
    layout[:] = h5py.VirtualSource(other, "table", values.shape)
    file.create_virtual_dataset("image_features", layout)


@pytest.mark.parametrize("place", [link, store_elsewhere, view])
def test_a_feature_file_reads_no_other_file(
    root: Path, tmp_path: Path, place: Callable[[h5py.File, Path, np.ndarray], None]
) -> None:
    with h5py.File(root / "train_features_compress.hdf5", "r+") as file:
        values = file["image_features"][:]
        del file["image_features"]
        place(file, tmp_path / "elsewhere", values)
    with pytest.raises(DataError, match=r"train_features_compress\.hdf5(, |: ).*image_features"):
        build(root)


def test_a_feature_file_may_do_without_what_nothing_is_read_of(root: Path) -> None:
    before = build(root).fingerprint
    for split in SPLITS:
        with h5py.File(root / f"{split}_features_compress.hdf5", "r+") as file:
            del file["spatial_features"]
    assert build(root).fingerprint == before


@pytest.mark.parametrize(
    "rows", [{}, {image_id(0): 99}, {str(image_id(0)): 0}, {image_id(0): "../../x"}, {image_id(0): [0]}]
)
def test_an_image_without_a_row_is_named(root: Path, rows: dict[object, object]) -> None:
    path = root / "train_imgid2idx.pkl"
    others = {name: row for name, row in pickle.loads(path.read_bytes()).items() if name != image_id(0)}
    path.write_bytes(pickle.dumps({**others, **rows}, protocol=2))
    with pytest.raises(
        DataError, match=rf"train_imgid2idx\.pkl, image {FIRST}: (expected a row of pos_boxes, 0 to 11|is not)"
    ):
        build(root)


class Attack:
    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, ("attacked",)


@pytest.mark.parametrize("name", ["train_imgid2idx.pkl", REFERENTS])
@pytest.mark.parametrize("nest", [lambda one: one, lambda one: {image_id(0): one}, lambda one: [{"sentences": [one]}]])
def test_a_pickle_that_would_run_code_is_refused_and_does_not_run(
    root: Path, monkeypatch: pytest.MonkeyPatch, name: str, nest: Callable[[object], object]
) -> None:
    monkeypatch.chdir(root)
    (root / name).write_bytes(pickle.dumps(nest(Attack()), protocol=2))
    with pytest.raises(DataError, match=r"not a pickle that can be read: it asks for (posix|nt)\.mkdir") as caught:
        build(root)
    assert caught.value.path == root / name
    assert not Path("attacked").exists()


@pytest.mark.parametrize("name", [REFERENTS, INSTANCES, Path("val_imgid2idx.pkl"), Path("test_detection_dict.json")])
def test_a_missing_file_is_named_before_anything_is_read(root: Path, name: Path) -> None:
    (root / name).unlink()
    with pytest.raises(DataError, match=r"this file is missing: .*, from https://") as caught:
        build(root)
    assert caught.value.path == root / name
