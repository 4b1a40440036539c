"""Corpora of plain captions, from files to a report."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from captions_folder import phrase_lines, write_captions, write_captions_folder, write_lines
from command_line import CommandLine
from flickr_folder import SPLITS, image_id, write_flickr_folder
from noun_pipeline import write_pipeline

from sprm.corpus.build.prepare import prepare
from sprm.corpus.build.requirements import requirements
from sprm.corpus.corpus import LeftOut
from sprm.corpus.dataset import Dataset, open_dataset
from sprm.corpus.sources.captions.source import CaptionsSource
from sprm.corpus.sources.flickr30k.source import Flickr30kSource
from sprm.errors import DataError
from sprm.settings import Rules


def build(root: Path, **settings: Any) -> Dataset:
    source = CaptionsSource.model_validate({"kind": "captions", "root": root, **settings})
    return open_dataset(prepare(source, Rules.corrected, root.parent / "cache", progress=lambda *_: None, workers=1))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    write_captions_folder(tmp_path / "root")
    return tmp_path / "root"


def test_training_phrases_are_found_and_have_no_target_and_no_type(root: Path) -> None:
    train = build(root).train
    assert {"A man", "a blue shirt", "An older guy", "the way"} <= set(train.phrases["text"])
    assert set(train.phrases["category"]) == {"found"}
    assert not train.has_targets
    assert train.info.counts.images == len(SPLITS["train"])


@pytest.mark.parametrize("ending", [".jsonl", ".csv"])
def test_the_form_of_a_file_makes_no_other_phrases(root: Path, tmp_path: Path, ending: str) -> None:
    before = build(root).train
    write_captions_folder(tmp_path / "other", train=ending)
    other = build(tmp_path / "other").train
    assert other.info.files["phrases.parquet"] == before.info.files["phrases.parquet"]
    assert other.info.files["images.parquet"] == before.info.files["images.parquet"]


def test_phrases_to_judge_are_those_that_the_layout_of_flickr30k_gives(root: Path, tmp_path: Path) -> None:
    entities = tmp_path / "entities"
    write_flickr_folder(entities)
    lines, folder = build(root), build(root, val=entities, test=entities)
    owners = Flickr30kSource(kind="flickr30k", root=entities)
    asked = open_dataset(prepare(owners, Rules.corrected, tmp_path / "cache", progress=lambda *_: None, workers=1))
    for split in ("val", "test"):
        assert folder.corpus(split).info.files == asked.corpus(split).info.files
        assert lines.corpus(split).info.files == asked.corpus(split).info.files
        assert lines.corpus(split).has_targets


def test_phrases_may_be_the_noun_chunks_of_a_pipeline(root: Path, tmp_path: Path) -> None:
    setting = f"spacy:{write_pipeline(tmp_path / 'few_nouns')}"
    assert set(build(root, phrases=setting).train.phrases["text"]) <= {"man", "dog", "top", "people", "group"}
    assert build(root, phrases=setting).folder != build(root).folder


def test_images_without_detections_or_phrases_are_left_out_and_those_of_no_list_counted(root: Path) -> None:
    captions = json.loads((root / "train.json").read_text())
    first, second, third = captions["images"][:3]
    captions["annotations"] = [each for each in captions["annotations"] if each["image_id"] != second["id"]]
    captions["images"].remove(third)
    captions["annotations"] = [each for each in captions["annotations"] if each["image_id"] != third["id"]]
    (root / "train.json").write_text(json.dumps(captions))
    path = root / "train_detection_dict.json"
    found = json.loads(path.read_text())
    del found[str(first["id"])]
    path.write_text(json.dumps(found))
    info = build(root).train.info
    assert info.left_out == [
        LeftOut(image_id=str(first["id"]), reason="detections"),
        LeftOut(image_id=str(second["id"]), reason="a noun phrase"),
    ]
    counted = {warning.kind: warning.examples for warning in info.warnings}
    assert counted["images of train_detection_dict.json that no split lists"] == [str(third["id"])]


def test_a_size_that_nobody_tells_is_asked_for(root: Path) -> None:
    (root / "train.json").unlink()
    write_captions(root / "train.jsonl", "train")
    sizes = root / "train_images_size.json"
    sizes.unlink()
    with pytest.raises(
        DataError, match=f"image {image_id(0)}: neither its detections nor its annotations give its width"
    ):
        build(root)
    (root / "train.jsonl").unlink()
    write_captions(root / "train.csv", "train")
    source = CaptionsSource(kind="captions", root=root)
    assert [each.places[0] for each in requirements(source) if each.found is None and not each.optional] == [sizes]


def test_an_image_of_two_splits_is_named(root: Path) -> None:
    write_lines(root / "test.jsonl", phrase_lines("test") + phrase_lines("val"))
    with pytest.raises(DataError, match=rf"test\.jsonl: image {image_id(12)} is also in .*val\.jsonl;"):
        build(root)


def test_of_two_files_of_captions_one_has_to_be_chosen(root: Path) -> None:
    write_captions(root / "train.csv", "train")
    with pytest.raises(
        DataError, match=r"train\.json: stands beside train\.csv; keep one of them, or set corpus\.train"
    ):
        build(root)
    assert build(root, train=root / "train.csv").train.info.counts.images == len(SPLITS["train"])


def test_missing_files_and_other_endings_are_told(root: Path) -> None:
    shutil.move(root / "val.jsonl", root / "val.json")
    with pytest.raises(DataError, match=r"this file is missing: phrases with their boxes, val split") as caught:
        build(root)
    assert caught.value.path == root / "val.jsonl"
    with pytest.raises(DataError, match=r"expected phrases with boxes in a \.jsonl file or a folder, found '\.json'"):
        build(root, val=root / "val.json")


PROTOCOL = """\
name: tiny
corpus: {kind: captions, root: data, val_phrases: found}
fractions: [0.5, 1.0]
seeds: 2
systems:
  prior: {kind: prior}
  sprm: {kind: sprm}
training: {epochs: 2, batch: 4, learning_rate: 1e-3, selection: val_loss}
"""


@pytest.mark.slow
def test_captions_alone_run_from_files_to_a_report_that_says_how_an_epoch_was_chosen(tmp_path: Path) -> None:
    write_captions_folder(tmp_path / "data", train=".csv")
    (tmp_path / "data" / "val.jsonl").unlink()
    write_captions(tmp_path / "data" / "val.csv", "val")
    cli = CommandLine(tmp_path)
    cli.write(PROTOCOL)
    assert cli("doctor", "protocol.yaml").returncode == 0
    done = cli("run", "protocol.yaml", "--json")
    assert done.returncode == 0, done.stderr
    report = Path(cli.folder, json.loads(done.stdout)["report"]).with_name("report.md").read_text()
    assert "noun phrases found in the plain captions, by rule" in report
    assert "the epoch with the lowest contrastive loss on the validation split is kept" in report
    assert "The cost is unknown, because the validation split has no boxes" in report


@pytest.mark.slow
def test_an_epoch_cannot_be_chosen_by_boxes_that_are_not_there(tmp_path: Path) -> None:
    cli = CommandLine(tmp_path)
    cli.write(PROTOCOL.replace("val_loss", "val_accuracy"))
    done = cli("validate", "protocol.yaml")
    assert done.returncode == 2
    assert "line 8" in done.stderr
    assert "training.selection: expected val_loss or last" in done.stderr
    done = cli(
        "validate", "protocol.yaml", "--set", "training.selection=last", "--set", "systems.sprm.selection=val_accuracy"
    )
    assert "systems.sprm.selection: expected val_loss or last" in done.stderr
