"""From pictures to a study: boxes of any detector as COCO results, features of a backbone, projected; and archives."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from coco_files import write_coco_files, write_results
from command_line import CommandLine
from feature_archive_files import write_feature_archives
from flickr_folder import FEATURES, SIZE, image_id, write_flickr_folder
from PIL import Image
from places import DOCS
from random_backbone import save_random_backbone
from raw_images import write_raw_images

from sprm.corpus.build.convert import settings_of
from sprm.corpus.build.prepare import prepare
from sprm.corpus.dataset import Dataset, open_dataset
from sprm.corpus.sources.flickr30k.source import Flickr30kSource
from sprm.errors import DataError
from sprm.settings import Rules

BACKBONE = "resnet18"


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_random_backbone(BACKBONE, tmp_path_factory.mktemp("weights"))


@pytest.fixture
def flickr_folder(tmp_path: Path) -> Path:
    write_flickr_folder(tmp_path / "data")
    return tmp_path / "data"


@pytest.fixture
def pictures(flickr_folder: Path) -> Path:
    """The hand-made folder with a picture for each image, and boxes as COCO results in the place of all else."""
    write_coco_files(flickr_folder)
    results = {path.name: path.read_bytes() for path in flickr_folder.glob("*_detections.json")}
    write_raw_images(flickr_folder)
    for name, content in results.items():
        (flickr_folder / name).write_bytes(content)
    return flickr_folder


def build(root: Path, told: list[str] | None = None, rules: Rules = Rules.corrected, **fields: Any) -> Dataset:
    stages = [] if told is None else told
    source = Flickr30kSource.model_validate({"kind": "flickr30k", "root": root, **fields})
    return open_dataset(
        prepare(source, rules, root.parent / "cache", progress=lambda stage, *_: stages.append(stage), workers=1)
    )


def pooled(root: Path, weights: Path, told: list[str] | None = None, **fields: Any) -> Dataset:
    backbone = {"name": BACKBONE, "weights": weights, "side": 64, "threads": 1}
    return build(root, told, detections="coco", **{"backbone": backbone, **fields})


def entries(root: Path, split: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((root / f"{split}_detections.json").read_text())
    return found


def test_boxes_of_results_files_get_features_of_the_backbone_and_keep_their_scores(
    pictures: Path, weights: Path
) -> None:
    dataset = pooled(pictures, weights)
    for split, images in (("train", 12), ("val", 4), ("test", 4)):
        corpus, given = dataset.corpus(split), entries(pictures, split)
        assert corpus.info.counts.images == images
        assert corpus.info.counts.regions == len(given)
        assert corpus.info.feature_size == 512
        first = [entry for entry in given if entry["image_id"] == int(corpus.images["image_id"][0])]
        first.sort(key=lambda entry: -entry["score"])
        rows = corpus.regions_of(0)
        assert corpus.scores is not None
        np.testing.assert_allclose(corpus.scores[rows], [entry["score"] for entry in first], rtol=1e-6)
        np.testing.assert_allclose(corpus.boxes[rows][:, :2], [entry["bbox"][:2] for entry in first], rtol=1e-6)
        means = [corpus.features[corpus.regions_of(row)].mean(axis=0) for row in range(images)]
        assert len({mean.tobytes() for mean in means}) == images
    extractor = dataset.train.info.origin.extractor
    assert extractor.startswith("boxes of COCO results files, pooled from torchvision ")
    assert f"{BACKBONE}, weights {BACKBONE}.pth, sha256 " in extractor


def test_only_the_chunks_whose_boxes_images_or_weights_changed_are_pooled_again(
    pictures: Path, weights: Path, tmp_path: Path
) -> None:
    first = pooled(pictures, weights)
    told: list[str] = []
    pooled(pictures, weights, told, heads="rule", words="built-in", rules=Rules.official)
    moved = tmp_path / "moved.pth"
    shutil.copy(weights, moved)
    chunks = set((tmp_path / "cache" / "extracted").glob("*/*"))
    pooled(pictures, moved)
    assert set((tmp_path / "cache" / "extracted").glob("*/*")) == chunks
    write_results(pictures / "val_detections.json", entries(pictures, "val")[:-1])
    second = pooled(pictures, weights)
    assert second.val.info.counts.regions == first.val.info.counts.regions - 1
    assert second.train.info.files["features.npy"] == first.train.info.files["features.npy"]
    state = torch.load(weights, weights_only=True)
    state["conv1.weight"] *= 1.5
    torch.save(state, moved)
    third = pooled(pictures, moved)
    assert third.train.info.files["features.npy"] != first.train.info.files["features.npy"]
    assert third.train.info.origin.extractor != first.train.info.origin.extractor


def test_images_without_boxes_are_left_out_and_boxes_of_no_image_counted(pictures: Path, weights: Path) -> None:
    gone = int(image_id(13))
    others = [{**entry, "image_id": 5} for entry in entries(pictures, "test")[:3]]
    write_results(
        pictures / "val_detections.json",
        [entry for entry in entries(pictures, "val") if entry["image_id"] != gone] + others,
    )
    dataset = pooled(pictures, weights)
    assert [(left.image_id, left.reason) for left in dataset.val.info.left_out] == [(str(gone), "detections")]
    counted = {warning.kind: warning.count for warning in dataset.train.info.warnings}
    assert counted["images of results files that no split lists"] == 1


@pytest.mark.parametrize("name", ["categories.json", "flickr30k_images", "weights.pth", "results"])
def test_what_is_missing_is_named_before_anything_is_pooled(
    pictures: Path, weights: Path, tmp_path: Path, name: str
) -> None:
    if name == "flickr30k_images":
        shutil.rmtree(pictures / name)
    elif name == "results":
        for path in pictures.glob("*detections.json"):
            path.unlink()
    elif name == "categories.json":
        (pictures / name).unlink()
    place = tmp_path / "weights.pth" if name == "weights.pth" else weights
    told: list[str] = []
    expected = r"\*detections\.json" if name == "results" else name.replace(".", r"\.")
    with pytest.raises(DataError, match=rf"{expected}: this (file|folder) is missing"):
        pooled(pictures, place, told)
    assert "extracting regions" not in told


def test_boxes_without_a_backbone_are_refused(pictures: Path) -> None:
    with pytest.raises(ValueError, match=r"detections: coco needs backbone: \{name: resnet50, weights: FILE\}"):
        build(pictures, detections="coco")


def test_an_unknown_backbone_is_told_before_anything_is_read(pictures: Path, weights: Path) -> None:
    told: list[str] = []
    with pytest.raises(DataError, match="there is no backbone 'resnet19'; did you mean 'resnet18'"):
        pooled(pictures, weights, told, backbone={"name": "resnet19", "weights": weights})
    assert "checking images" not in told


def test_a_broken_entry_costs_nothing_that_was_pooled(pictures: Path, weights: Path) -> None:
    first = pooled(pictures, weights)
    good = entries(pictures, "test")
    write_results(pictures / "test_detections.json", [*good[:2], {**good[2], "category_id": 4}])
    with pytest.raises(DataError, match=r"test_detections\.json, entry 3: category_id 4 is none of the"):
        pooled(pictures, weights)
    write_results(pictures / "test_detections.json", good)
    told: list[str] = []
    assert pooled(pictures, weights, told).folder == first.folder
    assert "extracting regions" not in told


def test_projected_features_are_short_and_come_from_the_training_images_alone(pictures: Path, weights: Path) -> None:
    plain, projected = pooled(pictures, weights), pooled(pictures, weights, project=8)
    assert projected.folder != plain.folder
    assert all(projected.corpus(split).info.feature_size == 8 for split in ("train", "val", "test"))
    assert " 8 principal axes, sha256 " in projected.train.info.origin.extractor
    features = np.concatenate([np.asarray(projected.train.features, dtype=np.float64)])
    np.testing.assert_allclose(features.mean(axis=0), 0, atol=1e-2)
    correlation = np.corrcoef(features.T)
    np.testing.assert_allclose(correlation, np.eye(8), atol=1e-2)
    # Another test image changes nothing of the other splits.
    Image.new("RGB", SIZE, "white").save(pictures / "flickr30k_images" / f"{image_id(19)}.png")
    again = pooled(pictures, weights, project=8)
    for split, same in (("train", True), ("val", True), ("test", False)):
        before, after = (data.corpus(split).info.files["features.npy"] for data in (projected, again))
        assert (before == after) == same
    # Another training image changes all.
    Image.new("RGB", SIZE, "white").save(pictures / "flickr30k_images" / f"{image_id(1)}.png")
    other = pooled(pictures, weights, project=8)
    assert other.val.info.files["features.npy"] != again.val.info.files["features.npy"]


def test_settings_that_a_corpus_does_not_use_do_not_name_it(flickr_folder: Path, weights: Path) -> None:
    backbone = {"name": BACKBONE, "weights": weights}
    plain, other = (
        Flickr30kSource.model_validate({"kind": "flickr30k", "root": flickr_folder, **fields})
        for fields in ({}, {"backbone": backbone})
    )
    assert settings_of(plain, Rules.corrected) == settings_of(other, Rules.corrected)
    assert not any("project" in text or "backbone" in text for text in settings_of(plain, Rules.corrected))
    projected = plain.model_copy(update={"project": 8})
    assert settings_of(plain, Rules.corrected) != settings_of(projected, Rules.corrected)


@pytest.mark.parametrize("kind", ["maf", "npz"])
def test_features_of_files_are_projected_too(flickr_folder: Path, kind: str) -> None:
    write_feature_archives(flickr_folder)
    dataset = build(flickr_folder, detections=kind, project=6)
    assert dataset.test.info.feature_size == 6
    assert "; projected on 6 principal axes" in dataset.test.info.origin.extractor
    with pytest.raises(DataError, match=rf"project: 500, but features have {FEATURES} numbers"):
        build(flickr_folder, detections=kind, project=500)


def test_an_interrupted_build_goes_on_with_the_projection_that_it_fitted(flickr_folder: Path) -> None:
    def interrupt(stage: str, done: int, total: int) -> None:
        if stage == "reading val":
            raise KeyboardInterrupt

    fields: dict[str, Any] = {"kind": "flickr30k", "root": flickr_folder, "project": 6}
    source = Flickr30kSource.model_validate(fields)
    with pytest.raises(KeyboardInterrupt):
        prepare(source, Rules.corrected, flickr_folder.parent / "cache", progress=interrupt, workers=1)
    told: list[str] = []
    dataset = build(flickr_folder, told, project=6)
    assert "fitting the projection" not in told
    assert dataset.val.info.feature_size == 6


def test_archives_give_the_regions_and_scores_of_every_image(flickr_folder: Path) -> None:
    released = build(flickr_folder)
    write_feature_archives(flickr_folder)
    (flickr_folder / "npz" / f"{image_id(13)}.npz").unlink()
    shutil.copy(flickr_folder / "npz" / f"{image_id(1)}.npz", flickr_folder / "npz" / "other.npz")
    dataset = build(flickr_folder, detections="npz")
    assert dataset.train.info.files["features.npy"] == released.train.info.files["features.npy"]
    assert dataset.train.info.origin.extractor == "bottom-up-attention.pytorch .npz files"
    assert dataset.train.scores is not None
    assert [(left.image_id, left.reason) for left in dataset.val.info.left_out] == [(image_id(13), "detections")]
    counted = {warning.kind: warning.count for warning in dataset.train.info.warnings}
    assert counted[".npz files whose image no split lists"] == 1


def test_a_changed_archive_is_read_anew(flickr_folder: Path) -> None:
    write_feature_archives(flickr_folder)
    first = build(flickr_folder, detections="npz")
    shutil.copy(flickr_folder / "npz" / f"{image_id(0)}.npz", flickr_folder / "npz" / f"{image_id(2)}.npz")
    second = build(flickr_folder, detections="npz")
    assert second.train.fingerprint != first.train.fingerprint
    assert second.test.fingerprint == first.test.fingerprint


def documented(language: str, beginning: str) -> str:
    """Return a block of code of the page on data."""
    text = (DOCS / "data.md").read_text(encoding="utf-8")
    blocks = re.findall(rf"^ *```{language}\n(.*?)^ *```$", text, re.DOTALL | re.MULTILINE)
    (found,) = (block for block in map(textwrap.dedent, blocks) if block.startswith(beginning))
    return str(found)


def replaced(text: str, changes: dict[str, str]) -> str:
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new)
    return text


@pytest.mark.long
def test_the_documented_commands_lead_from_pictures_to_a_report(flickr_folder: Path, weights: Path) -> None:
    write_raw_images(flickr_folder)
    # A detector that nobody trained is sure of nothing; a smaller one does.
    untrained = "weights=None, weights_backbone=None, box_score_thresh=0"
    changes = {
        "weights=Weights.DEFAULT, box_score_thresh=0.05": untrained,
        "box_detections_per_img=30": "box_detections_per_img=8",
    }
    changes["fasterrcnn_mobilenet_v3_large_fpn as"] = "fasterrcnn_mobilenet_v3_large_320_fpn as"
    code = replaced(documented("python", '"""python detect.py'), changes)
    arguments = [sys.executable, "-c", code, str(flickr_folder / "flickr30k_images"), str(flickr_folder)]
    subprocess.run(arguments, check=True, timeout=300)

    cli = CommandLine(flickr_folder.parent)
    systems = {"prior": {"kind": "prior"}, "sprm": {"kind": "sprm", "inputs": {"score": True}}}
    training = {"epochs": 1, "batch": 4, "learning_rate": 1e-3}
    protocol = {"name": "own", "fractions": [1.0], "seeds": 1, "systems": systems, "training": training}
    cli.write(json.dumps({**protocol, "corpus": {"kind": "flickr30k", "root": "elsewhere"}}), "photographs.yaml")
    small = {"ROOT": str(flickr_folder), "resnet50.pth": str(weights), "resnet50": BACKBONE, "=128": "=16"}
    small["corpus.detections=coco"] = "corpus.detections=coco --set corpus.backbone.side=64"
    small |= {"glove.6B.300d.txt": "built-in", "protocols/photographs.yaml": "photographs.yaml"}
    *assignments, doctor, prepared, run = replaced(documented("sh", "chosen="), small).splitlines()
    chosen = " ".join(line.split('"')[1].removeprefix("$chosen ") for line in assignments)
    for command in (doctor, prepared, run):
        done = cli(*shlex.split(command.removeprefix("python -m bench ").replace("$chosen", chosen)))
        assert done.returncode == 0, done.stdout + done.stderr
    report = (cli.folder / done.stdout.strip()).read_text(encoding="utf-8")
    assert BACKBONE in report
    assert "projected on 16 principal axes" in report
